package apitest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
)

// Token is the administrator's.
const Token = "rsd_test_administrator_token_0123456789"

// World is a server's state. Its parts implement the interfaces of package api.
type World struct {
	Handler      *api.Handler
	Bus          *event.Bus
	Tenants      *Tenants
	Clusters     *Clusters
	Namespaces   *Namespaces
	Applications *Applications
	Live         *Live
	// Log collects what the handler logs.
	Log *Buffer
}

// New returns an empty world.
func New() *World {
	w := &World{Bus: event.NewBus(), Log: &Buffer{}}
	w.Tenants = &Tenants{}
	w.Clusters = &Clusters{bus: w.Bus}
	w.Namespaces = &Namespaces{bus: w.Bus, tenants: w.Tenants, clusters: w.Clusters}
	w.Applications = newApplications(w.Bus)
	w.Live = &Live{bus: w.Bus}
	w.Handler = &api.Handler{
		Version: "1.2.3", Auth: w, Access: auth.NewAccess(nil), Tenants: w.Tenants, Clusters: w.Clusters, Namespaces: w.Namespaces,
		Applications: w.Applications, Mirror: w.Live, Values: w.Clusters, Manifests: w, Audit: Record(120), Bus: w.Bus,
		Log: slog.New(slog.NewJSONHandler(w.Log, nil)),
	}
	return w
}

// Serve starts a server that ends with the test and returns its address.
func (w *World) Serve(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(w.Mux())
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// Mux returns the API as a handler of its own.
func (w *World) Mux() *http.ServeMux {
	mux := http.NewServeMux()
	w.Handler.Mount(mux)
	return mux
}

// AuthenticateToken implements [api.Authenticator].
func (w *World) AuthenticateToken(_ context.Context, token string) (auth.Identity, error) {
	if token != Token {
		return auth.Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	return auth.Identity{UserID: auth.AdministratorID, Name: "administrator", Admin: true, Scopes: []auth.Scope{auth.API}}, nil
}

// ClusterAccess implements [api.Manifests].
func (w *World) ClusterAccess(features []string) ([]byte, error) {
	return []byte("kind: ServiceAccount\n# " + strings.Join(features, "\n# ") + "\n"), nil
}

// Identity implements [api.Manifests].
func (w *World) Identity(spec cluster.IdentitySpec) ([]byte, error) {
	return fmt.Appendf(nil, "kind: Namespace\nmetadata: {name: %s}\n# %v\n", spec.Namespace, spec.Features), nil
}

// Buffer is a log in memory, safe for concurrent use.
type Buffer struct {
	mu   sync.Mutex
	text []byte
}

// Write implements [io.Writer].
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

// String returns what was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

// past is when everything in a world happened, so that scripts can compare what is printed.
func past() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }

// after returns what a list with ids 1, 2, 3 … shows after an id.
func after[T any](all []T, after int64, limit int) []T {
	start := min(int(after), len(all))
	return append([]T(nil), all[start:min(start+limit, len(all))]...)
}

func isID(s string) (int64, bool) {
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil
}
