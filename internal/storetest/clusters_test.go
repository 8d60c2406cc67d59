package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestClusters(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s := w.Clusters()
			second := w.addCluster(t, cluster.Cluster{Name: "main", Level: cluster.Group, GroupID: w.group.ID})
			if second.ID == w.cluster.ID {
				t.Fatalf("id %d was given twice", second.ID)
			}
			if diff := cmp.Diff(second, must(s.Cluster(ctx, second.ID))(t)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]cluster.Cluster{w.cluster, second}, must(s.ClustersByName(ctx, "main"))(t)); diff != "" {
				t.Errorf("by name (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]cluster.Cluster{second}, must(s.Clusters(ctx, w.cluster.ID, 10))(t)); diff != "" {
				t.Errorf("after the first (-want +got):\n%s", diff)
			}
			for what, ids := range map[string][]int64{"none": nil, "one that is gone": {99}} {
				if got := must(s.ClustersByID(ctx, ids))(t); len(got) != 0 {
					t.Errorf("%s by id: got %v", what, got)
				}
			}
			if diff := cmp.Diff([]cluster.Cluster{second}, must(s.ClustersByID(ctx, []int64{99, second.ID}))(t)); diff != "" {
				t.Errorf("by ids (-want +got):\n%s", diff)
			}
			if got := must(s.SealedToken(ctx, second.ID))(t); string(got) != "main" {
				t.Errorf("sealed token %q, want %q", got, "main")
			}
			_, err := s.Cluster(ctx, 99)
			wantCode(t, err, apperr.NotFound)
			_, err = s.SealedToken(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestClusterUpdate(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			changed := w.cluster
			changed.Name, changed.EnvironmentScope, changed.Enabled = "renamed", "prod/*", false
			changed.Platform = cluster.Platform{APIURL: "https://10.0.0.2", CAPEM: "", Namespace: "team"}
			changed.Domain, changed.Managed, changed.NamespacePerEnvironment = "apps.example.com", false, false
			changed.ManagementProjectID, changed.StateSince = w.project.ID, instant().Add(time.Minute)
			changed.Removal = &cluster.Removal{Mode: cluster.ForgetNow, Applications: true}
			changed.Generation, changed.UpdatedAt = 2, instant().Add(time.Second)
			update := func(c cluster.Cluster, token string) error {
				return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
					if err := tx.UpdateCluster(ctx, c); err != nil {
						return err
					}
					return tx.SetSealedToken(ctx, c.ID, []byte(token))
				})
			}
			check(t, update(changed, "new"))
			if diff := cmp.Diff(changed, must(w.Clusters().Cluster(ctx, changed.ID))(t)); diff != "" {
				t.Errorf("changed (-want +got):\n%s", diff)
			}
			byID := must(w.Clusters().ClustersByID(ctx, []int64{changed.ID}))(t)
			if diff := cmp.Diff([]cluster.Cluster{changed}, byID); diff != "" {
				t.Errorf("changed, among others (-want +got):\n%s", diff)
			}
			if got := must(w.Clusters().SealedToken(ctx, changed.ID))(t); string(got) != "new" {
				t.Errorf("sealed token %q, want %q", got, "new")
			}
			check(t, update(changed, "new"))

			for name, generation := range map[string]int64{"older": 1, "too new": 4} {
				t.Run(name, func(t *testing.T) {
					stale := changed
					stale.Generation = generation
					wantCode(t, update(stale, "stale"), apperr.Conflict)
				})
			}
			if got := must(w.Clusters().SealedToken(ctx, changed.ID))(t); string(got) != "new" {
				t.Errorf("a refused change left the token %q", got)
			}
		})
	}
}

func TestDeletedClusterTakesEverythingAlong(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			n, o := w.addNamespace(t), w.addOperation(t, "nginx")
			check(t, w.Applications().AppendLog(ctx, o.ID, 0, lines(1, 3)))
			ref := work.Ref{Kind: "namespace", Object: n.ID, Cluster: w.cluster.ID}
			w.schedule(t, ref)
			var value workload.Value
			check(t, w.Values().Atomically(ctx, func(tx workload.ValueTx) (err error) {
				if value, err = tx.EnsureValue(ctx, w.cluster.ID, "connection"); err != nil {
					return err
				}
				return tx.SetValueData(ctx, value.ID, []byte("{}"))
			}))

			remove := func() error {
				return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.DeleteCluster(ctx, w.cluster.ID) })
			}
			check(t, remove())
			wantCode(t, remove(), apperr.NotFound)
			w.wantNothingDue(t, ref)
			_, nErr := w.Namespaces().Namespace(ctx, n.ID)
			_, oErr := w.Applications().Operation(ctx, o.ID)
			_, vErr := w.Values().ValueByID(ctx, value.ID)
			_, tErr := w.Clusters().SealedToken(ctx, w.cluster.ID)
			for name, err := range map[string]error{"namespace": nErr, "operation": oErr, "value": vErr, "token": tErr} {
				if apperr.CodeOf(err) != apperr.NotFound {
					t.Errorf("%s is still there: %v", name, err)
				}
			}
			if got := must(w.Applications().Log(ctx, o.ID, 0, 10))(t); len(got) != 0 {
				t.Errorf("%d lines of its log are still there", len(got))
			}
		})
	}
}
