package auth_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// sessions is a SessionStore in memory.
type sessions map[string]auth.Session

func (m sessions) InsertSession(_ context.Context, s auth.Session) error {
	m[string(s.Hash)] = s
	return nil
}

func (m sessions) Session(_ context.Context, hash []byte) (auth.Session, error) {
	if s, ok := m[string(hash)]; ok {
		return s, nil
	}
	return auth.Session{}, apperr.Of(apperr.NotFound)
}

func (m sessions) TouchSession(_ context.Context, hash []byte, seen time.Time) error {
	s := m[string(hash)]
	s.SeenAt = seen
	m[string(hash)] = s
	return nil
}

func (m sessions) DeleteSession(_ context.Context, hash []byte) error {
	delete(m, string(hash))
	return nil
}

func (m sessions) DeleteSessionsBefore(_ context.Context, _ time.Time) error { return nil }

func TestSession(t *testing.T) {
	t.Parallel()
	const token = "correct horse battery staple, twice over"
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	open := func(t *testing.T) (*auth.Service, *time.Time, string) {
		t.Helper()
		clock := now
		service := &auth.Service{
			Sessions: sessions{}, AdminHash: sha256.Sum256([]byte(token)),
			Now: func() time.Time { return clock },
		}
		secret, _, err := service.SignIn(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		return service, &clock, secret
	}
	valid := func(t *testing.T, service *auth.Service, secret string) bool {
		t.Helper()
		_, err := service.AuthenticateSession(t.Context(), secret)
		if err != nil && apperr.CodeOf(err) != apperr.Unauthenticated {
			t.Fatal(err)
		}
		return err == nil
	}

	t.Run("lives while it is used, twelve hours at most", func(t *testing.T) {
		t.Parallel()
		service, clock, secret := open(t)
		for range 23 {
			*clock = clock.Add(30 * time.Minute)
			if !valid(t, service, secret) {
				t.Fatalf("ended after %v", clock.Sub(now))
			}
		}
		*clock = clock.Add(31 * time.Minute)
		if valid(t, service, secret) {
			t.Error("outlived twelve hours")
		}
	})
	t.Run("ends after an idle hour", func(t *testing.T) {
		t.Parallel()
		service, clock, secret := open(t)
		*clock = clock.Add(61 * time.Minute)
		if valid(t, service, secret) {
			t.Error("outlived an idle hour")
		}
	})
	t.Run("ends when the token is changed", func(t *testing.T) {
		t.Parallel()
		service, _, secret := open(t)
		service.AdminHash = sha256.Sum256([]byte("another token of at least 32 characters"))
		if valid(t, service, secret) {
			t.Error("outlived its token")
		}
	})
	t.Run("ends at sign-out", func(t *testing.T) {
		t.Parallel()
		service, _, secret := open(t)
		if err := service.SignOut(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
		if valid(t, service, secret) {
			t.Error("outlived the sign-out")
		}
	})
}

func TestWrongTokens(t *testing.T) {
	t.Parallel()
	service := &auth.Service{AdminHash: sha256.Sum256([]byte("right"))}
	for _, token := range []string{"", " ", "Right", "right "} {
		if _, err := service.AuthenticateToken(t.Context(), token); apperr.CodeOf(err) != apperr.Unauthenticated {
			t.Errorf("AuthenticateToken(%q): %v, want unauthenticated", token, err)
		}
	}
}
