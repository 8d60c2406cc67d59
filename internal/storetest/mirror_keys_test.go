package storetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestMirrorIsFenced(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		late := followed(t, m, shopPods())
		if _, err := m.Begin(t.Context(), shopPods(), 1, mirrorNow()); !errors.Is(err, work.ErrLeaseLost) {
			t.Errorf("begin with the same epoch: %v", err)
		}
		if _, err := m.Begin(t.Context(), shopPods(), 2, mirrorNow()); err != nil {
			t.Fatal(err)
		}
		batch := workload.Batch[workload.Pod]{Items: []workload.Item[workload.Pod]{pod("shop", "late", 9, 9)}}
		for name, err := range map[string]error{
			"write": m.Pods.Write(t.Context(), late, batch),
			"save":  m.Save(t.Context(), late),
			"hold":  m.Hold(t.Context(), late, mirrorNow()),
			"leave": m.Leave(t.Context(), late, mirrorNow()),
		} {
			if !errors.Is(err, work.ErrLeaseLost) {
				t.Errorf("late %s: %v, want a lost lease", name, err)
			}
		}
		if got := page(t, m, late, workload.Page{}); len(got) != 0 {
			t.Errorf("the late write left %d rows", len(got))
		}
	})
}

func TestMirrorKeepsTheStatusOfAKey(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		if _, err := m.Status(t.Context(), shopPods()); apperr.CodeOf(err) != apperr.NotFound {
			t.Errorf("status of a key that nobody read: %v", err)
		}
		want := followed(t, m, shopPods())
		want.State, want.Code, want.AsOf = workload.Live, apperr.ClusterTimeout, mirrorNow()
		want.Revision.N, want.Synced, want.Total, want.Incomplete = 42, 3, 4, true
		if err := m.Save(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		want.WantedUntil = mirrorNow().Add(time.Hour)
		if _, err := m.Want(t.Context(), shopPods(), want.WantedUntil); err != nil {
			t.Fatal(err)
		}
		want.HeldUntil = mirrorNow().Add(time.Minute)
		if err := m.Hold(t.Context(), want, want.HeldUntil); err != nil {
			t.Fatal(err)
		}
		got, err := m.Status(t.Context(), shopPods())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("status (-want +got):\n%s%v", diff, err)
		}
		for at, keys := range map[time.Time]int{mirrorNow(): 1, mirrorNow().Add(2 * time.Hour): 0} {
			if wanted, err := m.Wanted(t.Context(), at); err != nil || len(wanted) != keys {
				t.Errorf("wanted at %v: %v, %v", at, wanted, err)
			}
		}
	})
}

func TestMirrorStateAfterFollowing(t *testing.T) {
	t.Parallel()
	eachMirror(t, func(t *testing.T, m *store.Mirror) {
		t.Helper()
		status := followed(t, m, shopPods()) // wanted for a minute
		for _, test := range []struct {
			state workload.State
			after time.Duration
			want  workload.State
		}{
			{workload.Live, time.Second, workload.Stale},
			{workload.Unreachable, time.Second, workload.Unreachable},
			{workload.Live, time.Hour, workload.Idle},
			{workload.Unreachable, time.Hour, workload.Idle},
		} {
			status.State = test.state
			if err := errors.Join(
				m.Save(t.Context(), status), m.Leave(t.Context(), status, mirrorNow().Add(test.after)),
			); err != nil {
				t.Fatal(err)
			}
			got, err := m.Status(t.Context(), shopPods())
			if err != nil || got.State != test.want || !got.HeldUntil.IsZero() || got.TriedAt.IsZero() {
				t.Errorf("%s left after %v: %+v, %v", test.state, test.after, got, err)
			}
		}
	})
}
