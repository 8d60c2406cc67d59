package apitest

import (
	"context"
	"crypto/sha256"
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
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/idempotency"
	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Token is the administrator's.
const Token = "rsd_test_administrator_token_0123456789"

// World is a server's state. Its parts implement the interfaces of package api: groups, projects, members, users and
// tokens are the real ones over a real store; what takes a worker or a cluster is played.
type World struct {
	Handler      *api.Handler
	Bus          *event.Bus
	Tenants      *Tenants
	Users        *auth.Service
	Clusters     *Clusters
	Namespaces   *Namespaces
	Applications *Applications
	Live         *Live
	// Log collects what the handler logs.
	Log *Buffer

	db *store.DB
}

// New returns an empty world, which ends with the test.
func New(t testing.TB) *World {
	t.Helper()
	w, err := Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// Open returns an empty world that keeps its records in a folder.
func Open(ctx context.Context, dir string) (*World, error) {
	w := &World{Bus: event.NewBus(), Log: &Buffer{}}
	log := slog.New(slog.NewJSONHandler(w.Log, nil))
	queue, err := jobs.NewInserter(log)
	if err != nil {
		return nil, fmt.Errorf("set up the queue: %w", err)
	}
	if w.db, err = store.Open(ctx, store.Config{DataDir: dir, Queue: queue, Bus: w.Bus, Log: log}); err != nil {
		return nil, err
	}
	w.Tenants = &Tenants{Service: &tenant.Service{Store: w.db.Tenant(), Now: past}}
	access, settings := auth.NewAccess(w.Tenants), &setting.Service{Store: w.db.Settings()}
	w.Users = &auth.Service{
		Store: w.db.Auth(), Access: access, Settings: settings, AdminHash: sha256.Sum256([]byte(Token)), Now: past, Log: log,
	}
	w.Clusters = newClusters(w)
	w.Namespaces = &Namespaces{bus: w.Bus, tenants: w.Tenants.Service, clusters: w.Clusters}
	w.Clusters.namespaces = w.Namespaces
	w.Applications = newApplications(w.Bus)
	w.Live = &Live{bus: w.Bus}
	w.Handler = &api.Handler{
		Version: "1.2.3", Auth: w.Users, Access: access, Users: w.Users, Settings: settings, Limits: auth.NewLimits(past),
		Tenants: w.Tenants, Clusters: w.Clusters, Namespaces: w.Namespaces, Applications: w.Applications, Mirror: w.Live,
		Values: w.Clusters, Manifests: w, Audit: Record(120), Bus: w.Bus, Log: log,
		Idempotency: &idempotency.Keys{Store: w.db.Idempotency(), Now: time.Now},
	}
	return w, nil
}

// Close ends the world, once its workers are done.
func (w *World) Close() {
	w.Clusters.working.Wait()
	_ = w.db.Close()
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

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
