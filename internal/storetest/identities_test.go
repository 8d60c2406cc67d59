package storetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestClusterIdentity(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			_, err := w.Clusters().Identity(ctx, w.cluster.ID)
			wantCode(t, err, apperr.NotFound)

			first := cluster.Identity{
				ClusterID: w.cluster.ID, State: cluster.IdentityRefused, Features: []cluster.Feature{cluster.Live},
				Code: apperr.RightsMissing, Detail: []string{"create namespaces"}, ChangedAt: instant(),
			}
			second := cluster.Identity{
				ClusterID: w.cluster.ID, State: cluster.IdentityOwn, Features: cluster.Features(), UID: "uid", Serial: 3, Untidy: true,
				Since: instant(), TokenSince: instant().Add(time.Hour), RotateAt: instant().Add(24 * time.Hour),
				ChangedAt: instant().Add(time.Minute),
			}
			for _, want := range []cluster.Identity{first, second} {
				check(t, w.saveIdentity(ctx, want))
				if diff := cmp.Diff(want, must(w.Clusters().Identity(ctx, w.cluster.ID))(t)); diff != "" {
					t.Errorf("stored (-want +got):\n%s", diff)
				}
				check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
					got, err := tx.Identity(ctx, w.cluster.ID)
					if diff := cmp.Diff(want, got); diff != "" {
						t.Errorf("for a change (-want +got):\n%s", diff)
					}
					return err
				}))
			}
			lost := second
			lost.ClusterID = 99
			wantCode(t, w.saveIdentity(ctx, lost), apperr.NotFound)

			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.DeleteCluster(ctx, w.cluster.ID) }))
			_, err = w.Clusters().Identity(ctx, w.cluster.ID)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func (w world) saveIdentity(ctx context.Context, i cluster.Identity) error {
	return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.SaveIdentity(ctx, i) })
}

// Two who change the same cluster do so one after the other: the second sees what the first left.
func TestClusterIsReadForAChange(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			holding, done := make(chan struct{}), make(chan error, 1)
			raise := func(hold func()) error {
				return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
					c, err := tx.Cluster(ctx, w.cluster.ID)
					if err != nil {
						return err
					}
					hold()
					c.Generation++
					return tx.UpdateCluster(ctx, c)
				})
			}
			go func() {
				<-holding
				done <- raise(func() {})
			}()
			check(t, raise(func() { close(holding) }))
			check(t, <-done)
			if got := must(w.Clusters().Cluster(ctx, w.cluster.ID))(t); got.Generation != 3 {
				t.Errorf("the generation is %d after two changes", got.Generation)
			}
			err := w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				_, err := tx.Cluster(ctx, 99)
				return err
			})
			wantCode(t, err, apperr.NotFound)
		})
	}
}
