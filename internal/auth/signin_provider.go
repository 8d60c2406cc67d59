package auth

import (
	"context"
	"time"
)

// Challenge is what one sign-in takes along to the provider. Its parts are random and used once.
type Challenge struct {
	// State comes back with the browser, Nonce in the provider's token. Verifier is told to the provider alone, which got
	// its SHA-256 from the browser before.
	State, Nonce, Verifier string
}

// Answer is what a browser came back with from the provider. All of it may be made up.
type Answer struct {
	State, Code string
	// Issuer is who says to have answered, empty when that was not said.
	Issuer string
	// Error is the provider's word for why there is no code.
	Error string
}

// Account is who somebody is, by the word of the provider.
type Account struct {
	// Issuer and Subject together are the identity, and nothing else is.
	Issuer, Subject string
	// SID is the provider's name for its session, empty when it has none.
	SID string
	// Username and Name are what to call them. Email is empty unless the provider vouches for it.
	Username, Name, Email string
	// Groups are those that the provider lists, none when it does not.
	Groups []string
}

// Logout is the provider's word that sessions have ended: the one called SID, or all of Subject when that is empty.
type Logout struct {
	Issuer, Subject, SID string
	IssuedAt             time.Time
}

// Provider is where the people of an organisation sign in. Its errors carry codes of apperr: sign_in_untrusted for an
// answer that cannot be believed, sign_in_unavailable when there is none.
type Provider interface {
	// Issuer is the provider's name, which no answer of it may differ from.
	Issuer() string
	// AuthURL is where to send a browser.
	AuthURL(ctx context.Context, c Challenge) (string, error)
	// Redeem turns the code of an answer into who has signed in.
	Redeem(ctx context.Context, a Answer, c Challenge) (Account, error)
	// SignOutURL is where to send a browser that shall be signed out there too, with a state that comes back with it. It
	// is empty when the provider offers no such thing.
	SignOutURL(ctx context.Context, state string) (string, error)
	// ReadLogout verifies a token that says that sessions have ended.
	ReadLogout(ctx context.Context, token string) (Logout, error)
}
