package tenant

import "time"

// Group holds projects and other groups.
type Group struct {
	ID int64
	// ParentID is zero for a top-level group.
	ParentID int64
	// Path is the full path, for example "acme/platform".
	Path      string
	Name      string
	CreatedAt time.Time
}

// Project belongs to one group.
type Project struct {
	ID      int64
	GroupID int64
	// Path is the full path, for example "acme/shop".
	Path      string
	Name      string
	CreatedAt time.Time
}

// Environment is a named stage of a project, for example "production".
type Environment struct {
	ID        int64
	ProjectID int64
	Name      string
	// Slug is the name in a form that fits Kubernetes names, 24 characters at most.
	Slug      string
	CreatedAt time.Time
}
