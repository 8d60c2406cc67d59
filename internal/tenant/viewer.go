package tenant

// Viewer says whose eyes a list is for.
type Viewer struct {
	UserID int64
	// All is for instance administrators, who see everything. Others see the
	// groups and projects inside which they are a member, directly or by a group
	// above. An expired membership does not count.
	All bool
}
