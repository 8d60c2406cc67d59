package auth

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/tenant"
)

// PendingSignIn is a sign-in on its way through the provider. What a browser could show to go on with it is kept as a
// hash only.
type PendingSignIn struct {
	// State is the SHA-256 of the challenge's state, Browser that of the secret that the browser keeps.
	State, Browser []byte
	Issuer         string
	Nonce          string
	Verifier       string
	ReturnTo       string
	ExpiresAt      time.Time
}

// ProviderSession ties a session to the provider's, with which it ends, and to
// the identity that it came by.
type ProviderSession struct {
	SessionID            int64
	Issuer, Subject, SID string
}

// SignInStore keeps what is on its way, and which sessions the provider can end.
type SignInStore interface {
	InsertSignIn(ctx context.Context, p PendingSignIn) error
	// TakeSignIn returns the sign-in of a state's hash once. It returns an apperr not_found error when there is none.
	TakeSignIn(ctx context.Context, state []byte) (PendingSignIn, error)
	DeleteSignInsBefore(ctx context.Context, expired time.Time) error

	// ProviderSession returns what a session is tied to, an apperr not_found error when it is to none.
	ProviderSession(ctx context.Context, sessionID int64) (ProviderSession, error)
	// BoundSessions lists the sessions that a logout is about.
	BoundSessions(ctx context.Context, l Logout) ([]Session, error)
}

// Memberships are those that the provider's groups make.
type Memberships interface {
	// MapMember makes the user a member of exactly these groups, as far as nobody made them one by hand.
	MapMember(ctx context.Context, userID int64, roles map[string]tenant.Role) error
}
