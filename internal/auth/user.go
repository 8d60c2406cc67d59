package auth

import "time"

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
