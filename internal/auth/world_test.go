package auth_test

import (
	"context"
	"crypto/sha256"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// configured is the token of the configuration.
const configured = "correct horse battery staple, twice over"

// world is the service over a real store, with a clock of its own.
type world struct {
	*auth.Service

	t     testing.TB
	db    *store.DB
	clock time.Time

	tenants *tenant.Service
	group   tenant.Group
	project tenant.Project
}

func newWorld(t testing.TB) *world {
	t.Helper()
	cfg := storetest.SQLiteConfig(t)
	w := &world{t: t, db: storetest.Open(t, cfg), clock: time.Now().UTC().Truncate(time.Second)}
	now := func() time.Time { return w.clock }
	w.tenants = &tenant.Service{Store: w.db.Tenant(), Now: now}
	w.Service = &auth.Service{
		Store: w.db.Auth(), Access: auth.NewAccess(w.tenants), Settings: &setting.Service{Store: w.db.Settings()}, AdminHash: sha256.Sum256([]byte(configured)),
		Now: now, Log: cfg.Log,
	}
	return w
}

// places makes a group with a project.
func (w *world) places() {
	w.t.Helper()
	w.group = must(w.tenants.CreateGroup(w.t.Context(), tenant.NewGroup{Path: "acme"}))(w.t)
	w.project = must(w.tenants.CreateProject(w.t.Context(), tenant.NewProject{Path: "acme/shop"}))(w.t)
}

// join makes a user a member of the group.
func (w *world) join(user auth.User, role tenant.Role) {
	w.t.Helper()
	must(w.tenants.AddMember(w.t.Context(), tenant.Granter{Admin: true}, tenant.NewMember{
		Place: tenant.Place{GroupID: w.group.ID}, UserID: user.ID, Role: role,
	}))(w.t)
}

// after moves the clock on.
func (w *world) after(d time.Duration) { w.clock = w.clock.Add(d) }

// as is a context in which the owner of a token calls.
func (w *world) as(token string) context.Context {
	w.t.Helper()
	who, err := w.AuthenticateToken(w.t.Context(), token)
	check(w.t, err)
	return auth.WithIdentity(w.t.Context(), who)
}

func (w *world) admin() context.Context { return w.as(configured) }

// person makes a person and returns a context in which she calls from a session.
func (w *world) person(name string) (auth.User, context.Context) {
	w.t.Helper()
	user := must(w.CreateUser(w.t.Context(), auth.NewUser{Profile: auth.Profile{Username: name}}))(w.t)
	secret, _, err := w.OpenSession(w.t.Context(), user.ID, auth.ProviderSession{})
	check(w.t, err)
	who := must(w.AuthenticateSession(w.t.Context(), secret))(w.t)
	return user, auth.WithIdentity(w.t.Context(), who)
}

// personal makes a token of the caller's own.
func (w *world) personal(ctx context.Context, scopes ...auth.Scope) (string, auth.Token) {
	w.t.Helper()
	secret, token, err := w.CreateToken(ctx, auth.TokenRequest{Kind: auth.Personal, Name: "laptop", Scopes: scopes})
	check(w.t, err)
	return secret, token
}

func (w *world) wantIn(token string) {
	w.t.Helper()
	if _, err := w.AuthenticateToken(w.t.Context(), token); err != nil {
		w.t.Errorf("the token does not count: %v", err)
	}
}

func (w *world) wantOut(token string) {
	w.t.Helper()
	_, err := w.AuthenticateToken(w.t.Context(), token)
	wantCode(w.t, err, apperr.Unauthenticated)
}

func must[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t testing.TB, err error, want apperr.Code) {
	t.Helper()
	if got := apperr.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}
