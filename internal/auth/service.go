package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Session times: twelve hours in all, one hour without a request.
const (
	sessionLifetime = 12 * time.Hour
	sessionIdle     = time.Hour
	// touchEvery bounds the writes that a busy session causes.
	touchEvery = time.Minute
)

// Service authenticates callers.
type Service struct {
	Sessions SessionStore
	// AdminHash is the SHA-256 of the administrator's token.
	AdminHash [sha256.Size]byte
	// Now is the clock.
	Now func() time.Time
}

// AuthenticateToken returns who an access token belongs to.
func (s *Service) AuthenticateToken(_ context.Context, token string) (Identity, error) {
	hash := sha256.Sum256([]byte(token))
	if token == "" || subtle.ConstantTimeCompare(hash[:], s.AdminHash[:]) != 1 {
		return Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	return administrator(), nil
}

// SignIn opens a session for the owner of a token and returns its secret,
// which is kept nowhere but with the browser.
func (s *Service) SignIn(ctx context.Context, token string) (string, Session, error) {
	identity, err := s.AuthenticateToken(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	secret := rand.Text()
	now := s.Now()
	session := Session{
		Hash: s.hash(secret), Name: identity.Name,
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(sessionLifetime),
	}
	if err := s.Sessions.InsertSession(ctx, session); err != nil {
		return "", Session{}, fmt.Errorf("open session: %w", err)
	}
	return secret, session, nil
}

// AuthenticateSession returns who a session belongs to, and keeps it alive.
func (s *Service) AuthenticateSession(ctx context.Context, secret string) (Identity, error) {
	session, err := s.Sessions.Session(ctx, s.hash(secret))
	if apperr.CodeOf(err) == apperr.NotFound {
		return Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	if err != nil {
		return Identity{}, fmt.Errorf("find session: %w", err)
	}
	now := s.Now()
	if now.After(session.ExpiresAt) || now.Sub(session.SeenAt) > sessionIdle {
		_ = s.Sessions.DeleteSession(ctx, session.Hash)
		return Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	if now.Sub(session.SeenAt) > touchEvery {
		if err := s.Sessions.TouchSession(ctx, session.Hash, now); err != nil {
			return Identity{}, fmt.Errorf("keep session alive: %w", err)
		}
	}
	identity := administrator()
	identity.Name = session.Name
	return identity, nil
}

func administrator() Identity {
	return Identity{UserID: AdministratorID, Name: "administrator", Kind: Person, Admin: true, Scopes: []Scope{API}}
}

// SignOut ends a session.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	return s.Sessions.DeleteSession(ctx, s.hash(secret))
}

// Sweep removes the sessions that have ended.
func (s *Service) Sweep(ctx context.Context) error {
	return s.Sessions.DeleteSessionsBefore(ctx, s.Now())
}

// hash ties a session to the token that opened it: changing the token ends
// every session.
func (s *Service) hash(secret string) []byte {
	sum := sha256.Sum256(append(s.AdminHash[:], secret...))
	return sum[:]
}

// NewToken returns a random token of 256 bits, recognisable by its prefix.
func NewToken() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return "rsd_" + base64.RawURLEncoding.EncodeToString(raw)
}
