package tenant

// MaxCount is where counting ends. More is told as "more than".
const MaxCount = 10_000

// Order is that of a list.
type Order string

// The orders of lists. After goes with ByID only.
const (
	ByID   Order = ""
	Newest Order = "newest"
	ByPath Order = "path"
)

// Page says which part of a list is wanted: what comes after an id, or what
// comes after so many items.
type Page struct {
	After  int64
	Offset int
	// Limit must be given.
	Limit int
}

// GroupQuery says which groups are wanted. The zero value means all that the
// viewer sees.
type GroupQuery struct {
	// ParentID leaves the groups in that group; with Deep, those below as well.
	ParentID int64
	Deep     bool
	// TopLevel leaves groups without a parent.
	TopLevel bool
	// Search leaves groups that hold the text in their name or the last part of
	// their path, in either case. With a '/', it is the beginning of a full path.
	Search string
	// MinRole leaves groups in which the viewer has that role or a higher one as
	// a member, administrator or not: Guest leaves those in which one is a member
	// at all, Owner those that one owns.
	MinRole Role
	Order   Order
	Page
}

// ProjectQuery says which projects are wanted. The zero value means all that
// the viewer sees.
type ProjectQuery struct {
	// GroupID leaves the projects in that group; with Deep, those below as well.
	GroupID int64
	Deep    bool
	// Search and MinRole are those of GroupQuery.
	Search  string
	MinRole Role
	Order   Order
	Page
}

// EnvironmentQuery says which environments of a project are wanted.
type EnvironmentQuery struct {
	ProjectID int64
	// State leaves those of one state.
	State EnvironmentState
	// Search leaves names that hold the text.
	Search string
	// Order is ByID, or ByPath for that of the names.
	Order Order
	Page
}

// MemberQuery says which members of a place are wanted, in order of the users'
// ids: After is one of those.
type MemberQuery struct {
	Place Place
	// Inherited adds members of the groups above: every user once, with the
	// highest role.
	Inherited bool
	// Search leaves users whose username begins with the text.
	Search string
	Page
}
