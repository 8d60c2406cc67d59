package auth_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestPersonalToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ctx := w.person("ann")
	secret, token := w.personal(ctx, auth.ReadAPI, auth.API, auth.API)
	want := auth.Token{
		ID: token.ID, Kind: auth.Personal, UserID: ann.ID, Name: "laptop", Scopes: []auth.Scope{auth.API, auth.ReadAPI},
		CreatedBy: ann.ID, CreatedAt: w.clock, ExpiresAt: w.clock.Add(90 * 24 * time.Hour),
	}
	if diff := cmp.Diff(want, token); diff != "" {
		t.Errorf("the token (-want +got):\n%s", diff)
	}
	who := must(w.AuthenticateToken(t.Context(), secret))(t)
	identity := auth.Identity{UserID: ann.ID, Name: "ann", Kind: auth.Person, TokenID: token.ID, Scopes: want.Scopes}
	if diff := cmp.Diff(identity, who); diff != "" {
		t.Errorf("who calls (-want +got):\n%s", diff)
	}
	reader, _ := w.personal(ctx, auth.ReadAPI)
	if who := must(w.AuthenticateToken(t.Context(), reader))(t); who.Writes() {
		t.Error("a token that reads only lets write")
	}
}

func TestTokenRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, ctx := w.person("ann")
	day := 24 * time.Hour
	tests := map[string]struct {
		request auth.TokenRequest
		want    apperr.Code
	}{
		"the least":         {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}}, ""},
		"a year":            {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}, ExpiresAt: w.clock.Add(365 * day)}, ""},
		"more than a year":  {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}, ExpiresAt: w.clock.Add(365*day + time.Second)}, apperr.ValidationFailed},
		"a second":          {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}, ExpiresAt: w.clock.Add(time.Second)}, ""},
		"expired at once":   {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API}, ExpiresAt: w.clock}, apperr.ValidationFailed},
		"no name":           {auth.TokenRequest{Kind: auth.Personal, Name: " ", Scopes: []auth.Scope{auth.API}}, apperr.ValidationFailed},
		"a long name":       {auth.TokenRequest{Kind: auth.Personal, Name: strings.Repeat("a", 256), Scopes: []auth.Scope{auth.API}}, apperr.ValidationFailed},
		"a line break":      {auth.TokenRequest{Kind: auth.Personal, Name: "a\nb", Scopes: []auth.Scope{auth.API}}, apperr.ValidationFailed},
		"no scope":          {auth.TokenRequest{Kind: auth.Personal, Name: "a"}, apperr.ValidationFailed},
		"an unknown scope":  {auth.TokenRequest{Kind: auth.Personal, Name: "a", Scopes: []auth.Scope{auth.API, "sudo"}}, apperr.ValidationFailed},
		"no kind":           {auth.TokenRequest{Name: "a", Scopes: []auth.Scope{auth.API}}, apperr.ValidationFailed},
		"another's service": {auth.TokenRequest{Kind: auth.ServiceToken, UserID: ann.ID, Name: "a", Scopes: []auth.Scope{auth.API}}, apperr.Forbidden},
	}
	for name, test := range tests {
		_, token, err := w.CreateToken(ctx, test.request)
		if got := apperr.CodeOf(err); got != test.want {
			t.Errorf("%s: code %q (%v), want %q", name, got, err, test.want)
		}
		if (err == nil) != (token.ID != 0) {
			t.Errorf("%s: token %d with the error %v", name, token.ID, err)
		}
	}
	_, _, err := w.CreateToken(t.Context(), tests["the least"].request)
	wantCode(t, err, apperr.Unauthenticated)
}

func TestTokenEnds(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (w *world, user auth.User, secret string, token auth.Token) {
		t.Helper()
		w = newWorld(t)
		user, ctx := w.person("ann")
		secret, token = w.personal(ctx, auth.API)
		return w, user, secret, token
	}
	t.Run("to the second when it expires", func(t *testing.T) {
		t.Parallel()
		w, _, secret, token := setup(t)
		w.clock = token.ExpiresAt.Add(-time.Second)
		w.wantIn(secret)
		w.clock = token.ExpiresAt
		w.wantOut(secret)
		w.after(time.Second)
		w.wantOut(secret)
	})
	t.Run("when it is revoked", func(t *testing.T) {
		t.Parallel()
		w, _, secret, token := setup(t)
		check(t, w.RevokeToken(w.as(secret), token.ID))
		w.wantOut(secret)
		w.wantIn(configured)
		check(t, w.RevokeToken(w.admin(), token.ID)) // again: fine
	})
	t.Run("when its owner is blocked, for good", func(t *testing.T) {
		t.Parallel()
		w, user, secret, _ := setup(t)
		must(w.BlockUser(t.Context(), user.ID))(t)
		w.wantOut(secret)
		must(w.UnblockUser(t.Context(), user.ID))(t)
		w.wantOut(secret)
	})
	t.Run("when somebody found it", func(t *testing.T) {
		t.Parallel()
		w, _, secret, _ := setup(t)
		wantCode(t, w.RevokeLeaked(t.Context(), auth.NewSecret(auth.Personal)), apperr.NotFound)
		wantCode(t, w.RevokeLeaked(t.Context(), "nonsense"), apperr.NotFound)
		wantCode(t, w.RevokeLeaked(t.Context(), configured), apperr.Conflict)
		w.wantIn(secret)
		check(t, w.RevokeLeaked(t.Context(), secret))
		w.wantOut(secret)
		check(t, w.RevokeLeaked(t.Context(), secret))
	})
	t.Run("with the token that made it, and its sessions", func(t *testing.T) {
		t.Parallel()
		w, _, secret, token := setup(t)
		child, _ := w.personal(w.as(secret), auth.API)
		grandchild, _ := w.personal(w.as(child), auth.ReadAPI)
		session, _, err := w.SignIn(t.Context(), child)
		check(t, err)
		check(t, w.RevokeToken(w.admin(), token.ID))
		w.wantOut(child)
		w.wantOut(grandchild)
		_, err = w.AuthenticateSession(t.Context(), session)
		wantCode(t, err, apperr.Unauthenticated)
	})
	t.Run("with the token that opened the session it was made in", func(t *testing.T) {
		t.Parallel()
		w, _, secret, token := setup(t)
		session, _, err := w.SignIn(t.Context(), secret)
		check(t, err)
		who := must(w.AuthenticateSession(t.Context(), session))(t)
		child, _ := w.personal(auth.WithIdentity(t.Context(), who), auth.API)
		w.wantIn(child)
		check(t, w.RevokeToken(w.admin(), token.ID))
		w.wantOut(child)
	})
}

// interrupted is a store in which something happens just before a transaction.
type interrupted struct {
	auth.Store

	first func()
}

func (s interrupted) Atomically(ctx context.Context, fn func(auth.Tx) error) error {
	s.first()
	return s.Store.Atomically(ctx, fn)
}

// A user who is blocked while a token is made for him, or by him, gets none.
func TestBlockedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	scopes := []auth.Scope{auth.API}
	for kind, request := range map[auth.TokenKind]auth.TokenRequest{
		auth.Personal:   {Kind: auth.Personal, Name: "a", Scopes: scopes},
		auth.GroupToken: {Kind: auth.GroupToken, Name: "a", Scopes: scopes, GroupID: w.group.ID},
	} {
		user, ctx := w.person("user-" + string(kind))
		w.join(user, tenant.Owner)
		racing := *w.Service
		racing.Store = interrupted{w.Store, func() { must(w.BlockUser(w.admin(), user.ID))(t) }}
		_, token, err := racing.CreateToken(ctx, request)
		if apperr.CodeOf(err) != apperr.Conflict || token.ID != 0 {
			t.Errorf("%s: token %d, %v", kind, token.ID, err)
		}
	}
}

func TestRotate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.person("ann")
	secret, token := w.personal(ctx, auth.API)
	child, _ := w.personal(w.as(secret), auth.API)
	w.after(time.Hour)
	fresh, rotated, err := w.RotateToken(w.as(secret), token.ID, time.Time{})
	check(t, err)
	w.wantOut(secret)
	w.wantIn(fresh)
	w.wantIn(child) // it is the new one's now
	want := token
	want.ID, want.CreatedAt, want.ExpiresAt = rotated.ID, w.clock, w.clock.Add(90*24*time.Hour)
	if diff := cmp.Diff(want, rotated); diff != "" || rotated.ID == token.ID {
		t.Errorf("rotated (-want +got):\n%s", diff)
	}
	_, _, err = w.RotateToken(ctx, token.ID, time.Time{})
	wantCode(t, err, apperr.Conflict)
	_, _, err = w.RotateToken(ctx, rotated.ID, w.clock.Add(366*24*time.Hour))
	wantCode(t, err, apperr.ValidationFailed)
	w.wantIn(fresh)
	check(t, w.RevokeToken(ctx, rotated.ID))
	w.wantOut(child)

	_, expired := w.personal(ctx, auth.API)
	w.clock = expired.ExpiresAt
	_, ctx = w.person("bob")
	_, _, err = w.RotateToken(w.admin(), expired.ID, time.Time{})
	wantCode(t, err, apperr.Forbidden) // not even an administrator learns a person's secret
	_, _, err = w.RotateToken(ctx, expired.ID, time.Time{})
	wantCode(t, err, apperr.NotFound)
}

func TestScopesDoNotGrow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.person("ann")
	reader, token := w.personal(ctx, auth.ReadAPI)
	_, writing := w.personal(ctx, auth.API)
	_, _, err := w.CreateToken(w.as(reader), auth.TokenRequest{Kind: auth.Personal, Name: "more", Scopes: []auth.Scope{auth.API}})
	wantCode(t, err, apperr.Forbidden)
	_, _, err = w.RotateToken(w.as(reader), writing.ID, time.Time{})
	wantCode(t, err, apperr.Forbidden)
	_, _, err = w.SignIn(t.Context(), reader)
	wantCode(t, err, apperr.Forbidden)
	fresh, _, err := w.RotateToken(w.as(reader), token.ID, time.Time{})
	check(t, err)
	if who := must(w.AuthenticateToken(t.Context(), fresh))(t); who.Writes() {
		t.Error("rotating gave it a scope")
	}
}

func TestTokensAreTheirOwners(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, annCtx := w.person("ann")
	_, bobCtx := w.person("bob")
	_, token := w.personal(annCtx, auth.API)
	_, err := w.Token(bobCtx, token.ID)
	wantCode(t, err, apperr.NotFound)
	wantCode(t, w.RevokeToken(bobCtx, token.ID), apperr.NotFound)
	_, err = w.Tokens(bobCtx, auth.TokenQuery{UserID: ann.ID})
	wantCode(t, err, apperr.Forbidden)
	_, err = w.Tokens(bobCtx, auth.TokenQuery{})
	wantCode(t, err, apperr.Forbidden)
	_, err = w.Tokens(t.Context(), auth.TokenQuery{UserID: ann.ID})
	wantCode(t, err, apperr.Unauthenticated)
	for _, ctx := range []string{"ann", "administrator"} {
		as := annCtx
		if ctx == "administrator" {
			as = w.admin()
		}
		if list := must(w.Tokens(as, auth.TokenQuery{UserID: ann.ID}))(t); len(list) != 1 || list[0].ID != token.ID {
			t.Errorf("%s sees %+v", ctx, list)
		}
		must(w.Token(as, token.ID))(t)
	}
	w.clock = token.ExpiresAt
	if live := must(w.Tokens(annCtx, auth.TokenQuery{UserID: ann.ID, Live: true}))(t); len(live) != 0 {
		t.Errorf("an expired token is listed as one that counts: %+v", live)
	}
}

func TestServiceToken(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	robot := must(w.CreateUser(ctx, auth.NewUser{Profile: auth.Profile{Username: "terraform"}, Kind: auth.ServiceUser}))(t)
	ann, annCtx := w.person("ann")
	request := auth.TokenRequest{Kind: auth.ServiceToken, UserID: robot.ID, Name: "ci", Scopes: []auth.Scope{auth.API}}
	_, _, err := w.CreateToken(annCtx, request)
	wantCode(t, err, apperr.Forbidden)
	secret, token, err := w.CreateToken(w.admin(), request)
	check(t, err)
	if who := must(w.AuthenticateToken(ctx, secret))(t); who.UserID != robot.ID || who.Kind != auth.ServiceUser || who.Admin {
		t.Errorf("who calls: %+v", who)
	}
	wantCode(t, w.RevokeToken(annCtx, token.ID), apperr.NotFound)
	_, _, err = w.SignIn(ctx, secret)
	wantCode(t, err, apperr.Forbidden)
	_, _, err = w.CreateToken(w.as(secret), auth.TokenRequest{Kind: auth.Personal, Name: "own", Scopes: []auth.Scope{auth.API}})
	wantCode(t, err, apperr.Forbidden)
	if list := must(w.Tokens(w.admin(), auth.TokenQuery{}))(t); len(list) != 1 || list[0].ID != token.ID {
		t.Errorf("service tokens: %+v", list)
	}
	fresh, _, err := w.RotateToken(w.as(secret), token.ID, time.Time{}) // a service rotates its own
	check(t, err)
	w.wantIn(fresh)
	request.UserID = ann.ID
	_, _, err = w.CreateToken(w.admin(), request)
	wantCode(t, err, apperr.ValidationFailed)
	must(w.BlockUser(ctx, robot.ID))(t)
	w.wantOut(fresh)
	request.UserID = robot.ID
	_, _, err = w.CreateToken(w.admin(), request)
	wantCode(t, err, apperr.Conflict)
}

// A token is used thousands of times a minute, and written down once.
func TestAdministratorsLetPeopleIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ann, hers := w.person("ann")
	bob, _ := w.person("bob")
	gone, _ := w.person("gone")
	must(w.BlockUser(w.admin(), gone.ID))(t)
	service := must(w.CreateUser(w.admin(), auth.NewUser{Profile: auth.Profile{Username: "robot"}, Kind: auth.ServiceUser}))(t)
	first := func(ctx context.Context, userID int64, days int) (string, auth.Token, error) {
		return w.CreateToken(ctx, auth.TokenRequest{
			Kind: auth.Personal, UserID: userID, Name: "first", Scopes: []auth.Scope{auth.API}, ExpiresAt: w.clock.AddDate(0, 0, days),
		})
	}
	for name, test := range map[string]struct {
		ctx    context.Context //nolint:containedctx // who asks
		userID int64
		days   int
		want   apperr.Code
	}{
		"of another person":    {hers, bob.ID, 1, apperr.Forbidden},
		"of the administrator": {hers, auth.AdministratorID, 1, apperr.Forbidden},
		"for too long":         {w.admin(), bob.ID, 366, apperr.ValidationFailed},
		"of who is blocked":    {w.admin(), gone.ID, 1, apperr.Conflict},
		"of a service":         {w.admin(), service.ID, 1, apperr.ValidationFailed},
		"of nobody":            {w.admin(), 99, 1, apperr.NotFound},
		"of oneself, by name":  {hers, ann.ID, 1, ""},
		"by the administrator": {w.admin(), bob.ID, 365, ""},
	} {
		_, _, err := first(test.ctx, test.userID, test.days)
		if got := apperr.CodeOf(err); got != test.want {
			t.Errorf("%s: code %q (%v), want %q", name, got, err, test.want)
		}
	}
	own, parent := w.personal(w.admin(), auth.API)
	secret, token, err := first(w.as(own), ann.ID, 1)
	check(t, err)
	who := must(w.AuthenticateToken(t.Context(), secret))(t)
	if who.UserID != ann.ID || who.Admin || token.CreatedBy != auth.AdministratorID {
		t.Errorf("the token is %+v and lets in %+v", token, who)
	}
	check(t, w.RevokeToken(w.admin(), parent.ID))
	w.wantIn(secret)
}

func TestUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.person("ann")
	secret, token := w.personal(ctx, auth.API)
	used := func() time.Time { return must(w.Token(w.admin(), token.ID))(t).LastUsedAt }
	first := w.clock
	for range 12 {
		w.wantIn(secret)
		if got := used(); !got.Equal(first) {
			t.Fatalf("%v after the first use it is %v, want %v", w.clock.Sub(first), got, first)
		}
		w.after(5 * time.Second)
	}
	w.wantIn(secret)
	if got := used(); !got.Equal(first.Add(time.Minute)) {
		t.Errorf("a minute later it is %v, want %v", got, first.Add(time.Minute))
	}
}

// What the database holds lets nobody in.
func TestStolenRowsAreNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, ctx := w.person("ann")
	secret, _ := w.personal(ctx, auth.API)
	session, _, err := w.SignIn(t.Context(), secret)
	check(t, err)
	sqlite, _ := w.db.Handles()
	for table, use := range map[string]func(string) error{
		"access_tokens": func(s string) error { _, err := w.AuthenticateToken(t.Context(), s); return err },
		"sessions":      func(s string) error { _, err := w.AuthenticateSession(t.Context(), s); return err },
	} {
		rows := must(sqlite.QueryContext(t.Context(), "SELECT hash, LOWER(HEX(hash)) FROM "+table))(t)
		defer rows.Close()
		for rows.Next() {
			var hash []byte
			var hex string
			check(t, rows.Scan(&hash, &hex))
			wantCode(t, use(string(hash)), apperr.Unauthenticated)
			wantCode(t, use(hex), apperr.Unauthenticated)
		}
		check(t, rows.Err())
	}
	w.wantIn(secret)
	must(w.AuthenticateSession(t.Context(), session))(t)
}
