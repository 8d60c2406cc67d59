package storetest_test

import (
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
)

// insertCluster stores a copy of a cluster under an id of its own.
func (w world) insertCluster(t *testing.T, c cluster.Cluster) error {
	ctx := t.Context()
	return w.Clusters().Atomically(ctx, func(tx cluster.Tx) (err error) {
		if c.ID, err = tx.NextClusterID(ctx); err != nil {
			return err
		}
		return tx.InsertCluster(ctx, c, []byte("token"))
	})
}

func (w world) updateCluster(t *testing.T, c cluster.Cluster) error {
	ctx := t.Context()
	return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.UpdateCluster(ctx, c) })
}

func TestEnvironmentScopeIsOnePerOwner(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			own := w.addCluster(t, cluster.Cluster{Name: "own", Level: cluster.Project, ProjectID: w.project.ID, EnvironmentScope: "a"})
			managed := w.addCluster(t, cluster.Cluster{
				Name: "managed", Level: cluster.Instance, EnvironmentScope: "b", ManagementProjectID: w.project.ID,
			})
			for _, tc := range []struct {
				name   string
				change func() cluster.Cluster
				want   apperr.Code
			}{
				{"the same name, another scope", func() cluster.Cluster { c := own; c.EnvironmentScope = "c"; return c }, ""},
				{"the same scope", func() cluster.Cluster { return own }, apperr.AlreadyExists},
				{"of a disabled one", func() cluster.Cluster { c := own; c.Enabled = false; return c }, apperr.AlreadyExists},
				{"at another level", func() cluster.Cluster {
					c := own
					c.Level, c.ProjectID, c.GroupID = cluster.Group, 0, w.group.ID
					return c
				}, ""},
				{"a draft", func() cluster.Cluster { c := own; c.State = cluster.Draft; return c }, ""},
				{"of the same manager", func() cluster.Cluster {
					c := managed
					c.Level, c.GroupID = cluster.Group, w.group.ID
					return c
				}, apperr.AlreadyExists},
				{"of the same manager, forgotten", func() cluster.Cluster {
					c := managed
					c.State = cluster.Forgotten
					return c
				}, ""},
			} {
				if err := w.insertCluster(t, tc.change()); apperr.CodeOf(err) != tc.want {
					t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
				}
			}
			own.State = cluster.Removing
			check(t, w.updateCluster(t, own))
			own.State = cluster.Attached
			check(t, w.insertCluster(t, own))
			wantCode(t, w.updateCluster(t, own), apperr.AlreadyExists)
		})
	}
}

// However many ask at once, one gets the scope.
func TestEnvironmentScopeIsTakenOnceByManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			wanted := w.cluster
			wanted.EnvironmentScope = "production"
			const many = 8
			errs := make([]error, many)
			var group sync.WaitGroup
			for i := range many {
				group.Go(func() { errs[i] = w.insertCluster(t, wanted) })
			}
			group.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else {
					wantCode(t, err, apperr.AlreadyExists)
				}
			}
			if won != 1 {
				t.Errorf("%d of %d got the scope", won, many)
			}
		})
	}
}
