package auth

import (
	"strings"
	"time"
)

// AdministratorID is the user that the first migration makes. The token of the
// configuration is his.
const AdministratorID int64 = 1

// Kind says what a user stands for.
type Kind string

// The kinds of users. A bot belongs to the tokens of one group or project, a
// service user to an automation that administrators set up.
const (
	Person      Kind = "person"
	Bot         Kind = "bot"
	ServiceUser Kind = "service"
)

// UserState says whether a user may come in.
type UserState string

// The states of users.
const (
	Active  UserState = "active"
	Blocked UserState = "blocked"
)

// User is somebody who calls: a person, or a program under a name of its own.
type User struct {
	ID int64
	// Username is unique and in small letters.
	Username string
	Name     string
	// Email is in small letters, empty when unknown. It identifies nobody.
	Email string
	Kind  Kind
	// Admin is set for administrators of the instance.
	Admin     bool
	State     UserState
	CreatedAt time.Time
	// SignedInAt is the last sign-in, zero for never.
	SignedInAt time.Time
}

// UserQuery is what a list of users is asked for.
type UserQuery struct {
	// Kind is whom to list: people when empty.
	Kind Kind
	// Search leaves users whose username or name begins with it, in any case. For
	// administrators, who see e-mails, the e-mail counts too.
	Search string
	// State leaves users in that state; empty is any.
	State UserState
	// Admins leaves administrators.
	Admins bool
	// After is the id after which the list goes on, in order of id.
	After int64
	// Limit is at most 101, and 101 when zero.
	Limit int
}

// Profile is what an issuer says about a user, or a person about a new one.
type Profile struct {
	Username string
	Name     string
	Email    string
}

// Link is a user's identity at an issuer of OpenID Connect.
type Link struct {
	Issuer    string
	Subject   string
	UserID    int64
	CreatedAt time.Time
}

// NameKey is the name in the form that a search compares with.
func (u User) NameKey() string { return strings.ToLower(u.Name) }
