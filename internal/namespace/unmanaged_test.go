package namespace_test

import (
	"context"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

// fresh is a store without namespaces, which keeps what is inserted and scheduled.
type fresh struct {
	store

	due []work.Ref
}

func (*fresh) NamespaceOf(context.Context, int64, int64, int64) (namespace.Namespace, error) {
	return namespace.Namespace{}, apperr.Of(apperr.NotFound)
}

func (f *fresh) Atomically(_ context.Context, fn func(namespace.Tx) error) error {
	return fn(freshTx{tx{store: &f.store}, f})
}

type freshTx struct {
	tx

	fresh *fresh
}

func (t freshTx) InsertNamespace(_ context.Context, n namespace.Namespace) (namespace.Namespace, error) {
	n.ID = 1
	t.fresh.rows = append(t.fresh.rows, n)
	return n, nil
}

func (t freshTx) Schedule(_ context.Context, ref work.Ref) error {
	t.fresh.due = append(t.fresh.due, ref)
	return nil
}

// shop knows the project acme/shop with one environment.
type shop struct{ tenants }

func (shop) ProjectByID(context.Context, int64) (tenant.Project, error) {
	return tenant.Project{ID: projectID, Path: "acme/shop"}, nil
}

func (shop) EnsureEnvironment(context.Context, int64, string) (tenant.Environment, error) {
	return tenant.Environment{ID: environmentID, ProjectID: projectID, Name: "production", Slug: "production"}, nil
}

// serving is a store of the one cluster that serves everything.
type serving struct {
	cluster.Store

	home cluster.Cluster
}

func (s serving) Cluster(context.Context, int64) (cluster.Cluster, error) { return s.home, nil }

func (s serving) Candidates(context.Context, int64, int64) ([]cluster.Candidate, error) {
	return []cluster.Candidate{{ID: s.home.ID, EnvironmentScope: "*", Enabled: true, State: cluster.Attached}}, nil
}

func serviceOf(home cluster.Cluster) (*namespace.Service, *fresh) {
	home.ID, home.State, home.Enabled = 2, cluster.Attached, true
	rows := &fresh{}
	return &namespace.Service{
		Store: rows, Tenants: shop{}, Clusters: &cluster.Service{Store: serving{home: home}, Tenants: shop{}}, Now: time.Now,
	}, rows
}

// A managed cluster gets the namespace made; in one that is not, it is only a
// name. A project has one for all its environments where the cluster says so.
func TestEnsureByTheSettingsOfTheCluster(t *testing.T) {
	t.Parallel()
	platform := cluster.Platform{Namespace: "team"}
	for name, tc := range map[string]struct {
		home  cluster.Cluster
		named string
		owner int64
		state namespace.State
		due   int
	}{
		"managed, per environment": {
			perEnvironment, "shop-7-production", environmentID, namespace.Pending, 1,
		},
		"managed, of the whole project": {cluster.Cluster{Managed: true}, "shop-7", 0, namespace.Pending, 1},
		"managed, by the platform's": {
			cluster.Cluster{Managed: true, NamespacePerEnvironment: true, Platform: platform},
			"team-production", environmentID, namespace.Pending, 1,
		},
		"not managed, by the platform's": {
			cluster.Cluster{NamespacePerEnvironment: true, Platform: platform}, "team", environmentID, namespace.Ready, 0,
		},
		"not managed, by our own rule": {cluster.Cluster{NamespacePerEnvironment: true}, "shop-7-production", environmentID, namespace.Ready, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, rows := serviceOf(tc.home)
			n, err := s.Ensure(t.Context(), namespace.EnsureRequest{ProjectID: projectID, Environment: "production"})
			if err != nil {
				t.Fatal(err)
			}
			if n.Name != tc.named || n.EnvironmentID != tc.owner || n.State != tc.state || n.Managed != tc.home.Managed {
				t.Errorf("namespace %+v, want %s of environment %d, %s", n, tc.named, tc.owner, tc.state)
			}
			if (n.ServiceAccount != "") != tc.home.Managed || len(rows.due) != tc.due {
				t.Errorf("the account is %q, and scheduled are %v", n.ServiceAccount, rows.due)
			}
		})
	}
}

// The cluster's own credential goes to nobody.
func TestNoCredentialsInAClusterThatIsNotManaged(t *testing.T) {
	t.Parallel()
	s, rows := serviceOf(cluster.Cluster{})
	n, err := s.Ensure(t.Context(), namespace.EnsureRequest{ProjectID: projectID, Environment: "production"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.RequestCredential(t.Context(), n.ID, 0)
	if e, ok := apperr.From(err); !ok || e.Code != apperr.Conflict || e.Hint == "" || len(rows.due) != 0 {
		t.Errorf("it ends in %v, want a conflict with a hint; scheduled are %v", err, rows.due)
	}
}
