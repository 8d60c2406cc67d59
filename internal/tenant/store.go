package tenant

import "context"

// Store keeps groups, projects and environments. Lookups return an apperr
// not_found error for what does not exist; inserts return already_exists.
type Store interface {
	InsertGroup(ctx context.Context, g Group) (Group, error)
	Group(ctx context.Context, id int64) (Group, error)
	GroupByPath(ctx context.Context, path string) (Group, error)
	// Groups lists in order of id, after the given one.
	Groups(ctx context.Context, after int64, limit int) ([]Group, error)

	InsertProject(ctx context.Context, p Project) (Project, error)
	Project(ctx context.Context, id int64) (Project, error)
	ProjectByPath(ctx context.Context, path string) (Project, error)
	Projects(ctx context.Context, after int64, limit int) ([]Project, error)

	// DeleteProject forgets a project with its environments. It returns a
	// conflict error while clusters or namespaces belong to it.
	DeleteProject(ctx context.Context, id int64) error

	// EnsureEnvironment returns the environment of that name, made when missing.
	EnsureEnvironment(ctx context.Context, e Environment) (Environment, error)
	Environment(ctx context.Context, id int64) (Environment, error)
	EnvironmentByName(ctx context.Context, projectID int64, name string) (Environment, error)
	Environments(ctx context.Context, projectID int64) ([]Environment, error)
}
