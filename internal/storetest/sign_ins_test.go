package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestSignIns(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t)).Auth()
			ctx := t.Context()
			want := auth.PendingSignIn{
				State: []byte("state"), Browser: []byte("browser"), Issuer: "https://login.example.com", Nonce: "n", Verifier: "v",
				ReturnTo: "/groups", ExpiresAt: instant(),
			}
			check(t, db.InsertSignIn(ctx, want))
			if diff := cmp.Diff(want, must(db.TakeSignIn(ctx, want.State))(t)); diff != "" {
				t.Errorf("sign-in (-want +got):\n%s", diff)
			}
			_, err := db.TakeSignIn(ctx, want.State)
			wantCode(t, err, apperr.NotFound)

			check(t, db.InsertSignIn(ctx, want))
			check(t, db.DeleteSignInsBefore(ctx, instant()))
			must(db.TakeSignIn(ctx, want.State))(t)
			check(t, db.InsertSignIn(ctx, want))
			check(t, db.DeleteSignInsBefore(ctx, instant().Add(time.Microsecond)))
			_, err = db.TakeSignIn(ctx, want.State)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestSessionsOfTheProvider(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t)).Auth()
			ctx := t.Context()
			var opened auth.Session
			check(t, db.Atomically(ctx, func(tx auth.Tx) (err error) {
				opened, err = tx.InsertSession(ctx, auth.Session{
					UserID: auth.AdministratorID, CreatedAt: instant(), SeenAt: instant(), ExpiresAt: instant().Add(time.Hour),
				}, []byte("hash"))
				if err != nil {
					return err
				}
				return tx.BindSession(ctx, auth.ProviderSession{SessionID: opened.ID, Issuer: "i", Subject: "s", SID: "one"})
			}))
			want := auth.ProviderSession{SessionID: opened.ID, Issuer: "i", Subject: "s", SID: "one"}
			if got := must(db.ProviderSession(ctx, opened.ID))(t); got != want {
				t.Errorf("the session is tied to %+v, want %+v", got, want)
			}
			_, err := db.ProviderSession(ctx, opened.ID+1)
			wantCode(t, err, apperr.NotFound)
			for _, test := range []struct {
				logout auth.Logout
				want   int
			}{
				{auth.Logout{Issuer: "i", SID: "one", IssuedAt: instant()}, 1},
				{auth.Logout{Issuer: "i", Subject: "s", IssuedAt: instant()}, 1},
				{auth.Logout{Issuer: "i", Subject: "s", SID: "two", IssuedAt: instant()}, 0},
				{auth.Logout{Issuer: "j", Subject: "s", IssuedAt: instant()}, 0},
				{auth.Logout{Issuer: "i", Subject: "s", IssuedAt: instant().Add(-time.Minute)}, 0},
			} {
				if got := must(db.BoundSessions(ctx, test.logout))(t); len(got) != test.want {
					t.Errorf("BoundSessions(%+v) = %d sessions, want %d", test.logout, len(got), test.want)
				}
			}
			check(t, db.Atomically(ctx, func(tx auth.Tx) error {
				for subject, want := range map[string]int{"other": 0, "s": 1} {
					if ended := must(tx.DeleteSessionsOfSubject(ctx, "i", subject))(t); len(ended) != want {
						t.Errorf("%d sessions of subject %s ended, want %d", len(ended), subject, want)
					}
				}
				return nil
			}))
			if got := must(db.BoundSessions(ctx, auth.Logout{Issuer: "i", SID: "one", IssuedAt: instant()}))(t); len(got) != 0 {
				t.Errorf("a session that has ended is found: %+v", got)
			}
		})
	}
}
