package tenant

import "context"

// EnvironmentStore finds environments.
type EnvironmentStore interface {
	Environment(ctx context.Context, id int64) (Environment, error)
	EnvironmentByName(ctx context.Context, projectID int64, name string) (Environment, error)
	// Environments lists all of a project by name.
	Environments(ctx context.Context, projectID int64) ([]Environment, error)
	ListEnvironments(ctx context.Context, q EnvironmentQuery) ([]Environment, error)
	CountEnvironments(ctx context.Context, q EnvironmentQuery) (int, error)
}

// EnvironmentTx changes environments.
type EnvironmentTx interface {
	RecordTx
	Environment(ctx context.Context, id int64) (Environment, error)
	// EnsureEnvironment returns the environment of that name, and whether it was
	// made because it was missing.
	EnsureEnvironment(ctx context.Context, e Environment) (Environment, bool, error)
	UpdateEnvironment(ctx context.Context, e Environment) error
	DeleteEnvironment(ctx context.Context, id int64) error
	// NamespacesOfEnvironment counts those that are left.
	NamespacesOfEnvironment(ctx context.Context, id int64) (int, error)
}
