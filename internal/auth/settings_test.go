package auth_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
)

// set changes the settings of the instance, as another process would.
func (w *world) set(c setting.Change) {
	w.t.Helper()
	must((&setting.Service{Store: w.db.Settings()}).Change(w.t.Context(), c))(w.t)
}

func TestTokensLiveAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	w := newWorld(t)
	w.set(setting.Change{DefaultTokenDays: new(10), LongestTokenDays: new(20)})
	_, ctx := w.person("ann")
	_, made := w.personal(ctx, auth.API)
	if want := w.clock.Add(10 * day); !made.ExpiresAt.Equal(want) {
		t.Errorf("a token ends at %s, want %s", made.ExpiresAt, want)
	}
	w.after(time.Hour)
	_, rotated, err := w.RotateToken(ctx, made.ID, time.Time{})
	check(t, err)
	if want := w.clock.Add(10 * day); !rotated.ExpiresAt.Equal(want) {
		t.Errorf("rotated, it ends at %s, want %s", rotated.ExpiresAt, want)
	}
	for days, want := range map[int]apperr.Code{20: "", 21: apperr.ValidationFailed} {
		expires := w.clock.Add(time.Duration(days) * day)
		_, _, err := w.CreateToken(ctx, auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}, ExpiresAt: expires})
		wantCode(t, err, want)
		if known, ok := apperr.From(err); ok && known.Hint != "A token expires in the future, in 20 days at most." {
			t.Errorf("hint %q", known.Hint)
		}
	}
	_, _, err = w.RotateToken(ctx, rotated.ID, w.clock.Add(21*day))
	wantCode(t, err, apperr.ValidationFailed)
}

func TestTokensThatExistKeepTheirEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.person("ann")
	secret, _ := w.personal(ctx, auth.API)
	w.set(setting.Change{DefaultTokenDays: new(7), LongestTokenDays: new(7)})
	w.after(89 * 24 * time.Hour)
	w.wantIn(secret)
}

func TestSessionsLastAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(setting.Change{SessionHours: new(2)})
	user, _ := w.person("ann")
	for name, open := range map[string]func() (string, auth.Session, error){
		"by a token": func() (string, auth.Session, error) { return w.SignIn(t.Context(), configured) },
		"by the provider": func() (string, auth.Session, error) {
			return w.OpenSession(t.Context(), user.ID, auth.ProviderSession{})
		},
	} {
		_, session, err := open()
		check(t, err)
		if want := w.clock.Add(2 * time.Hour); !session.ExpiresAt.Equal(want) {
			t.Errorf("%s: a session ends at %s, want %s", name, session.ExpiresAt, want)
		}
	}
}
