package storetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
)

func (w world) scheduleAt(t *testing.T, ref work.Ref, at time.Time) {
	t.Helper()
	check(t, w.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) error {
		return tx.ScheduleAt(t.Context(), ref, at)
	}))
}

// item is an item of slot 0 of cluster 1.
func item(number int64) work.Ref {
	return work.Ref{Kind: "test", Object: number * work.Slots, Cluster: 1}
}

func TestClaimTakesTheLongestDueOfItsSlot(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := world{DB: storetest.Open(t, cfg)}, t.Context()
			elsewhere := item(1)
			elsewhere.Object++
			foreign := item(1)
			foreign.Cluster = 2
			foreign.Kind = "other"
			w.scheduleAt(t, item(1), time.Now().Add(-time.Minute))
			w.scheduleAt(t, item(2), time.Now().Add(-time.Hour))
			w.scheduleAt(t, item(3), time.Now().Add(time.Hour))
			w.scheduleAt(t, elsewhere, time.Now().Add(-2*time.Hour))
			w.scheduleAt(t, foreign, time.Now().Add(-2*time.Hour))
			for _, want := range []work.Ref{item(2), item(1)} {
				claim := w.claim(t, want, "worker", time.Minute)
				check(t, w.Work().Settle(ctx, claim, "worker", work.End{Next: work.Done()}))
			}
			w.wantNothingDue(t, item(3))
		})
	}
}

func TestSlotAdvancesOneItemAtATime(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			w.scheduleAt(t, item(1), time.Now().Add(-time.Minute))
			w.schedule(t, item(2))
			claim := w.claim(t, item(1), "first", time.Minute)
			w.wantNothingDue(t, item(2))
			if got := must(w.Work().DueSlots(t.Context(), 10))(t); len(got) != 0 {
				t.Errorf("slots %+v are due while one is held", got)
			}
			check(t, w.Work().Settle(t.Context(), claim, "first", work.End{Next: work.Done()}))
			w.claim(t, item(2), "second", time.Minute)
		})
	}
}

func TestLeaseRunsOut(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := world{DB: storetest.Open(t, cfg)}, t.Context()
			w.schedule(t, item(1))
			first := w.claim(t, item(1), "first", -time.Second)
			check(t, w.Work().Renew(ctx, first, "first", time.Minute))
			w.wantNothingDue(t, item(1))
			check(t, w.Work().Renew(ctx, first, "first", -time.Second))

			second := w.claim(t, item(1), "second", time.Minute)
			if second.Epoch <= first.Epoch {
				t.Errorf("epoch %d after %d", second.Epoch, first.Epoch)
			}
			if first.Unsettled != 0 || second.Unsettled != 1 {
				t.Errorf("unsettled %d, then %d, want 0, then 1", first.Unsettled, second.Unsettled)
			}
			for name, err := range map[string]error{
				"renew":  w.Work().Renew(ctx, first, "first", time.Minute),
				"settle": w.Work().Settle(ctx, first, "first", work.End{Next: work.After(0)}),
				"finish": w.Work().Settle(ctx, first, "first", work.End{Next: work.Done()}),
			} {
				if !errors.Is(err, work.ErrLeaseLost) {
					t.Errorf("%s by the first: %v, want %v", name, err, work.ErrLeaseLost)
				}
			}
			check(t, w.Work().Settle(ctx, second, "second", work.End{Next: work.After(0), Attempt: 4}))
			third := w.claim(t, item(1), "third", time.Minute)
			if third.Unsettled != 0 || third.Attempt != 4 {
				t.Errorf("unsettled %d, attempt %d, want 0 and 4", third.Unsettled, third.Attempt)
			}
		})
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	hour := time.Hour
	tests := map[string]struct {
		next   work.Next
		during *time.Duration // scheduled in so long while it was claimed
		due    bool
	}{
		"done":                         {next: work.Done()},
		"done and woken":               {next: work.Done(), during: new(time.Duration(0)), due: true},
		"done and scheduled for later": {next: work.Done(), during: &hour, due: true},
		"later":                        {next: work.After(time.Hour)},
		"later and woken":              {next: work.After(time.Hour), during: new(time.Duration(0)), due: true},
		"at once":                      {next: work.After(0), due: true},
	}
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			number := int64(0)
			for name, test := range tests {
				number++
				ref := item(1)
				ref.Cluster = number
				ref.Object = number * work.Slots
				t.Run(name, func(t *testing.T) {
					w.schedule(t, ref)
					claim := w.claim(t, ref, "worker", time.Minute)
					if test.during != nil {
						w.scheduleAt(t, ref, time.Now().Add(*test.during))
					}
					check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: test.next}))
					if test.due {
						w.claim(t, ref, "worker", time.Minute)
					} else {
						w.wantNothingDue(t, ref)
					}
				})
			}
		})
	}
}

func TestScheduleKeepsTheEarlierTime(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			w.scheduleAt(t, item(1), time.Now().Add(time.Hour))
			w.wantNothingDue(t, item(1))
			w.schedule(t, item(1))
			w.scheduleAt(t, item(1), time.Now().Add(time.Hour))
			w.claim(t, item(1), "worker", time.Minute)
		})
	}
}

func TestDueSlots(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := world{DB: storetest.Open(t, cfg)}
			cluster2, slot1 := item(1), item(1)
			cluster2.Kind, cluster2.Cluster = "other", 2
			slot1.Object++
			w.scheduleAt(t, item(1), time.Now().Add(-25*time.Second))
			w.scheduleAt(t, item(2), time.Now().Add(-time.Second))
			w.scheduleAt(t, cluster2, time.Now().Add(-5*time.Second))
			w.scheduleAt(t, slot1, time.Now().Add(time.Hour))
			want := []work.Slot{{Cluster: 1, Stale: 2}, {Cluster: 2}}
			if diff := cmp.Diff(want, must(w.Work().DueSlots(t.Context(), 10))(t)); diff != "" {
				t.Errorf("due slots (-want +got):\n%s", diff)
			}
			if got := must(w.Work().DueSlots(t.Context(), 1))(t); len(got) != 1 {
				t.Errorf("a page of one has %d slots", len(got))
			}
		})
	}
}

func TestFollowLeases(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			s, ctx := storetest.Open(t, cfg).Follows(), t.Context()
			acquire := func(owner string, lease time.Duration) (int64, bool) {
				t.Helper()
				epoch, ok, err := s.AcquireFollow(ctx, "log/1", owner, lease)
				check(t, err)
				return epoch, ok
			}
			first, ok := acquire("first", time.Minute)
			if !ok {
				t.Fatal("a free key was refused")
			}
			if _, ok := acquire("second", time.Minute); ok {
				t.Error("a held key was given away")
			}
			if held := must(s.RenewFollows(ctx, "first", -time.Second))(t); held["log/1"] != first {
				t.Errorf("renewed %v, want epoch %d", held, first)
			}
			second, ok := acquire("second", time.Minute)
			if !ok || second <= first {
				t.Errorf("epoch %d (%t) after %d", second, ok, first)
			}
			if held := must(s.RenewFollows(ctx, "first", time.Minute))(t); len(held) != 0 {
				t.Errorf("a late renewal holds %v", held)
			}
			check(t, s.ReleaseFollow(ctx, "log/1", "first", first))
			if _, ok := acquire("third", time.Minute); ok {
				t.Error("the release of a lost lease freed the key")
			}
			check(t, s.ReleaseFollow(ctx, "log/1", "second", second))
			if third, ok := acquire("third", time.Minute); !ok || third <= second {
				t.Errorf("epoch %d (%t) after %d", third, ok, second)
			}
		})
	}
}
