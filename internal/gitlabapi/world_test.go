package gitlabapi_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/gitlabapi"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/workload"
)

const adminToken = "an administrator's token of more than 32 characters"

// world is the API over the domains and a SQLite store, at a moment that stands still: group 1 "Acme" (acme), group 2
// "Web Team" in it (acme/web.team), project 1 "Shop" in that (acme/web.team/shop). Ada (2) maintains the outer group, Dev
// (3) is a developer and Guest (4) a guest of the project, Eve (5) is nobody.
type world struct {
	t       *testing.T
	handler *gitlabapi.Handler
	tenants *tenant.Service
	users   *auth.Service
	tokens  map[string]string
	now     time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, tokens: map[string]string{"administrator": adminToken, "": ""}, now: time.Date(2026, 2, 3, 4, 5, 6, 789_000_000, time.UTC)}
	now := func() time.Time { return w.now }
	db := storetest.Open(t, storetest.SQLiteConfig(t))
	w.tenants = &tenant.Service{Store: db.Tenant(), Now: now}
	access := auth.NewAccess(w.tenants)
	w.users = &auth.Service{
		Store: db.Auth(), Access: access, Settings: &setting.Service{Store: db.Settings()}, AdminHash: sha256.Sum256([]byte(adminToken)),
		Now: now, Log: storetest.Log(t),
	}
	keys := t.TempDir()
	sealer, _, err := secret.LoadOrCreate(filepath.Join(keys, "private", "keys"), filepath.Join(keys, "public"))
	if err != nil {
		t.Fatal(err)
	}
	clusters := &cluster.Service{
		Store: db.Clusters(), Guard: egress.NewGuard(egress.Config{}), Sealer: sealer, Values: workload.NewValues(db.Values(), now),
		Mirror: noMirror{}, Installation: "0a1b2c3d", Tenants: w.tenants, Access: access, Now: now,
	}
	w.handler = &gitlabapi.Handler{
		Version: "v1.2.3", Address: "https://host", Auth: w.users, Access: access, Groups: w.tenants, Projects: w.tenants,
		Members: w.tenants, Environments: w.tenants, Users: w.users, Tokens: w.users, Clusters: clusters,
		Namespaces: &namespace.Service{Store: db.Namespaces(), Tenants: w.tenants, Clusters: clusters, Bus: event.NewBus(), Now: now},
		Limits:     auth.NewLimits(now), Log: storetest.Log(t), Now: now,
	}
	w.furnish()
	return w
}

// noMirror has no live state to forget.
type noMirror struct{}

func (noMirror) Forget(context.Context, int64) error { return nil }

func (w *world) furnish() {
	w.t.Helper()
	ctx := w.t.Context()
	outer := done(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme", Name: "Acme", CreatedBy: auth.AdministratorID}))(w.t)
	done(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/web.team", Name: "Web Team"}))(w.t)
	shop := done(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/web.team/shop", Name: "Shop", Description: "Sells."}))(w.t)
	for _, user := range []struct {
		name  string
		place tenant.Place
		role  tenant.Role
	}{
		{"ada", tenant.Place{GroupID: outer.ID}, tenant.Maintainer},
		{"dev", tenant.Place{ProjectID: shop.ID}, tenant.Developer},
		{"guest", tenant.Place{ProjectID: shop.ID}, tenant.Guest},
		{"eve", tenant.Place{}, tenant.NoRole},
	} {
		made := done(w.users.CreateUser(ctx, auth.NewUser{Profile: auth.Profile{
			Username: user.name, Name: strings.ToUpper(user.name[:1]) + user.name[1:], Email: user.name + "@example.com",
		}}))(w.t)
		if user.role != tenant.NoRole {
			done(w.tenants.AddMember(ctx, tenant.Granter{Admin: true},
				tenant.NewMember{Place: user.place, UserID: made.ID, Role: user.role}))(w.t)
		}
		w.tokens[user.name] = w.token(made, auth.API)
		w.tokens[user.name+", reading"] = w.token(made, auth.ReadAPI)
	}
}

// token makes a token of a user.
func (w *world) token(u auth.User, scope auth.Scope) string {
	w.t.Helper()
	self := auth.WithIdentity(w.t.Context(), auth.Identity{UserID: u.ID, Name: u.Username, Kind: u.Kind, Scopes: []auth.Scope{auth.API}})
	token, _, err := w.users.CreateToken(self, auth.TokenRequest{
		Kind: auth.Personal, Name: "test", Scopes: []auth.Scope{scope}, ExpiresAt: w.now.Add(30 * 24 * time.Hour),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// done returns a function that fails the test unless a call succeeded: the test is not known where the call is made.
func done[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// ask sends a request by the token of a user, or without one. The body is JSON.
func (w *world) ask(as, method, target, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	request := httptest.NewRequest(method, "https://host/api/v4"+target, strings.NewReader(body))
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return w.send(as, request)
}

func (w *world) send(as string, request *http.Request) *httptest.ResponseRecorder {
	w.t.Helper()
	token, known := w.tokens[as]
	if !known {
		w.t.Fatalf("nobody is called %q", as)
	}
	if token != "" {
		request.Header.Set("Private-Token", token)
	}
	answer := httptest.NewRecorder()
	w.handler.ServeHTTP(answer, request)
	return answer
}

// certificate makes a certificate in PEM form.
func certificate() string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}
