package cluster

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants tells where projects and groups stand.
type Tenants interface {
	ProjectByID(ctx context.Context, id int64) (tenant.Project, error)
	// GroupsAbove returns a group and its ancestors, the nearest first.
	GroupsAbove(ctx context.Context, groupID int64) ([]int64, error)
}

// Access says what the caller of a context may do.
type Access interface {
	// CheckCaller returns nil when he may, and unauthenticated, not_found or
	// forbidden when he may not.
	CheckCaller(ctx context.Context, ability auth.Ability, where auth.Subject) error
}

// UnknownProject stands for a management project that was named and not found.
// It is refused together with all else that is wrong, as one is that the caller
// may not use, so that nobody learns which projects exist.
const UnknownProject int64 = -1

// checkManagement says what is wrong with a new management project of a
// cluster. One that does not exist and one that the caller may not use look
// alike.
func (s *Service) checkManagement(ctx context.Context, c, before Cluster) (message string, err error) {
	if c.ManagementProjectID == 0 || c.ManagementProjectID == before.ManagementProjectID {
		return "", nil
	}
	if ok, err := s.mayManage(ctx, c); err != nil || ok {
		return "", err
	}
	return strangerMessage, nil
}

// strangerMessage is the predecessor's.
const strangerMessage = "Project does not exist or you don't have permission to perform this action"

// mayManage reports whether a project may manage a cluster: one in which the
// caller could add it, and then any one that of the instance, one inside the
// group that of a group, and a neighbour that of a project.
func (s *Service) mayManage(ctx context.Context, c Cluster) (bool, error) {
	err := s.Access.CheckCaller(ctx, auth.AddCluster, auth.Project(c.ManagementProjectID))
	switch apperr.CodeOf(err) {
	case "":
	case apperr.Unauthenticated, apperr.NotFound, apperr.Forbidden:
		return false, nil
	default:
		return false, fmt.Errorf("check access to project %d: %w", c.ManagementProjectID, err)
	}
	manager, err := s.project(ctx, c.ManagementProjectID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch c.Level {
	case Group:
		above, err := s.Tenants.GroupsAbove(ctx, manager.GroupID)
		if err != nil {
			return false, fmt.Errorf("find the groups above project %d: %w", manager.ID, err)
		}
		return slices.Contains(above, c.GroupID), nil
	case Project:
		own, err := s.project(ctx, c.ProjectID)
		return err == nil && own.GroupID == manager.GroupID, err
	default:
		return true, nil
	}
}

func (s *Service) project(ctx context.Context, id int64) (tenant.Project, error) {
	found, err := s.Tenants.ProjectByID(ctx, id)
	if err != nil {
		return tenant.Project{}, fmt.Errorf("find project %d: %w", id, err)
	}
	return found, nil
}
