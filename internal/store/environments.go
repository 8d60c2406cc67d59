package store

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Environment returns one environment.
func (s Tenant) Environment(ctx context.Context, id int64) (tenant.Environment, error) {
	row, err := s.db.reader().Environment(ctx, id)
	return environment(row), doing(err, "read environment %d", id)
}

// EnvironmentByName finds an environment of a project.
func (s Tenant) EnvironmentByName(ctx context.Context, projectID int64, name string) (tenant.Environment, error) {
	row, err := s.db.reader().EnvironmentByName(ctx, sqlgen.EnvironmentByNameParams{ProjectID: projectID, Name: name})
	return environment(row), doing(err, "read environment %s of project %d", name, projectID)
}

// Environments lists all of a project by name.
func (s Tenant) Environments(ctx context.Context, projectID int64) ([]tenant.Environment, error) {
	rows, err := s.db.reader().Environments(ctx, projectID)
	return each(rows, environment), doing(err, "list environments of project %d", projectID)
}

// ListEnvironments lists some of a project's environments.
func (s Tenant) ListEnvironments(ctx context.Context, q tenant.EnvironmentQuery) (list []tenant.Environment, err error) {
	var rows []sqlgen.Environment
	if q.Order != tenant.ByPath {
		rows, err = s.db.reader().EnvironmentsAfter(ctx, sqlgen.EnvironmentsAfterParams{
			ProjectID: q.ProjectID, State: string(q.State), Pattern: holds(q.Search), After: q.After,
			Past: int32(q.Offset), Most: int32(q.Limit),
		})
	} else {
		rows, err = s.db.reader().EnvironmentsByName(ctx, sqlgen.EnvironmentsByNameParams{
			ProjectID: q.ProjectID, State: string(q.State), Pattern: holds(q.Search), Past: int32(q.Offset), Most: int32(q.Limit),
		})
	}
	return each(rows, environment), doing(err, "list environments of project %d", q.ProjectID)
}

// CountEnvironments counts what ListEnvironments lists, no further than the limit.
func (s Tenant) CountEnvironments(ctx context.Context, q tenant.EnvironmentQuery) (int, error) {
	n, err := s.db.reader().CountEnvironments(ctx, sqlgen.CountEnvironmentsParams{
		ProjectID: q.ProjectID, State: string(q.State), Pattern: holds(q.Search), Most: int32(q.Limit),
	})
	return int(n), doing(err, "count environments of project %d", q.ProjectID)
}

// holds is the pattern of what holds a text, in either case.
func holds(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(strings.ToLower(text)) + "%"
}

// Environment reads the row for a change.
func (t tenantTx) Environment(ctx context.Context, id int64) (tenant.Environment, error) {
	row, err := t.LockEnvironment(ctx, id)
	return environment(row), doing(err, "lock environment %d", id)
}

// EnsureEnvironment returns the environment of that name, and whether it was
// made because it was missing.
func (t tenantTx) EnsureEnvironment(ctx context.Context, e tenant.Environment) (tenant.Environment, bool, error) {
	made, err := t.InsertEnvironment(ctx, sqlgen.InsertEnvironmentParams{
		ProjectID: e.ProjectID, Name: e.Name, Slug: e.Slug, Tier: string(e.Tier), State: string(e.State),
		ExternalURL: e.ExternalURL, CreatedAt: stamp(e.CreatedAt), UpdatedAt: stamp(e.UpdatedAt),
	})
	if err != nil {
		return tenant.Environment{}, false, doing(err, "store environment %s of project %d", e.Name, e.ProjectID)
	}
	row, err := t.EnvironmentByName(ctx, sqlgen.EnvironmentByNameParams{ProjectID: e.ProjectID, Name: e.Name})
	return environment(row), made > 0, doing(err, "ensure environment %s of project %d", e.Name, e.ProjectID)
}

// UpdateEnvironment writes what can change: not the name.
func (t tenantTx) UpdateEnvironment(ctx context.Context, e tenant.Environment) error {
	rows, err := t.Queries.UpdateEnvironment(ctx, sqlgen.UpdateEnvironmentParams{
		ID: e.ID, Tier: string(e.Tier), State: string(e.State), ExternalURL: e.ExternalURL, UpdatedAt: stamp(e.UpdatedAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change environment %d", e.ID)
}

// DeleteEnvironment deletes an environment without namespaces.
func (t tenantTx) DeleteEnvironment(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteEnvironment(ctx, id)
	return doing(inUse(affected(rows, err, apperr.Of(apperr.NotFound))), "delete environment %d", id)
}

// NamespacesOfEnvironment counts those that are left.
func (t tenantTx) NamespacesOfEnvironment(ctx context.Context, id int64) (int, error) {
	n, err := t.Queries.NamespacesOfEnvironment(ctx, optional(id))
	return int(n), doing(err, "count namespaces of environment %d", id)
}

func environment(r sqlgen.Environment) tenant.Environment {
	return tenant.Environment{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Slug: r.Slug, Tier: tenant.Tier(r.Tier),
		State: tenant.EnvironmentState(r.State), ExternalURL: r.ExternalURL,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}
