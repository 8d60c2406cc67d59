package storetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// asked schedules item 1 for somebody; "" is nobody.
func (w world) asked(ctx context.Context, t *testing.T, by string) {
	t.Helper()
	ctx = telemetry.WithCorrelation(ctx, by)
	check(t, w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error { return tx.Schedule(ctx, item(1)) }))
}

// TestWorkKeepsItsCause until it is done or at rest, or somebody else asks for it.
func TestWorkKeepsItsCause(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			settle := func(want string, next work.Next, during func()) {
				t.Helper()
				claim := w.claim(t, item(1), "worker", time.Minute)
				if claim.Cause != want {
					t.Errorf("cause = %q, want %q", claim.Cause, want)
				}
				during()
				check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: next}))
			}
			nothing := func() {}
			w.asked(t.Context(), t, "first")
			settle("first", work.After(0), nothing)
			settle("first", work.After(0), func() { w.asked(t.Context(), t, "") })
			settle("first", work.After(0), func() { w.asked(t.Context(), t, "second") })
			settle("second", work.Rest(0), func() { w.asked(t.Context(), t, "third") })
			settle("third", work.Rest(0), nothing)
			settle("", work.Done(), nothing)
		})
	}
}

func TestBacklogCountsWhatRunsAndWhatWaits(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			w.scheduleAt(t, item(1), time.Now().Add(-2*time.Hour))
			w.scheduleAt(t, item(2), time.Now().Add(-time.Hour))
			w.scheduleAt(t, item(3), time.Now().Add(time.Hour))
			w.claim(t, item(1), "worker", time.Minute)
			got := must(w.Work().Backlog(t.Context()))(t)
			for i := range got {
				got[i].Oldest = got[i].Oldest.Truncate(time.Hour)
			}
			want := []telemetry.Backlog{{Kind: "test", Running: 1, Due: 1, Oldest: time.Hour}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("backlog (-want +got):\n%s", diff)
			}
		})
	}
}
