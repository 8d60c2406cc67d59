package auth_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func TestSession(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T) (*world, string) {
		t.Helper()
		w := newWorld(t)
		secret, _, err := w.SignIn(t.Context(), configured)
		check(t, err)
		return w, secret
	}
	valid := func(t *testing.T, w *world, secret string) bool {
		t.Helper()
		_, err := w.AuthenticateSession(t.Context(), secret)
		if err != nil {
			wantCode(t, err, apperr.Unauthenticated)
		}
		return err == nil
	}

	t.Run("lives while it is used, twelve hours at most", func(t *testing.T) {
		t.Parallel()
		w, secret := open(t)
		for range 23 {
			w.after(30 * time.Minute)
			if !valid(t, w, secret) {
				t.Fatal("ended too early")
			}
		}
		w.after(30*time.Minute - time.Second)
		if !valid(t, w, secret) {
			t.Error("ended a second before twelve hours")
		}
		w.after(time.Second)
		if valid(t, w, secret) {
			t.Error("outlived twelve hours")
		}
	})
	t.Run("ends after an idle hour", func(t *testing.T) {
		t.Parallel()
		w, secret := open(t)
		w.after(61 * time.Minute)
		if valid(t, w, secret) {
			t.Error("outlived an idle hour")
		}
	})
	t.Run("ends when the configured token is changed", func(t *testing.T) {
		t.Parallel()
		w, secret := open(t)
		w.AdminHash = sha256.Sum256([]byte("another token of at least 32 characters"))
		if valid(t, w, secret) {
			t.Error("outlived its token")
		}
	})
	t.Run("ends at sign-out", func(t *testing.T) {
		t.Parallel()
		w, secret := open(t)
		check(t, w.SignOut(t.Context(), secret))
		if valid(t, w, secret) {
			t.Error("outlived the sign-out")
		}
		check(t, w.SignOut(t.Context(), secret))
	})
	t.Run("is another one at each sign-in", func(t *testing.T) {
		t.Parallel()
		w, first := open(t)
		second, _, err := w.SignIn(t.Context(), configured)
		check(t, err)
		if first == second {
			t.Error("two sign-ins share a secret")
		}
	})
	t.Run("is removed when it is over", func(t *testing.T) {
		t.Parallel()
		w, secret := open(t)
		w.after(13 * time.Hour)
		check(t, w.Sweep(t.Context()))
		w.clock = w.clock.Add(-13 * time.Hour)
		if valid(t, w, secret) {
			t.Error("it is still there")
		}
	})
}

func TestSessionsAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, _ := w.person("ann")
	bob, _ := w.person("bob")
	opened := must(w.Sessions(t.Context(), ann.ID))(t)
	if len(opened) != 1 || opened[0].UserID != ann.ID {
		t.Fatalf("ann's sessions: %+v", opened)
	}
	wantCode(t, w.CloseSession(t.Context(), bob.ID, opened[0].ID), apperr.NotFound)
	check(t, w.CloseSession(t.Context(), ann.ID, opened[0].ID))
	if left := must(w.Sessions(t.Context(), ann.ID))(t); len(left) != 0 {
		t.Errorf("closed, and still there: %+v", left)
	}
}

func TestBlockedUserLosesSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann := must(w.CreateUser(t.Context(), auth.NewUser{Profile: auth.Profile{Username: "ann"}}))(t)
	secret, _, err := w.OpenSession(t.Context(), ann.ID, auth.ProviderSession{})
	check(t, err)
	must(w.BlockUser(t.Context(), ann.ID))(t)
	_, err = w.AuthenticateSession(t.Context(), secret)
	wantCode(t, err, apperr.Unauthenticated)
	_, _, err = w.OpenSession(t.Context(), ann.ID, auth.ProviderSession{})
	wantCode(t, err, apperr.Unauthenticated)
	must(w.UnblockUser(t.Context(), ann.ID))(t)
	_, err = w.AuthenticateSession(t.Context(), secret)
	wantCode(t, err, apperr.Unauthenticated)
}
