package namespace

import (
	"context"

	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants knows the projects and environments that namespaces belong to.
type Tenants interface {
	ProjectByID(ctx context.Context, id int64) (tenant.Project, error)
	// DeleteProject forgets a project, unless that happened already.
	DeleteProject(ctx context.Context, id int64) error
	// Environment finds by name.
	Environment(ctx context.Context, projectID int64, name string) (tenant.Environment, error)
	EnvironmentByID(ctx context.Context, projectID, id int64) (tenant.Environment, error)
	// EnsureEnvironment returns the environment of that name, made when missing.
	EnsureEnvironment(ctx context.Context, projectID int64, name string) (tenant.Environment, error)
}
