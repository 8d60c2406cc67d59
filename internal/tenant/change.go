package tenant

// NewGroup is what it takes to make a group.
type NewGroup struct {
	// Path is the full path. What is above must exist.
	Path string
	// Name is shown to people; the last part of the path when empty.
	Name        string
	Description string
	// CreatedBy becomes the owner; zero for the system, which makes nobody one.
	CreatedBy int64
}

// NewProject is what it takes to make a project.
type NewProject struct {
	// Path is the full path. The group must exist.
	Path string
	// Name is shown to people; the last part of the path when empty.
	Name        string
	Description string
}

// Change is what shall be different about a group or a project. Nil leaves a
// field as it is.
type Change struct {
	// Slug is the last part of the path. Paths below follow it.
	Slug        *string
	Name        *string
	Description *string
}
