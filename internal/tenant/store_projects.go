package tenant

import "context"

// ProjectStore finds projects.
type ProjectStore interface {
	Project(ctx context.Context, id int64) (Project, error)
	ProjectByPath(ctx context.Context, path string) (Project, error)
	Projects(ctx context.Context, v Viewer, q ProjectQuery) ([]Project, error)
	CountProjects(ctx context.Context, v Viewer, q ProjectQuery) (int, error)
}

// ProjectTx changes projects.
type ProjectTx interface {
	PlaceTx
	Project(ctx context.Context, id int64) (Project, error)
	InsertProject(ctx context.Context, p Project) (Project, error)
	UpdateProject(ctx context.Context, p Project) error
	DeleteProject(ctx context.Context, id int64) error
}
