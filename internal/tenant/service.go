package tenant

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Service answers for groups, projects and environments.
type Service struct {
	Store Store
	// Now is the clock.
	Now func() time.Time
}

// CreateGroup makes the group of a full path. The parent must exist.
func (s *Service) CreateGroup(ctx context.Context, path, name string) (Group, error) {
	parent, slug, err := splitPath(path)
	if err != nil {
		return Group{}, err
	}
	group := Group{Path: path, Name: orDefault(name, slug), CreatedAt: s.Now()}
	if parent != "" {
		above, err := s.Store.GroupByPath(ctx, parent)
		if err != nil {
			return Group{}, fmt.Errorf("find parent group %s: %w", parent, err)
		}
		group.ParentID = above.ID
	}
	return s.Store.InsertGroup(ctx, group)
}

// Group finds a group by id or full path.
func (s *Service) Group(ctx context.Context, idOrPath string) (Group, error) {
	if id, err := strconv.ParseInt(idOrPath, 10, 64); err == nil {
		return s.Store.Group(ctx, id)
	}
	return s.Store.GroupByPath(ctx, idOrPath)
}

// Groups lists groups in order of id, after the given one.
func (s *Service) Groups(ctx context.Context, after int64, limit int) ([]Group, error) {
	return s.Store.Groups(ctx, after, limit)
}

// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
func (s *Service) GroupsAbove(ctx context.Context, groupID int64) ([]int64, error) {
	var ids []int64
	for id := groupID; id != 0 && len(ids) < maxDepth; {
		group, err := s.Store.Group(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("find group %d: %w", id, err)
		}
		ids = append(ids, id)
		id = group.ParentID
	}
	return ids, nil
}

// CreateProject makes the project of a full path in its group, which must exist.
func (s *Service) CreateProject(ctx context.Context, path, name string) (Project, error) {
	parent, slug, err := splitPath(path)
	if err != nil {
		return Project{}, err
	}
	if parent == "" {
		return Project{}, errNoGroup(path)
	}
	group, err := s.Store.GroupByPath(ctx, parent)
	if err != nil {
		return Project{}, fmt.Errorf("find group %s: %w", parent, err)
	}
	return s.Store.InsertProject(ctx, Project{
		GroupID: group.ID, Path: path, Name: orDefault(name, slug), CreatedAt: s.Now(),
	})
}

// Project finds a project by id or full path.
func (s *Service) Project(ctx context.Context, idOrPath string) (Project, error) {
	if id, err := strconv.ParseInt(idOrPath, 10, 64); err == nil {
		return s.Store.Project(ctx, id)
	}
	return s.Store.ProjectByPath(ctx, idOrPath)
}

// Projects lists projects in order of id, after the given one.
func (s *Service) Projects(ctx context.Context, after int64, limit int) ([]Project, error) {
	return s.Store.Projects(ctx, after, limit)
}

// EnsureEnvironment returns the environment of that name, made when missing.
func (s *Service) EnsureEnvironment(ctx context.Context, projectID int64, name string) (Environment, error) {
	if err := validateEnvironmentName(name); err != nil {
		return Environment{}, err
	}
	return s.Store.EnsureEnvironment(ctx, Environment{
		ProjectID: projectID, Name: name, Slug: EnvironmentSlug(name), CreatedAt: s.Now(),
	})
}

// Environment finds an environment by its name.
func (s *Service) Environment(ctx context.Context, projectID int64, name string) (Environment, error) {
	return s.Store.EnvironmentByName(ctx, projectID, name)
}

// Environments lists a project's environments by name.
func (s *Service) Environments(ctx context.Context, projectID int64) ([]Environment, error) {
	return s.Store.Environments(ctx, projectID)
}

// splitPath parts a full path into the path of its group and its own slug.
func splitPath(path string) (parent, slug string, err error) {
	if err := validatePath(path); err != nil {
		return "", "", err
	}
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path, nil
	}
	return path[:i], path[i+1:], nil
}

func orDefault(name, slug string) string {
	if name = strings.TrimSpace(name); name != "" {
		return name
	}
	return slug
}
