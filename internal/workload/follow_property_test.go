package workload_test

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/workload"
)

// TestMirrorEndsAsTheCluster plays random changes and faults, and expects the
// mirror to hold what a fresh list would.
func TestMirrorEndsAsTheCluster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 15), 1, 40).Draw(rt, "steps")
		names := rapid.SliceOfN(rapid.IntRange(0, 5), len(steps), len(steps)).Draw(rt, "names")
		var got, want map[string]int64
		var state workload.State
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			for i, step := range steps {
				r.play(step, fmt.Sprintf("web-%d", names[i]))
			}
			r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.deaf = nil, nil, false })
			r.cluster.breakStreams()
			for range 12 {
				elapse(9 * time.Second)
				r.read()
			}
			synctest.Wait()
			var status workload.Status
			got, status = r.read()
			want, state = maps.Clone(r.cluster.pods), status.State
			r.stop()
		})
		if diff := cmp.Diff(want, got); diff != "" || state != workload.Live {
			rt.Fatalf("%s rows (-cluster +mirror):\n%s", state, diff)
		}
	})
}

func (r *rig) play(step int, name string) {
	c := r.cluster
	switch step {
	case 0, 1, 2, 3:
		c.set(name)
	case 4, 5:
		c.remove(name)
	case 6:
		c.repeat(0)
	case 7:
		c.repeat(2)
	case 8:
		c.swap(func() { c.set(name) }, func() { c.remove(name) })
	case 9:
		c.swap(func() { c.remove(name) }, func() { c.set(name) })
	case 10:
		c.forget()
	case 11:
		c.breakStreams()
	case 12:
		c.do(func() { c.watchErr, c.broken = apperr.Of(apperr.ClusterServerError), c.streams })
	case 13:
		c.do(func() { c.listErr = apperr.Of(apperr.ClusterTimeout) })
	case 14:
		c.do(func() { c.listErr, c.watchErr = nil, nil })
	case 15:
		r.read()
		elapse(700 * time.Millisecond)
	}
}
