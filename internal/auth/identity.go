package auth

import (
	"slices"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Scope limits what a token is for, whatever its user may do.
type Scope string

// The scopes, named as the predecessor's clients know them.
const (
	// API allows everything that the user may do.
	API Scope = "api"
	// ReadAPI allows to read only: GET and HEAD.
	ReadAPI Scope = "read_api"
)

// Identity is who is calling, and by which credential.
type Identity struct {
	// UserID is zero for nobody.
	UserID int64
	// Name is the username.
	Name  string
	Kind  Kind
	Admin bool
	// TokenID and SessionID name the credential; both are zero for the token of the configuration.
	TokenID   int64
	SessionID int64
	// OpenedBy is the token that opened the session; zero for none.
	OpenedBy int64
	Scopes   []Scope
}

// Writes reports whether the credential allows to change anything.
func (i Identity) Writes() bool { return slices.Contains(i.Scopes, API) }

// Viewer says whose eyes a list is for.
func (i Identity) Viewer() tenant.Viewer { return tenant.Viewer{UserID: i.UserID, All: i.Admin} }

// Actor is the caller as the record names who did something.
func (i Identity) Actor() audit.Actor {
	actor := audit.Actor{Kind: audit.User, UserID: i.UserID, Name: i.Name, TokenID: i.TokenID, SessionID: i.SessionID}
	switch {
	case i.SessionID != 0:
		actor.Kind = audit.Session
	case len(i.Scopes) != 0:
		actor.Kind = audit.Token
	}
	return actor
}
