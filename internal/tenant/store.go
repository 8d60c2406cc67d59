package tenant

import (
	"context"

	"github.com/roadstead/roadstead/internal/audit"
)

// Store keeps groups, projects, environments and members. Lookups return an
// apperr not_found error for what does not exist. Paths are found in either
// case. Counts go no further than the limit of the query.
type Store interface {
	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(tx Tx) error) error
	GroupStore
	ProjectStore
	EnvironmentStore
	MemberStore
}

// Tx is the part of the store that changes things, inside one transaction. What
// it reads nobody else changes until the transaction ends.
type Tx interface {
	GroupTx
	ProjectTx
	EnvironmentTx
	MemberTx
}

// RecordTx says what was changed, to the record and to those who follow it.
type RecordTx interface {
	Record(ctx context.Context, e audit.Entry) error
	Notify(topic string)
}

// TreeTx keeps the tree of groups as it is.
type TreeTx interface {
	// HoldTree keeps others from changing what the tree of a group is made of.
	HoldTree(ctx context.Context, groupID int64) error
	Group(ctx context.Context, id int64) (Group, error)
}

// PlaceTx is what it takes to change a group or a project in the tree.
type PlaceTx interface {
	RecordTx
	TreeTx
	// PathTaken reports whether a group or project has the path, in either case.
	PathTaken(ctx context.Context, path string) (bool, error)
	// Contents counts what a group or project cannot be deleted with.
	Contents(ctx context.Context, at Place) (Contents, error)
}

// Contents counts what is in a group or project.
type Contents struct {
	Subgroups  int
	Projects   int
	Clusters   int
	Namespaces int
	// CloudRoles are those that let us into the group's cloud accounts.
	CloudRoles int
}
