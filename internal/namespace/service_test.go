package namespace_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
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
	held time.Duration // of every cluster
	code apperr.Code
	// record holds the actions that were recorded.
	record []string
}

func (s *store) Held(context.Context, int64) (time.Duration, apperr.Code, error) {
	return s.held, s.code, nil
}

// Credential is one that no worker has answered.
func (s *store) Credential(context.Context, int64) (namespace.Credential, error) {
	return namespace.Credential{State: namespace.CredentialPending}, nil
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

func (t tx) Record(_ context.Context, e audit.Entry) error {
	checked, err := e.Checked()
	t.store.record = append(t.store.record, checked.Action)
	return err
}

func (tx) LiveCredentials(context.Context, int64) (int, error)    { return 0, nil }
func (tx) PendingCredentials(context.Context, int64) (int, error) { return 0, nil }
func (tx) Schedule(context.Context, work.Ref) error               { return nil }

func (tx) InsertCredential(_ context.Context, c namespace.Credential) (namespace.Credential, error) {
	return c, nil
}

type tenants struct {
	namespace.Tenants

	state tenant.EnvironmentState
}

func (tenants) GroupsAbove(context.Context, int64) ([]int64, error) { return []int64{1}, nil }

func (t tenants) EnvironmentByID(context.Context, int64, int64) (tenant.Environment, error) {
	return tenant.Environment{ID: environmentID, State: t.state}, nil
}

func (tenants) ProjectByID(context.Context, int64) (tenant.Project, error) {
	return tenant.Project{ID: projectID}, nil
}

func (tenants) Environment(context.Context, int64, string) (tenant.Environment, error) {
	return tenant.Environment{ID: environmentID, ProjectID: projectID, Name: "production"}, nil
}

type clusters struct {
	cluster.Store

	candidates []cluster.Candidate
}

func (clusters) Cluster(_ context.Context, id int64) (cluster.Cluster, error) {
	return cluster.Cluster{ID: id}, nil
}

func (c clusters) Candidates(context.Context, int64, int64) ([]cluster.Candidate, error) {
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
			var candidates []cluster.Candidate
			if tc.serving != 0 {
				candidates = []cluster.Candidate{{ID: tc.serving, EnvironmentScope: "*", Enabled: true, State: cluster.Attached}}
			}
			s := namespace.Service{
				Store: &store{rows: tc.rows}, Tenants: tenants{},
				Clusters: &cluster.Service{Store: clusters{candidates: candidates}, Tenants: tenants{}},
			}
			got, err := s.Namespace(t.Context(), projectID, "production")
			if got.ID != tc.want || apperr.CodeOf(err) != tc.code {
				t.Errorf("namespace %d, %v; want %d", got.ID, err, tc.want)
			}
		})
	}
}

// Whoever asks for a credential of a cluster that fails is told why, and at once
// when no try is due while he would wait.
func TestCredentialOfAFailingCluster(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		held time.Duration
		code apperr.Code
		want apperr.Code
		took time.Duration
	}{
		"held for long":     {15 * time.Minute, apperr.ClusterThrottled, apperr.ClusterThrottled, 0},
		"held for a moment": {time.Second, apperr.ClusterTimeout, apperr.ClusterTimeout, 10 * time.Second},
		"a try is due":      {0, apperr.ClusterBreakerOpen, apperr.ClusterBreakerOpen, 10 * time.Second},
		"well, but slow":    {0, "", apperr.CredentialTimeout, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := namespace.Service{
					Store:    &store{rows: []namespace.Namespace{{ID: 1, ClusterID: 2, Managed: true, State: namespace.Ready}}, held: tc.held, code: tc.code},
					Clusters: &cluster.Service{Store: clusters{}}, Bus: event.NewBus(), Now: time.Now,
					Tenants: tenants{},
				}
				began := time.Now()
				_, err := s.RequestCredential(t.Context(), 1, 0)
				if apperr.CodeOf(err) != tc.want || time.Since(began) != tc.took {
					t.Errorf("it ends after %v in %v, want %v, %s", time.Since(began), err, tc.took, tc.want)
				}
				if after, _ := apperr.AfterOf(err); after != tc.held {
					t.Errorf("it says to come back after %v, want %v", after, tc.held)
				}
			})
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

// Nobody gets a credential for an environment that is out of use.
func TestCredentialOfAStoppedEnvironment(t *testing.T) {
	t.Parallel()
	s := namespace.Service{
		Store:    &store{rows: []namespace.Namespace{{ID: 1, ClusterID: 2, EnvironmentID: environmentID, State: namespace.Ready}}},
		Clusters: &cluster.Service{Store: clusters{}}, Tenants: tenants{state: tenant.Stopped},
		Bus: event.NewBus(), Now: time.Now,
	}
	_, err := s.RequestCredential(t.Context(), 1, 0)
	if e, ok := apperr.From(err); !ok || e.Code != apperr.Conflict || e.Hint == "" {
		t.Errorf("it ends in %v, want a conflict with a hint", err)
	}
}
