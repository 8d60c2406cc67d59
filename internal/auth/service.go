package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/setting"
)

// touchEvery is the grain at which the use of tokens and sessions is written
// down: what a busy one costs in writes.
const touchEvery = time.Minute

// tokensKept is how long tokens are listed after they expired: as long as the
// predecessor lists them.
const tokensKept = 30 * 24 * time.Hour

// Settings are what administrators of the instance have set.
type Settings interface {
	Settings(ctx context.Context) (setting.Settings, error)
}

// Service authenticates callers, and keeps users, their tokens and sessions.
type Service struct {
	Store Store
	// Access decides on tokens, which only their owners and managers may change.
	Access *Access
	// Settings say how long tokens and sessions live.
	Settings Settings
	// AdminHash is the SHA-256 of the token in the configuration.
	AdminHash [sha256.Size]byte
	// Issuer names the provider where people sign in; empty where there is none.
	Issuer string
	// Now is the clock.
	Now func() time.Time
	Log *slog.Logger
}

// AuthenticateToken returns who an access token belongs to. Anything but a token
// that counts, of a user who is active, is an unauthenticated error.
func (s *Service) AuthenticateToken(ctx context.Context, token string) (Identity, error) {
	who, _, err := s.authenticate(ctx, token)
	return who, err
}

// authenticate is AuthenticateToken; it tells as well when the token expires.
func (s *Service) authenticate(ctx context.Context, token string) (Identity, time.Time, error) {
	if s.isConfigured(token) {
		user, err := s.Store.User(ctx, AdministratorID)
		if err != nil {
			return Identity{}, time.Time{}, fmt.Errorf("find the administrator: %w", err)
		}
		who, err := identify(user, Token{Scopes: []Scope{API}})
		return who, time.Time{}, err
	}
	if _, err := ParseSecret(token); err != nil {
		return Identity{}, time.Time{}, err
	}
	found, user, err := s.Store.TokenByHash(ctx, hashOf(token))
	if apperr.CodeOf(err) == apperr.NotFound {
		return Identity{}, time.Time{}, apperr.Of(apperr.Unauthenticated)
	}
	if err != nil {
		return Identity{}, time.Time{}, fmt.Errorf("find an access token: %w", err)
	}
	now := s.Now()
	if !found.Live(now) {
		return Identity{}, time.Time{}, apperr.Of(apperr.Unauthenticated)
	}
	who, err := identify(user, found)
	if err == nil && now.Sub(found.LastUsedAt) >= touchEvery {
		s.touch(ctx, "access token", found.ID, func(tx Tx) error { return tx.TouchToken(ctx, found.ID, now) })
	}
	return who, found.ExpiresAt, err
}

// isConfigured reports whether a text is the token of the configuration.
func (s *Service) isConfigured(token string) bool {
	hash := sha256.Sum256([]byte(token))
	return token != "" && subtle.ConstantTimeCompare(hash[:], s.AdminHash[:]) == 1
}

// identify says who calls with a token, unless he is blocked.
func identify(user User, token Token) (Identity, error) {
	if user.State != Active {
		return Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	return Identity{
		UserID: user.ID, Name: user.Username, Kind: user.Kind, Admin: user.Admin,
		TokenID: token.ID, Scopes: token.Scopes,
	}, nil
}

// touch writes down that a credential was used. Who shows a good one comes in,
// even while the database takes no writes.
func (s *Service) touch(ctx context.Context, what string, id int64, write func(Tx) error) {
	if err := s.Store.Atomically(ctx, write); err != nil {
		s.Log.WarnContext(ctx, "the use of a credential was not written down",
			slog.String("credential", what), slog.Int64("id", id), slog.Any("error", err))
	}
}

// Sweep removes the sessions that have ended, and the tokens that ended a while
// ago.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.Now()
	err := s.Store.Atomically(ctx, func(tx Tx) error { return tx.DeleteEnded(ctx, now, now.Add(-tokensKept)) })
	if err != nil {
		return fmt.Errorf("remove what has ended: %w", err)
	}
	return nil
}
