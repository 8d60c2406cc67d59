package apitest

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants holds groups, projects and environments.
type Tenants struct {
	mu           sync.Mutex
	groups       []tenant.Group
	projects     []tenant.Project
	environments []tenant.Environment
	// Err is what every call returns when it is set.
	Err error
}

// CreateGroup implements [api.Tenants].
func (t *Tenants) CreateGroup(_ context.Context, n tenant.NewGroup) (tenant.Group, error) {
	path, name := n.Path, n.Name
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		if g.Path == path {
			return tenant.Group{}, apperr.Of(apperr.AlreadyExists)
		}
	}
	g := tenant.Group{ID: int64(len(t.groups) + 1), Path: path, Name: orPath(name, path), CreatedAt: past()}
	t.groups = append(t.groups, g)
	return g, t.Err
}

// Group implements [api.Tenants].
func (t *Tenants) Group(_ context.Context, idOrPath string) (tenant.Group, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, g := range t.groups {
		if id, ok := isID(idOrPath); g.Path == idOrPath || ok && g.ID == id {
			return g, t.Err
		}
	}
	return tenant.Group{}, apperr.Of(apperr.NotFound)
}

// Groups implements [api.Tenants].
func (t *Tenants) Groups(_ context.Context, _ tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return after(t.groups, q.After, q.Limit), t.Err
}

// CreateProject implements [api.Tenants].
func (t *Tenants) CreateProject(ctx context.Context, n tenant.NewProject) (tenant.Project, error) {
	path, name := n.Path, n.Name
	parent, _, _ := strings.Cut(path, "/")
	group, err := t.Group(ctx, parent)
	if err != nil {
		return tenant.Project{}, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	p := tenant.Project{
		ID: int64(len(t.projects) + 1), GroupID: group.ID, Path: path, Name: orPath(name, path), CreatedAt: past(),
	}
	t.projects = append(t.projects, p)
	return p, nil
}

// Project implements [api.Tenants].
func (t *Tenants) Project(_ context.Context, idOrPath string) (tenant.Project, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range t.projects {
		if id, ok := isID(idOrPath); p.Path == idOrPath || ok && p.ID == id {
			return p, nil
		}
	}
	return tenant.Project{}, apperr.Of(apperr.NotFound)
}

// Projects implements [api.Tenants].
func (t *Tenants) Projects(_ context.Context, _ tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return after(t.projects, q.After, q.Limit), nil
}

// Environments implements [api.Tenants].
func (t *Tenants) Environments(_ context.Context, projectID int64) ([]tenant.Environment, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var found []tenant.Environment
	for _, e := range t.environments {
		if e.ProjectID == projectID {
			found = append(found, e)
		}
	}
	return found, nil
}

func (t *Tenants) ensureEnvironment(projectID int64, name string) tenant.Environment {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range t.environments {
		if e.ProjectID == projectID && e.Name == name {
			return e
		}
	}
	e := tenant.Environment{
		ID: int64(len(t.environments) + 1), ProjectID: projectID, Name: name,
		Slug: tenant.EnvironmentSlug(name), CreatedAt: past(),
	}
	t.environments = append(t.environments, e)
	return e
}

func orPath(name, path string) string {
	if name != "" {
		return name
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

func (t *Tenants) removeProject(id int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.projects = slices.DeleteFunc(t.projects, func(p tenant.Project) bool { return p.ID == id })
}
