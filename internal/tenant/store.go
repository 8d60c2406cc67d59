package tenant

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
)

// Store keeps groups, projects, environments and members. Lookups return an
// apperr not_found error for what does not exist. Paths are found in either
// case.
type Store interface { //nolint:interfacebloat // four things and their lists
	Atomically(ctx context.Context, fn func(tx Tx) error) error

	Group(ctx context.Context, id int64) (Group, error)
	GroupByPath(ctx context.Context, path string) (Group, error)
	// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
	GroupsAbove(ctx context.Context, groupID int64) ([]int64, error)
	// Lineage lists groups and all that are above them, each once.
	Lineage(ctx context.Context, groupIDs []int64) ([]Group, error)
	Groups(ctx context.Context, v Viewer, q GroupQuery) ([]Group, error)
	// CountGroups counts no further than the limit of the query, and so do the
	// other counts.
	CountGroups(ctx context.Context, v Viewer, q GroupQuery) (int, error)

	Project(ctx context.Context, id int64) (Project, error)
	ProjectByPath(ctx context.Context, path string) (Project, error)
	Projects(ctx context.Context, v Viewer, q ProjectQuery) ([]Project, error)
	CountProjects(ctx context.Context, v Viewer, q ProjectQuery) (int, error)

	Environment(ctx context.Context, id int64) (Environment, error)
	EnvironmentByName(ctx context.Context, projectID int64, name string) (Environment, error)
	// Environments lists all of a project by name.
	Environments(ctx context.Context, projectID int64) ([]Environment, error)
	ListEnvironments(ctx context.Context, q EnvironmentQuery) ([]Environment, error)
	CountEnvironments(ctx context.Context, q EnvironmentQuery) (int, error)

	// RoleInGroup and RoleInProject return the highest role that a user has there
	// or above: NoRole for none, and for what does not exist.
	RoleInGroup(ctx context.Context, userID, groupID int64) (Role, error)
	RoleInProject(ctx context.Context, userID, projectID int64) (Role, error)
	Members(ctx context.Context, q MemberQuery) ([]ListedMember, error)
	CountMembers(ctx context.Context, q MemberQuery) (int, error)
	Member(ctx context.Context, at Place, userID int64) (ListedMember, error)
	MembershipsOf(ctx context.Context, userID int64) ([]ListedMember, error)
	// ExpiredMembers returns some of the memberships that had ended by then.
	ExpiredMembers(ctx context.Context, by time.Time, limit int) ([]Member, error)
}

// Tx is the part of the store that changes things, inside one transaction. What
// it reads nobody else changes until the transaction ends.
type Tx interface { //nolint:interfacebloat // four things and their changes
	// HoldTree keeps others from changing what the tree of a group is made of.
	HoldTree(ctx context.Context, groupID int64) error

	Group(ctx context.Context, id int64) (Group, error)
	InsertGroup(ctx context.Context, g Group) (Group, error)
	// UpdateGroup writes name and description. RenameGroup replaces the path that
	// the group had by the one that it carries, there and in everything below.
	UpdateGroup(ctx context.Context, g Group) error
	RenameGroup(ctx context.Context, g Group, from string) error
	DeleteGroup(ctx context.Context, id int64) error
	// LongestPath returns the length of the longest path in a group.
	LongestPath(ctx context.Context, groupID int64) (int, error)

	Project(ctx context.Context, id int64) (Project, error)
	InsertProject(ctx context.Context, p Project) (Project, error)
	UpdateProject(ctx context.Context, p Project) error
	DeleteProject(ctx context.Context, id int64) error

	// PathTaken reports whether a group or project has the path, in either case.
	PathTaken(ctx context.Context, path string) (bool, error)
	// Contents counts what a group or project cannot be deleted with.
	Contents(ctx context.Context, at Place) (Contents, error)

	Environment(ctx context.Context, id int64) (Environment, error)
	// EnsureEnvironment returns the environment of that name, and whether it was
	// made because it was missing.
	EnsureEnvironment(ctx context.Context, e Environment) (Environment, bool, error)
	UpdateEnvironment(ctx context.Context, e Environment) error
	DeleteEnvironment(ctx context.Context, id int64) error
	// NamespacesOfEnvironment counts those that are left.
	NamespacesOfEnvironment(ctx context.Context, id int64) (int, error)

	Member(ctx context.Context, at Place, userID int64) (ListedMember, error)
	InsertMember(ctx context.Context, m Member) error
	UpdateMember(ctx context.Context, m Member) error
	DeleteMember(ctx context.Context, id int64) error
	// OtherOwners counts a group's own owners without the user: people and
	// services that may sign in and whose membership does not end.
	OtherOwners(ctx context.Context, groupID, userID int64) (int, error)

	Record(ctx context.Context, e audit.Entry) error
	Notify(topic string)
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
