package tenant

// Viewer says whose eyes a list is for.
type Viewer struct {
	UserID int64
	// All is set for administrators of the instance, who see everything.
	All bool
}
