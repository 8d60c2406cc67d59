package store

import (
	"context"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
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

type tenantTx struct{ *tx }

// HoldTree holds the row of the top-level group above a group until the
// transaction ends: whoever changes what a tree is made of takes turns.
func (t tenantTx) HoldTree(ctx context.Context, groupID int64) error {
	root, err := t.GroupRoot(ctx, groupID)
	if err == nil {
		_, err = t.LockGroup(ctx, root)
	}
	return doing(err, "hold the tree of group %d", groupID)
}

// PathTaken reports whether a group or project has the path, in either case.
func (t tenantTx) PathTaken(ctx context.Context, path string) (bool, error) {
	taken, err := t.Queries.PathTaken(ctx, strings.ToLower(path))
	return taken > 0, doing(err, "look for path %s", path)
}

// Contents counts what a group or project cannot be deleted with.
func (t tenantTx) Contents(ctx context.Context, at tenant.Place) (tenant.Contents, error) {
	if at.GroupID != 0 {
		c, err := t.GroupContents(ctx, optional(at.GroupID))
		return tenant.Contents{
			Subgroups: int(c.Subgroups), Projects: int(c.Projects), Clusters: int(c.Clusters), CloudRoles: int(c.Roles),
		}, doing(err, "count what is in group %d", at.GroupID)
	}
	c, err := t.ProjectContents(ctx, optional(at.ProjectID))
	return tenant.Contents{Clusters: int(c.Clusters), Namespaces: int(c.Namespaces)},
		doing(err, "count what is in project %d", at.ProjectID)
}

// inUse is the meaning of a row that others hold to.
func inUse(err error) error {
	if isForeignKey(err) {
		return apperr.Of(apperr.Conflict).WithMessage("Something still belongs to it.").
			WithHint("Remove what belongs to it first.").With(err)
	}
	return err
}

// words are what people look for: a name and the last part of a path, in small
// letters.
func words(name, path string) []string {
	return []string{strings.ToLower(name), strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])}
}
