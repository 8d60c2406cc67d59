package store

import (
	"context"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

var _ tenant.Store = Tenant{}

// Tenant keeps groups, projects and environments.
type Tenant struct{ db *DB }

// Tenant returns the store of groups, projects and environments.
func (db *DB) Tenant() Tenant { return Tenant{db: db} }

// InsertGroup stores a new group and returns it with its id.
func (s Tenant) InsertGroup(ctx context.Context, g tenant.Group) (tenant.Group, error) {
	var row sqlgen.Group
	err := s.db.atomically(ctx, func(tx *tx) (err error) {
		row, err = tx.Queries.InsertGroup(ctx, sqlgen.InsertGroupParams{
			ParentID: optional(g.ParentID), Path: g.Path, Name: g.Name, CreatedAt: stamp(g.CreatedAt),
		})
		return err
	})
	return group(row), doing(err, "store group %s", g.Path)
}

// Group returns one group.
func (s Tenant) Group(ctx context.Context, id int64) (tenant.Group, error) {
	row, err := s.db.reader().Group(ctx, id)
	return group(row), doing(err, "read group %d", id)
}

// GroupByPath finds a group by its full path.
func (s Tenant) GroupByPath(ctx context.Context, path string) (tenant.Group, error) {
	row, err := s.db.reader().GroupByPath(ctx, path)
	return group(row), doing(err, "read group %s", path)
}

// Groups lists in order of id, after the given one.
func (s Tenant) Groups(ctx context.Context, after int64, limit int) ([]tenant.Group, error) {
	rows, err := s.db.reader().Groups(ctx, sqlgen.GroupsParams{ID: after, Limit: int32(limit)})
	return each(rows, group), doing(err, "list groups")
}

// InsertProject stores a new project and returns it with its id.
func (s Tenant) InsertProject(ctx context.Context, p tenant.Project) (tenant.Project, error) {
	var row sqlgen.Project
	err := s.db.atomically(ctx, func(tx *tx) (err error) {
		row, err = tx.Queries.InsertProject(ctx, sqlgen.InsertProjectParams{
			GroupID: p.GroupID, Path: p.Path, Name: p.Name, CreatedAt: stamp(p.CreatedAt),
		})
		return err
	})
	return project(row), doing(err, "store project %s", p.Path)
}

// DeleteProject forgets a project with its environments. It returns a conflict
// error while clusters or namespaces belong to it.
func (s Tenant) DeleteProject(ctx context.Context, id int64) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		tx.Notify("project/" + strconv.FormatInt(id, 10))
		return tx.Queries.DeleteProject(ctx, id)
	})
	if isForeignKey(err) {
		return apperr.Of(apperr.Conflict).With(err)
	}
	return doing(err, "delete project %d", id)
}

// Project returns one project.
func (s Tenant) Project(ctx context.Context, id int64) (tenant.Project, error) {
	row, err := s.db.reader().Project(ctx, id)
	return project(row), doing(err, "read project %d", id)
}

// ProjectByPath finds a project by its full path.
func (s Tenant) ProjectByPath(ctx context.Context, path string) (tenant.Project, error) {
	row, err := s.db.reader().ProjectByPath(ctx, path)
	return project(row), doing(err, "read project %s", path)
}

// Projects lists in order of id, after the given one.
func (s Tenant) Projects(ctx context.Context, after int64, limit int) ([]tenant.Project, error) {
	rows, err := s.db.reader().Projects(ctx, sqlgen.ProjectsParams{ID: after, Limit: int32(limit)})
	return each(rows, project), doing(err, "list projects")
}

// EnsureEnvironment returns the environment of that name, made when missing.
func (s Tenant) EnsureEnvironment(ctx context.Context, e tenant.Environment) (tenant.Environment, error) {
	var row sqlgen.Environment
	err := s.db.atomically(ctx, func(tx *tx) (err error) {
		err = tx.Queries.InsertEnvironment(ctx, sqlgen.InsertEnvironmentParams{
			ProjectID: e.ProjectID, Name: e.Name, Slug: e.Slug, CreatedAt: stamp(e.CreatedAt),
		})
		if err != nil {
			return err
		}
		row, err = tx.Queries.EnvironmentByName(ctx, sqlgen.EnvironmentByNameParams{ProjectID: e.ProjectID, Name: e.Name})
		return err
	})
	return environment(row), doing(err, "ensure environment %s of project %d", e.Name, e.ProjectID)
}

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

// Environments lists those of a project by name.
func (s Tenant) Environments(ctx context.Context, projectID int64) ([]tenant.Environment, error) {
	rows, err := s.db.reader().Environments(ctx, projectID)
	return each(rows, environment), doing(err, "list environments of project %d", projectID)
}

func group(r sqlgen.Group) tenant.Group {
	return tenant.Group{ID: r.ID, ParentID: r.ParentID.Int64, Path: r.Path, Name: r.Name, CreatedAt: moment(r.CreatedAt)}
}

func project(r sqlgen.Project) tenant.Project {
	return tenant.Project{ID: r.ID, GroupID: r.GroupID, Path: r.Path, Name: r.Name, CreatedAt: moment(r.CreatedAt)}
}

func environment(r sqlgen.Environment) tenant.Environment {
	return tenant.Environment{
		ID: r.ID, ProjectID: r.ProjectID, Name: r.Name, Slug: r.Slug, CreatedAt: moment(r.CreatedAt),
	}
}
