package tenant

import "time"

// Group holds projects and other groups.
type Group struct {
	ID int64
	// ParentID is zero for a top-level group.
	ParentID int64
	// Path is the full path, for example "acme/platform".
	Path        string
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Project belongs to one group.
type Project struct {
	ID      int64
	GroupID int64
	// Path is the full path, for example "acme/shop".
	Path        string
	Name        string
	Description string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Place is a group or a project: one of the two ids is set.
type Place struct {
	GroupID   int64
	ProjectID int64
}
