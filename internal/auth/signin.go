package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// signInLifetime is how long somebody may take at the provider.
const signInLifetime = 10 * time.Minute

// SingleSignOn lets people in who sign in at the organisation's provider.
type SingleSignOn struct {
	Provider Provider
	Store    SignInStore
	Auth     *Service
	Members  Memberships
	Mapping  Mapping
	// KnownOnly keeps out whom no administrator made a user for.
	KnownOnly bool
	Now       func() time.Time
	Log       *slog.Logger
}

// Begun is a sign-in that goes on at the provider.
type Begun struct {
	// URL is where the browser goes. Secret is for the browser to keep until it is back: it shows that it is the same one.
	URL, Secret string
	ExpiresAt   time.Time
}

// SignedIn is a sign-in that has come to its end.
type SignedIn struct {
	// Secret is the session's, kept nowhere but with the browser.
	Secret   string
	Session  Session
	ReturnTo string
}

// Begin sends a browser to the provider. Afterwards it is led to a path of ours.
func (s *SingleSignOn) Begin(ctx context.Context, returnTo string) (Begun, error) {
	challenge := Challenge{State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text()}
	address, err := s.Provider.AuthURL(ctx, challenge)
	if err != nil {
		return Begun{}, fmt.Errorf("begin a sign-in: %w", err)
	}
	begun := Begun{URL: address, Secret: rand.Text(), ExpiresAt: s.Now().Add(signInLifetime)}
	pending := PendingSignIn{
		State: digest(challenge.State), Browser: digest(begun.Secret), Issuer: s.Provider.Issuer(),
		Nonce: challenge.Nonce, Verifier: challenge.Verifier, ReturnTo: ReturnPath(returnTo), ExpiresAt: begun.ExpiresAt,
	}
	if err := s.Store.InsertSignIn(ctx, pending); err != nil {
		return Begun{}, fmt.Errorf("begin a sign-in: %w", err)
	}
	return begun, nil
}

// Finish takes what a browser came back with, and the secret that it kept. It works once for each state, in the browser
// that began it, and opens a new session.
func (s *SingleSignOn) Finish(ctx context.Context, a Answer, secret string) (SignedIn, error) {
	pending, err := s.take(ctx, a, secret)
	if err != nil {
		return SignedIn{}, err
	}
	account, err := s.Provider.Redeem(ctx, a, Challenge{State: a.State, Nonce: pending.Nonce, Verifier: pending.Verifier})
	if err != nil {
		return SignedIn{}, fmt.Errorf("finish a sign-in: %w", err)
	}
	user, err := s.admit(ctx, account)
	if err != nil {
		return SignedIn{}, fmt.Errorf("admit who signed in: %w", err)
	}
	done := SignedIn{ReturnTo: ReturnPath(pending.ReturnTo)}
	done.Secret, done.Session, err = s.Auth.OpenSession(ctx, user.ID, ProviderSession{
		Issuer: account.Issuer, Subject: account.Subject, SID: account.SID,
	})
	return done, err
}

// take ends the wait for an answer: whatever it is, it counts once.
func (s *SingleSignOn) take(ctx context.Context, a Answer, secret string) (PendingSignIn, error) {
	pending, err := s.Store.TakeSignIn(ctx, digest(a.State))
	if apperr.CodeOf(err) == apperr.NotFound {
		return PendingSignIn{}, apperr.Of(apperr.SignInStale)
	}
	if err != nil {
		return PendingSignIn{}, fmt.Errorf("find a sign-in: %w", err)
	}
	same := subtle.ConstantTimeCompare(pending.Browser, digest(secret)) == 1
	switch {
	case !same, !s.Now().Before(pending.ExpiresAt), pending.Issuer != s.Provider.Issuer():
		return PendingSignIn{}, apperr.Of(apperr.SignInStale)
	case a.Issuer != "" && a.Issuer != pending.Issuer:
		return PendingSignIn{}, apperr.Of(apperr.SignInUntrusted)
	case a.Error != "" || a.Code == "":
		s.Log.WarnContext(ctx, "the sign-in provider refuses", slog.String("error", apperr.Quote(a.Error)))
		return PendingSignIn{}, apperr.Of(apperr.SignInDenied)
	}
	return pending, nil
}

// End ends the sessions that a token of the provider is about. Sessions opened after the token was issued are others, so
// a token that is shown again ends nothing.
func (s *SingleSignOn) End(ctx context.Context, token string) error {
	logout, err := s.Provider.ReadLogout(ctx, token)
	if err != nil {
		return fmt.Errorf("read a logout token: %w", err)
	}
	sessions, err := s.Store.BoundSessions(ctx, logout)
	if err != nil {
		return fmt.Errorf("find the sessions that the provider ends: %w", err)
	}
	var errs []error
	for _, session := range sessions {
		errs = append(errs, s.close(ctx, session))
	}
	return errors.Join(errs...)
}

func (s *SingleSignOn) close(ctx context.Context, session Session) error {
	user, err := s.Auth.User(ctx, session.UserID)
	if err != nil {
		return fmt.Errorf("find user %d: %w", session.UserID, err)
	}
	return s.Auth.end(ctx, session.ID, user.Username)
}

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
