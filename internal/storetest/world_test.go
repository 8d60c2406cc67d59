package storetest_test

import (
	"cmp"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

// instant is a time with a fraction that both databases keep.
func instant() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 890_123_000, time.UTC) }

// world is a store with one of everything that others belong to.
//
//nolint:recvcheck // fill makes it, the others use it
type world struct {
	*store.DB

	cfg         store.Config
	tenants     *tenant.Service
	group       tenant.Group
	project     tenant.Project
	environment tenant.Environment
	cluster     cluster.Cluster
}

func newWorld(t *testing.T, cfg store.Config) world {
	t.Helper()
	w := world{DB: storetest.Open(t, cfg), cfg: cfg}
	w.fill(t)
	return w
}

// fill makes the one of everything.
func (w *world) fill(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	w.tenants = &tenant.Service{Store: w.Tenant(), Now: instant}
	w.group = must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme"}))(t)
	w.project = must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/shop"}))(t)
	w.environment = must(w.tenants.EnsureEnvironment(ctx, w.project.ID, "production"))(t)
	w.cluster = w.addCluster(t, cluster.Cluster{Name: "main", Level: cluster.Instance})
}

// addCluster attaches a cluster, its sealed token being its name, and its scope
// named after it.
func (w world) addCluster(t *testing.T, c cluster.Cluster) cluster.Cluster {
	t.Helper()
	c.EnvironmentScope, c.State = cmp.Or(c.EnvironmentScope, c.Name+"/*"), cmp.Or(c.State, cluster.Attached)
	c.Enabled, c.Managed, c.NamespacePerEnvironment, c.Generation = true, true, true, 1
	c.Provider, c.AuthorizationType = cluster.ByUser, cluster.RBAC
	c.Platform = cluster.Platform{APIURL: "https://10.0.0.1:6443", CAPEM: "pem"}
	c.CreatedAt, c.UpdatedAt, c.StateSince = instant(), instant(), instant()
	err := w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) (err error) {
		if c.ID, err = tx.NextClusterID(t.Context()); err != nil {
			return err
		}
		return tx.InsertCluster(t.Context(), c, []byte(c.Name))
	})
	check(t, err)
	return c
}

func (w world) addNamespace(t *testing.T) namespace.Namespace {
	t.Helper()
	n := namespace.Namespace{
		ClusterID: w.cluster.ID, ProjectID: w.project.ID, EnvironmentID: w.environment.ID,
		Name: "shop-1-production", Managed: true, ServiceAccount: "shop-1-production-service-account",
		Profile: namespace.Restricted, State: namespace.Pending, Generation: 1,
		CreatedAt: instant(), UpdatedAt: instant(),
	}
	err := w.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) (err error) {
		n, err = tx.InsertNamespace(t.Context(), n)
		return err
	})
	check(t, err)
	return n
}

// addOperation makes an application and an operation of it that runs.
func (w world) addOperation(t *testing.T, name string) application.Operation {
	t.Helper()
	ctx := t.Context()
	var o application.Operation
	err := w.Applications().Atomically(ctx, func(tx application.Tx) error {
		id, err := tx.NextOperationID(ctx)
		if err != nil {
			return err
		}
		a, err := tx.InsertApplication(ctx, application.Application{
			ClusterID: w.cluster.ID, Name: name, Namespace: name, State: application.Installing, OperationID: id,
			CreatedAt: instant(), UpdatedAt: instant(),
		})
		if err != nil {
			return err
		}
		o = application.Operation{
			ID: id, ApplicationID: a.ID, ClusterID: w.cluster.ID, Token: "token-" + name, Action: application.Install,
			Phase: application.PhaseRunning, Entry: application.Entry{Name: name, Timeout: time.Hour}, Version: "1.2.3",
			ValuesFrom: id, CreatedAt: instant(),
		}
		return tx.InsertOperation(ctx, o, []byte("sealed "+name))
	})
	check(t, err)
	return o
}

// schedule makes an item due at once.
func (w world) schedule(t *testing.T, ref work.Ref) {
	t.Helper()
	check(t, w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error { return tx.Schedule(t.Context(), ref) }))
}

// claim leases the item that must be due in the slot of ref.
func (w world) claim(t *testing.T, ref work.Ref, owner string, lease time.Duration) work.Claim {
	t.Helper()
	c, ok, err := w.Work().ClaimDue(t.Context(), slotOf(ref), owner, lease)
	check(t, err)
	if !ok || c.Ref != ref {
		t.Fatalf("claimed %+v (%t), want %+v", c.Ref, ok, ref)
	}
	return c
}

func (w world) wantNothingDue(t *testing.T, ref work.Ref) {
	t.Helper()
	c, ok, err := w.Work().ClaimDue(t.Context(), slotOf(ref), "nobody", time.Minute)
	check(t, err)
	if ok {
		t.Fatalf("claimed %+v, want nothing to be due", c)
	}
}

func slotOf(ref work.Ref) work.Slot { return work.Slot{Cluster: ref.Cluster, Slot: ref.Slot()} }

// must passes a result on and fails the test on an error.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantCode(t *testing.T, err error, want apperr.Code) {
	t.Helper()
	if got := apperr.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}

// countJobs counts the jobs that are not finished.
func countJobs(t *testing.T, db *store.DB) (count int) {
	t.Helper()
	const query = "SELECT COUNT(*) FROM river_job WHERE state <> 'completed'"
	sqlite, postgres := db.Handles()
	if postgres != nil {
		check(t, postgres.QueryRow(t.Context(), query).Scan(&count))
		return count
	}
	check(t, sqlite.QueryRowContext(t.Context(), query).Scan(&count))
	return count
}
