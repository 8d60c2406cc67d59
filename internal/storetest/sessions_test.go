package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s, ctx := storetest.Open(t, cfg).Sessions(), t.Context()
			want := auth.Session{
				Hash: []byte{0, 1, 255}, Name: "admin",
				CreatedAt: instant(), SeenAt: instant(), ExpiresAt: instant().Add(time.Hour),
			}
			check(t, s.InsertSession(ctx, want))
			want.SeenAt = instant().Add(time.Minute)
			check(t, s.TouchSession(ctx, want.Hash, want.SeenAt))
			if diff := cmp.Diff(want, must(s.Session(ctx, want.Hash))(t)); diff != "" {
				t.Errorf("session (-want +got):\n%s", diff)
			}
			check(t, s.DeleteSession(ctx, want.Hash))
			_, err := s.Session(ctx, want.Hash)
			wantCode(t, err, apperr.NotFound)
			wantCode(t, s.TouchSession(ctx, want.Hash, instant()), apperr.NotFound)
			check(t, s.DeleteSession(ctx, want.Hash))
		})
	}
}

func TestExpiredSessionsGo(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s, ctx := storetest.Open(t, cfg).Sessions(), t.Context()
			// A microsecond apart, on both sides of a full second: text would sort wrong.
			limit := instant().Truncate(time.Second)
			for i, expires := range []time.Time{limit.Add(-time.Microsecond), limit} {
				check(t, s.InsertSession(ctx, auth.Session{Hash: []byte{byte(i)}, ExpiresAt: expires}))
			}
			check(t, s.DeleteSessionsBefore(ctx, limit))
			_, err := s.Session(ctx, []byte{0})
			wantCode(t, err, apperr.NotFound)
			_, err = s.Session(ctx, []byte{1})
			check(t, err)
		})
	}
}
