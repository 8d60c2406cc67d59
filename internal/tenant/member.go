package tenant

import "time"

// Member is a user with a role in a group or project. The role holds below the
// group as well.
type Member struct {
	ID int64
	Place
	UserID int64
	Role   Role
	// ExpiresAt ends the membership; zero means never.
	ExpiresAt time.Time
	CreatedAt time.Time
	// CreatedBy is zero for the system.
	CreatedBy int64
	// Source is what keeps the membership as it is.
	Source Source
}

// Source says what a membership comes from.
type Source string

// The sources of memberships.
const (
	// ByHand is a membership that somebody gave. Every change by hand makes it one.
	ByHand Source = ""
	// ByProvider is one that a group of the sign-in provider is worth. Each sign-in may change or end it.
	ByProvider Source = "oidc"
)

// NewMember is what it takes to make somebody a member.
type NewMember struct {
	Place
	UserID    int64
	Role      Role
	ExpiresAt time.Time
}

// MemberChange is what shall be different about a membership. Nil leaves a
// field as it is.
type MemberChange struct {
	Role      *Role
	ExpiresAt *time.Time
}

// ListedMember is a member with the words that people know him by.
type ListedMember struct {
	Member
	Username string
	Name     string
	// Kind and State are the user's: a person, bot or service, active or blocked.
	Kind  string
	State string
	// Path is that of the group or project that the membership is of: another one
	// than was asked for when it is inherited.
	Path string
}

// Granter is who changes members. Nobody gives a role above his own, nor touches
// a member whose role is above it.
type Granter struct {
	UserID int64
	// Role is his own in the place.
	Role Role
	// Admin is true for instance administrators and for the system, which may do
	// anything, even leave a group without an owner.
	Admin bool
}
