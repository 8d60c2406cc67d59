package tenant

import "context"

// GroupStore finds groups.
type GroupStore interface {
	Group(ctx context.Context, id int64) (Group, error)
	GroupByPath(ctx context.Context, path string) (Group, error)
	// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
	GroupsAbove(ctx context.Context, groupID int64) ([]int64, error)
	// Lineage lists groups and all that are above them, each once.
	Lineage(ctx context.Context, groupIDs []int64) ([]Group, error)
	Groups(ctx context.Context, v Viewer, q GroupQuery) ([]Group, error)
	CountGroups(ctx context.Context, v Viewer, q GroupQuery) (int, error)
}

// GroupTx changes groups.
type GroupTx interface {
	PlaceTx
	InsertGroup(ctx context.Context, g Group) (Group, error)
	// UpdateGroup writes name and description. RenameGroup replaces the path that
	// the group had by the one that it carries, there and in everything below.
	UpdateGroup(ctx context.Context, g Group) error
	RenameGroup(ctx context.Context, g Group, from string) error
	DeleteGroup(ctx context.Context, id int64) error
	// LongestPath returns the length of the longest path in a group.
	LongestPath(ctx context.Context, groupID int64) (int, error)
}
