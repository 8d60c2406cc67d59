package storetest_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestValues(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			s, other := w.Values(), w.addCluster(t, cluster.Cluster{Name: "other", Level: cluster.Instance})
			ensure := func(id int64, name string) (v workload.Value, err error) {
				return v, s.Atomically(ctx, func(tx workload.ValueTx) (err error) {
					v, err = tx.EnsureValue(ctx, id, name)
					return err
				})
			}
			_, err := ensure(99, "connection")
			wantCode(t, err, apperr.NotFound)
			if diff := cmp.Diff([]int64{w.cluster.ID, other.ID}, must(s.ClustersWithoutValue(ctx, "connection", 10))(t)); diff != "" {
				t.Errorf("without a value (-want +got):\n%s", diff)
			}
			want := must(ensure(w.cluster.ID, "connection"))(t)
			if again := must(ensure(w.cluster.ID, "connection"))(t); again.ID != want.ID {
				t.Errorf("ensured value %d, then %d", want.ID, again.ID)
			}
			if diff := cmp.Diff([]int64{other.ID}, must(s.ClustersWithoutValue(ctx, "connection", 10))(t)); diff != "" {
				t.Errorf("still without a value (-want +got):\n%s", diff)
			}

			want.AsOf, want.CheckedAt = instant(), instant().Add(time.Second)
			want.Code, want.Failures, want.Generation = apperr.ClusterTimeout, 3, 1
			want.WantedUntil, want.RefreshAt = instant().Add(time.Minute), instant().Add(time.Hour)
			check(t, s.Atomically(ctx, func(tx workload.ValueTx) error {
				if err := tx.UpdateValue(ctx, want); err != nil {
					return err
				}
				return tx.SetValueData(ctx, want.ID, []byte(`{"connected":true}`))
			}))
			if want.ClusterGeneration != 1 || !want.ClusterEnabled {
				t.Errorf("the cluster's own: generation %d, enabled %t", want.ClusterGeneration, want.ClusterEnabled)
			}
			if diff := cmp.Diff(want, must(s.ValueByID(ctx, want.ID))(t)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			check(t, s.Atomically(ctx, func(tx workload.ValueTx) error {
				for name, read := range map[string]func() (workload.Value, error){
					"by id": func() (workload.Value, error) { return tx.Value(ctx, want.ID) },
					"of cluster": func() (workload.Value, error) {
						list, err := tx.ValuesOfCluster(ctx, w.cluster.ID)
						return list[0], err
					},
				} {
					if diff := cmp.Diff(want, must(read())(t)); diff != "" {
						t.Errorf("for a change, %s (-want +got):\n%s", name, diff)
					}
				}
				return nil
			}))
			want.Data = []byte(`{"connected":true}`)
			got := must(s.Values(ctx, "connection", []int64{other.ID, w.cluster.ID}))(t)
			if diff := cmp.Diff([]workload.Value{want}, got); diff != "" {
				t.Errorf("with data (-want +got):\n%s", diff)
			}
			if got := must(s.Values(ctx, "connection", nil))(t); len(got) != 0 {
				t.Errorf("%d values of no cluster", len(got))
			}
			check(t, s.Atomically(ctx, func(tx workload.ValueTx) error { return tx.SetValueData(ctx, want.ID, nil) }))
			if got := must(s.Values(ctx, "connection", []int64{w.cluster.ID}))(t); got[0].Data != nil {
				t.Errorf("data %q is still there", got[0].Data)
			}
		})
	}
}
