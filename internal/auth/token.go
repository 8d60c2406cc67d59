package auth

import (
	"time"

	"github.com/roadstead/roadstead/internal/tenant"
)

// TokenKind says whose an access token is.
type TokenKind string

// The kinds of access tokens.
const (
	// Personal tokens act as the person who made them.
	Personal TokenKind = "personal"
	// GroupToken and ProjectToken act as a bot that is a member there.
	GroupToken   TokenKind = "group"
	ProjectToken TokenKind = "project"
	// ServiceToken acts as a service user.
	ServiceToken TokenKind = "service"
)

// Token is an access token without its secret, of which only a hash is kept.
type Token struct {
	ID   int64
	Kind TokenKind
	// UserID is whom it acts as: a person, a bot or a service user.
	UserID int64
	// GroupID and ProjectID are set for tokens of that kind, with the bot's role.
	GroupID   int64
	ProjectID int64
	Role      tenant.Role
	Name      string
	Scopes    []Scope
	CreatedBy int64
	// ParentID is the personal token that made this one, or opened the session that
	// did, and with which it ends.
	ParentID  int64
	CreatedAt time.Time
	ExpiresAt time.Time
	// LastUsedAt has a grain of a minute, zero for never.
	LastUsedAt time.Time
	RevokedAt  time.Time
}

// Live reports whether the token counts.
func (t Token) Live(now time.Time) bool { return t.RevokedAt.IsZero() && now.Before(t.ExpiresAt) }

// Where is the group or project that the token is of, else the instance.
func (t Token) Where() Subject { return Subject{GroupID: t.GroupID, ProjectID: t.ProjectID} }

// TokenRequest asks for a new token.
type TokenRequest struct {
	Kind TokenKind
	Name string
	// Scopes are what the token is for: at least one, none beyond the caller's.
	Scopes []Scope
	// ExpiresAt is no further ahead than the settings allow; zero is what they say.
	ExpiresAt time.Time
	// GroupID or ProjectID is where a token of that kind is made, Role what its bot
	// is there: Maintainer when zero, at most the caller's own.
	GroupID   int64
	ProjectID int64
	Role      tenant.Role
	// UserID is the service user of a service token, or whose a personal one is:
	// the caller's when zero.
	UserID int64
}

// TokenQuery is what a list of tokens is asked for: those of one user, group or
// project, or, with all of them zero, all service tokens.
type TokenQuery struct {
	UserID    int64
	GroupID   int64
	ProjectID int64
	// Live leaves those that count now.
	Live bool
	// After is the id after which the list goes on, in order of id.
	After int64
	// Limit is at most 101, and 101 when zero.
	Limit int
}
