package e2e_test

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/kubetest"
)

// TestDeadClustersSlowNobodyDown has fifty clusters that are well share the
// engine with one that accepts connections and never answers, and then with
// twenty such, which would take up every worker if they could.
func TestDeadClustersSlowNobodyDown(t *testing.T) { //nolint:paralleltest // it measures
	const clusters = 50
	items, due := 2, 200
	if full() {
		items, due = 10, 5000
	}
	for name, config := range fleetDatabases(t) {
		t.Run(name, func(t *testing.T) {
			f := newFleet(t, config(t), nil)
			server := kubetest.NewServer(t)
			healthy := make([]int64, clusters)
			for i := range healthy {
				healthy[i] = int64(i + 1)
				f.add(healthy[i], server.URL, server.CA)
			}
			round := 0
			measure := func() time.Duration {
				round++
				began := time.Now()
				f.schedule(t, round*items, items, healthy...)
				return percentile(f.waits(t, 90*time.Second, began, round*items, items, healthy...), 95)
			}
			measure() // connections are made
			baseline := max(measure(), measure())

			address := deadAddress(t)
			f.add(1001, address, nil)
			f.schedule(t, 0, due, 1001)
			f.awaitSteps(t, 1001)
			one := measure()
			f.awaitHold(t, 1)
			held := measure()

			dead := []int64{1001}
			for id := int64(1002); id <= 1020; id++ {
				dead = append(dead, id)
				f.add(id, address, nil)
				f.schedule(t, 0, due/20, id)
			}
			f.awaitHold(t, len(dead))
			twenty := measure()

			f.mu.Lock()
			defer f.mu.Unlock()
			t.Logf("p95 of %d items on each of 50 clusters: alone %v, beside a dead one with %d items %v (%.2f), once it is known %v (%.2f), beside 20 dead %v (%.2f)",
				items, baseline, due, one, ratio(one, baseline), held, ratio(held, baseline), twenty, ratio(twenty, baseline))
			t.Logf("steps at once on the dead one: %d; longest job on it: %v", f.most[1001], f.drained[1001])
			// Twice what it is alone, but no less than some seconds more: other tests share the machine.
			allowed := max(2*baseline, baseline+3*time.Second)
			for _, took := range []time.Duration{one, held, twenty} {
				if took > allowed {
					t.Errorf("p95 of the others is %v, alone it is %v", took, baseline)
				}
			}
			for _, id := range dead {
				if f.most[id] > 4 {
					t.Errorf("dead cluster %d held %d workers", id, f.most[id])
				}
			}
		})
	}
}

func ratio(a, b time.Duration) float64 { return float64(a) / float64(b) }

// awaitSteps waits until steps of the cluster run.
func (f *fleet) awaitSteps(t *testing.T, cluster int64) {
	t.Helper()
	eventually(t, 30*time.Second, func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.steps[cluster] == 0 {
			return &missingError{cluster, 0}
		}
		return nil
	})
}

// awaitHold waits until so many clusters are known to be ailing.
func (f *fleet) awaitHold(t *testing.T, clusters int) {
	t.Helper()
	eventually(t, 2*time.Minute, func() error {
		if held := f.row(t, "SELECT COUNT(*) FROM cluster_holds"); held < int64(clusters) {
			return &missingError{held, clusters}
		}
		return nil
	})
}
