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

const (
	projectID     = 7
	environmentID = 3
)

// store is what these tests need of all stores: rows of one project.
type store struct {
	namespace.Store

	rows []namespace.Namespace
}

func (s *store) Atomically(_ context.Context, fn func(namespace.Tx) error) error {
	return fn(tx{store: s})
}

func (s *store) Namespace(_ context.Context, id int64) (namespace.Namespace, error) {
	for _, n := range s.rows {
		if n.ID == id {
			return n, nil
		}
	}
	return namespace.Namespace{}, apperr.Of(apperr.NotFound)
}

func (s *store) NamespacesOfProject(context.Context, int64) ([]namespace.Namespace, error) {
	return s.rows, nil
}

type tx struct {
	namespace.Tx

	store *store
}

func (t tx) Namespace(ctx context.Context, id int64) (namespace.Namespace, error) {
	return t.store.Namespace(ctx, id)
}

func (t tx) UpdateNamespace(_ context.Context, n namespace.Namespace) error {
	for i := range t.store.rows {
		if t.store.rows[i].ID == n.ID {
			t.store.rows[i] = n
		}
	}
	return nil
}

func (tx) Notify(string) {}

type tenants struct{ tenant.Store }

func (tenants) Project(context.Context, int64) (tenant.Project, error) {
	return tenant.Project{ID: projectID}, nil
}

func (tenants) EnvironmentByName(context.Context, int64, string) (tenant.Environment, error) {
	return tenant.Environment{ID: environmentID, ProjectID: projectID, Name: "production"}, nil
}

type clusters struct {
	cluster.Store

	candidates []cluster.Cluster
}

func (c clusters) Candidates(context.Context, int64, []int64) ([]cluster.Cluster, error) {
	return c.candidates, nil
}

// An environment keeps its namespace on the cluster that served it before.
func TestNamespaceIsTheOneOfTheServingCluster(t *testing.T) {
	t.Parallel()
	at := func(id, clusterID int64) namespace.Namespace {
		return namespace.Namespace{ID: id, ClusterID: clusterID, ProjectID: projectID, EnvironmentID: environmentID}
	}
	other := namespace.Namespace{ID: 9, ClusterID: 2, ProjectID: projectID, EnvironmentID: environmentID + 1}
	for name, tc := range map[string]struct {
		rows    []namespace.Namespace
		serving int64
		want    int64
		code    apperr.Code
	}{
		"none":                            {[]namespace.Namespace{other}, 2, 0, apperr.NotFound},
		"the only one, wherever it is":    {[]namespace.Namespace{at(1, 1), other}, 2, 1, ""},
		"that of the cluster serving now": {[]namespace.Namespace{at(1, 1), at(2, 2), at(3, 3)}, 2, 2, ""},
		"the last where none serves":      {[]namespace.Namespace{at(1, 1), at(2, 2)}, 0, 2, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var candidates []cluster.Cluster
			if tc.serving != 0 {
				candidates = []cluster.Cluster{{ID: tc.serving, Level: cluster.Instance, EnvironmentScope: "*"}}
			}
			s := namespace.Service{
				Store: &store{rows: tc.rows}, Tenant: &tenant.Service{Store: tenants{}},
				Clusters: &cluster.Service{Store: clusters{candidates: candidates}},
			}
			got, err := s.Namespace(t.Context(), projectID, "production")
			if got.ID != tc.want || apperr.CodeOf(err) != tc.code {
				t.Errorf("namespace %d, %v; want %d", got.ID, err, tc.want)
			}
		})
	}
}

type refusing struct {
	namespace.Provisioner

	code apperr.Code
}

func (r refusing) DeleteNamespace(context.Context, int64, string, string) (bool, error) {
	return false, apperr.Of(r.code)
}

// Somebody may give the rights or the token back after hours: the removal of
// a cluster waits for that of its namespaces.
func TestRemovalIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	for _, code := range []apperr.Code{apperr.ClusterForbidden, apperr.ClusterUnauthorized, apperr.ClusterTimeout} {
		s := &store{rows: []namespace.Namespace{{ID: 1, UID: "uid", State: namespace.Removing}}}
		w := namespace.Worker{Service: &namespace.Service{Store: s, Now: time.Now}, Provisioner: refusing{code: code}}
		_, err := w.Step(t.Context(), work.Claim{Ref: work.Ref{Object: 1}})
		if apperr.CodeOf(err) != code || s.rows[0].Code != code || s.rows[0].State != namespace.Removing {
			t.Errorf("after %s the step returns %v and leaves %+v", code, err, s.rows[0])
		}
	}
}
