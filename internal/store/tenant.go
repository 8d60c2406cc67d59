package store

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

var (
	_ tenant.Store = Tenant{}
	_ tenant.Tx    = tenantTx{}
)

// Tenant keeps groups, projects, environments and members.
type Tenant struct{ db *DB }

// Tenant returns the store of groups, projects, environments and members.
func (db *DB) Tenant() Tenant { return Tenant{db: db} }

// Atomically runs fn in one transaction.
func (s Tenant) Atomically(ctx context.Context, fn func(tx tenant.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(tenantTx{tx}) })
}

// Group returns one group.
func (s Tenant) Group(ctx context.Context, id int64) (tenant.Group, error) {
	row, err := s.db.reader().Group(ctx, id)
	return group(row), doing(err, "read group %d", id)
}

// GroupByPath finds a group by its full path, in either case.
func (s Tenant) GroupByPath(ctx context.Context, path string) (tenant.Group, error) {
	row, err := s.db.reader().GroupByPath(ctx, strings.ToLower(path))
	return group(row), doing(err, "read group %s", path)
}

// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
func (s Tenant) GroupsAbove(ctx context.Context, groupID int64) ([]int64, error) {
	ids, err := s.db.reader().GroupsAbove(ctx, groupID)
	return ids, doing(err, "list the groups above %d", groupID)
}

// Project returns one project.
func (s Tenant) Project(ctx context.Context, id int64) (tenant.Project, error) {
	row, err := s.db.reader().Project(ctx, id)
	return project(row), doing(err, "read project %d", id)
}

// ProjectByPath finds a project by its full path, in either case.
func (s Tenant) ProjectByPath(ctx context.Context, path string) (tenant.Project, error) {
	row, err := s.db.reader().ProjectByPath(ctx, strings.ToLower(path))
	return project(row), doing(err, "read project %s", path)
}

func group(r sqlgen.Group) tenant.Group {
	return tenant.Group{
		ID: r.ID, ParentID: r.ParentID.Int64, Path: r.Path, Name: r.Name, Description: r.Description,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}

func project(r sqlgen.Project) tenant.Project {
	return tenant.Project{
		ID: r.ID, GroupID: r.GroupID, Path: r.Path, Name: r.Name, Description: r.Description,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}
