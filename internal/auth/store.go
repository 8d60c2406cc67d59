package auth

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Store keeps users, tokens and sessions. Lookups return an apperr not_found
// error for what does not exist.
type Store interface {
	User(ctx context.Context, id int64) (User, error)
	UserByName(ctx context.Context, username string) (User, error)
	UserByIdentity(ctx context.Context, issuer, subject string) (User, error)
	// Users lists in order of id. A search compares with e-mails too when told so.
	Users(ctx context.Context, q UserQuery, emails bool) ([]User, error)
	Links(ctx context.Context, userID int64) ([]Link, error)

	Token(ctx context.Context, id int64) (Token, error)
	// TokenByHash is one indexed read: every request asks it.
	TokenByHash(ctx context.Context, hash []byte) (Token, User, error)
	// Tokens lists in order of id. Those that count at liveAt, all when it is zero.
	Tokens(ctx context.Context, q TokenQuery, liveAt time.Time) ([]Token, error)

	SessionByHash(ctx context.Context, hash []byte) (Session, User, error)
	// Sessions lists a user's that end after now and were seen after idle.
	Sessions(ctx context.Context, userID int64, now, idle time.Time) ([]Session, error)

	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(Tx) error) error
}

// Tx changes users, tokens and sessions in one transaction, with the record of
// who did it.
type Tx interface {
	Record(ctx context.Context, e audit.Entry) error
	UserTx
	TokenTx
	MemberTx
	SessionTx
	// DeleteEnded deletes the sessions and the tokens that had expired by then.
	DeleteEnded(ctx context.Context, sessions, tokens time.Time) error
}

// UserTx changes users.
type UserTx interface {
	// FindUser keeps other transactions from changing the user.
	FindUser(ctx context.Context, id int64) (User, error)
	// InsertUser returns an already_exists error for a username that is taken.
	InsertUser(ctx context.Context, u User) (User, error)
	UpdateUser(ctx context.Context, u User) error
	Link(ctx context.Context, issuer, subject string) (Link, error)
	// InsertLink returns an already_exists error for a subject that is somebody's.
	InsertLink(ctx context.Context, l Link) error
	// DeleteLink returns a not_found error for one that is not this user's.
	DeleteLink(ctx context.Context, l Link) error
}

// TokenTx changes access tokens.
type TokenTx interface {
	FindToken(ctx context.Context, id int64) (Token, error)
	InsertToken(ctx context.Context, t Token, hash []byte) (Token, error)
	// RevokeToken ends a token and those made with it, and returns those that had not ended.
	RevokeToken(ctx context.Context, id int64, at time.Time) ([]Token, error)
	RevokeTokensOf(ctx context.Context, userID int64, at time.Time) ([]Token, error)
	// AdoptTokens makes the tokens made with one token those of another.
	AdoptTokens(ctx context.Context, from, to int64) error
	TouchToken(ctx context.Context, id int64, at time.Time) error
}

// MemberTx changes who is a member: the bots of tokens are.
type MemberTx interface {
	Member(ctx context.Context, at tenant.Place, userID int64) (tenant.ListedMember, error)
	InsertMember(ctx context.Context, m tenant.Member) error
	UpdateMember(ctx context.Context, m tenant.Member) error
	DeleteMember(ctx context.Context, id int64) error
}

// SessionTx changes sessions.
type SessionTx interface {
	InsertSession(ctx context.Context, s Session, hash []byte) (Session, error)
	TouchSession(ctx context.Context, id int64, seen time.Time) error
	// DeleteSession reports whether there was one.
	DeleteSession(ctx context.Context, id int64) (bool, error)
	DeleteSessionsOf(ctx context.Context, userID int64) error
	// BindSession ties a session to the provider's.
	BindSession(ctx context.Context, p ProviderSession) error
	// DeleteSessionsOfSubject ends those of a subject at the provider and returns their ids.
	DeleteSessionsOfSubject(ctx context.Context, issuer, subject string) ([]int64, error)
}
