package storetest_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
)

// slotted is an item of a slot of cluster 1.
func slotted(number int64, slot int, kind work.Kind) work.Ref {
	return work.Ref{Kind: kind, Object: number*work.Slots + int64(slot), Cluster: 1}
}

// claimAiling leases what is due of a slot of an ailing cluster.
func (w world) claimAiling(t *testing.T, slot int) (work.Claim, bool) {
	t.Helper()
	c, ok, err := w.Work().ClaimDue(t.Context(), work.Slot{Cluster: 1, Slot: slot, Ailing: true}, "worker", time.Minute)
	check(t, err)
	return c, ok
}

// hold lets a step on an item of its own end so that the cluster is held.
func (w world) hold(t *testing.T, d time.Duration) {
	t.Helper()
	w.schedule(t, item(99))
	claim := w.claim(t, item(99), "worker", time.Minute)
	check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: work.Done(), Hold: d}))
}

func TestHoldTellsItsCode(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world{DB: storetest.Open(t, config(t))}
			w.wantHeld(t, 0, "")
			var claims []work.Claim
			for slot := range 3 {
				w.schedule(t, slotted(1, slot, "thing"))
				claims = append(claims, w.claim(t, slotted(1, slot, "thing"), "worker", time.Minute))
			}
			settle := func(claim work.Claim, end work.End) {
				end.Next = work.Done()
				check(t, w.Work().Settle(t.Context(), claim, "worker", end))
			}
			settle(claims[0], work.End{Hold: time.Minute, Code: apperr.ClusterTimeout})
			w.wantHeld(t, time.Minute, apperr.ClusterTimeout)
			settle(claims[1], work.End{Hold: time.Hour, Code: apperr.ClusterThrottled})
			w.wantHeld(t, time.Hour, apperr.ClusterThrottled)
			settle(claims[2], work.End{Hold: time.Second, Code: apperr.ClusterRefused})
			w.wantHeld(t, time.Hour, apperr.ClusterThrottled) // the longest counts
			check(t, w.Work().Release(t.Context(), 1))
			w.wantHeld(t, 0, "")
		})
	}
}

// wantHeld wants cluster 1 to be held for about that long, because of code.
func (w world) wantHeld(t *testing.T, about time.Duration, code apperr.Code) {
	t.Helper()
	left, got, err := w.Namespaces().Held(t.Context(), 1)
	check(t, err)
	if got != code || left > about || left < about-30*time.Second {
		t.Errorf("the cluster is held for %v because of %q, want %v, %q", left, got, about, code)
	}
}

func TestHeldClusterRestsButForExemptWork(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			cfg.Exempt = []work.Kind{"check", "look"}
			w := world{DB: storetest.Open(t, cfg)}
			w.hold(t, time.Hour)
			jobs := countJobs(t, w.DB)
			w.schedule(t, item(1))
			w.wantNothingDue(t, item(1))
			if _, ok := w.claimAiling(t, 0); ok {
				t.Error("work of a held cluster was claimed")
			}
			if got := must(w.Work().DueSlots(t.Context(), 10))(t); len(got) != 0 || countJobs(t, w.DB) != jobs {
				t.Errorf("held work makes slots %+v due and %d jobs", got, countJobs(t, w.DB)-jobs)
			}
			w.schedule(t, slotted(1, 2, "check"))
			want := []work.Slot{{Cluster: 1, Slot: 2, Ailing: true}}
			if diff := cmp.Diff(want, must(w.Work().DueSlots(t.Context(), 10))(t)); diff != "" {
				t.Errorf("due slots (-want +got):\n%s", diff)
			}
			if countJobs(t, w.DB) != jobs+1 {
				t.Error("exempt work got no job")
			}
			claim, ok := w.claimAiling(t, 2)
			if !ok || claim.Failures != 1 {
				t.Errorf("claimed %+v (%t), want the check of a cluster that failed once", claim, ok)
			}
			// The check finds the cluster well: everything goes on.
			check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: work.Done(), Release: true}))
			w.claim(t, item(1), "worker", time.Minute)
		})
	}
}

func TestOneItemFindsOutWhenTheHoldIsOver(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := world{DB: storetest.Open(t, config(t))}, t.Context()
			w.hold(t, time.Microsecond)
			for slot := range work.Slots {
				w.schedule(t, slotted(1, slot, "test"))
			}
			slots := must(w.Work().DueSlots(ctx, 10))(t)
			if len(slots) != 1 || !slots[0].Ailing {
				t.Errorf("due slots %+v, want one of an ailing cluster", slots)
			}
			w.wantNothingDue(t, item(1)) // not among those of clusters that are well
			first, ok := w.claimAiling(t, 1)
			if !ok || first.Failures != 1 {
				t.Fatalf("claimed %+v (%t)", first, ok)
			}
			for slot := range work.Slots {
				if c, ok := w.claimAiling(t, slot); ok {
					t.Errorf("claimed %+v beside the first", c)
				}
			}
			if got := must(w.Work().DueSlots(ctx, 10))(t); len(got) != 0 {
				t.Errorf("slots %+v are due while one finds out", got)
			}
			check(t, w.Work().Settle(ctx, first, "worker", work.End{Next: work.After(time.Hour), Hold: time.Microsecond}))
			second, ok := w.claimAiling(t, 2)
			if !ok || second.Failures != 2 {
				t.Fatalf("claimed %+v (%t), want one that knows of two failures", second, ok)
			}
			check(t, w.Work().Settle(ctx, second, "worker", work.End{Next: work.Done(), Release: true}))
			if got := must(w.Work().DueSlots(ctx, 10))(t); len(got) != 2 || got[0].Ailing {
				t.Errorf("due slots %+v, want both that are left, of a cluster that is well", got)
			}
		})
	}
}

func TestSettlingALostLeaseHoldsNothing(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := world{DB: storetest.Open(t, config(t))}
			w.schedule(t, item(1))
			late := w.claim(t, item(1), "late", -time.Second)
			claim := w.claim(t, item(1), "worker", time.Minute)
			err := w.Work().Settle(t.Context(), late, "late", work.End{Next: work.After(time.Hour), Hold: time.Hour})
			if err == nil {
				t.Error("a lost lease was settled")
			}
			check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: work.After(0), Strikes: 2}))
			if again := w.claim(t, item(1), "worker", time.Minute); again.Strikes != 2 {
				t.Errorf("%d strikes are remembered", again.Strikes)
			}
		})
	}
}

func TestAChangeOfTheClusterEndsItsHold(t *testing.T) {
	t.Parallel()
	changes := map[string]func(t *testing.T, w world){
		"asked for": func(t *testing.T, w world) { t.Helper(); check(t, w.Work().Release(t.Context(), w.cluster.ID)) },
		"its row": func(t *testing.T, w world) {
			t.Helper()
			c := w.cluster
			c.Generation++
			check(t, w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error { return tx.UpdateCluster(t.Context(), c) }))
		},
		"its token": func(t *testing.T, w world) {
			t.Helper()
			check(t, w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error {
				return tx.SetSealedToken(t.Context(), w.cluster.ID, []byte("new"))
			}))
		},
	}
	for name, config := range storetest.Databases() {
		for what, change := range changes {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, config(t))
				ref := work.Ref{Kind: "test", Object: work.Slots, Cluster: w.cluster.ID}
				w.schedule(t, ref)
				claim := w.claim(t, ref, "worker", time.Minute)
				check(t, w.Work().Settle(t.Context(), claim, "worker", work.End{Next: work.After(0), Hold: time.Hour}))
				w.wantNothingDue(t, ref)
				change(t, w)
				w.claim(t, ref, "worker", time.Minute)
			})
		}
	}
}

// TestALookAtADeadClusterIsCheap measures what the due items of a held cluster
// cost the waker, which looks twice a second: ten thousand in a full run.
func TestALookAtADeadClusterIsCheap(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, items := world{DB: storetest.Open(t, config(t))}, int64(1000)
			if os.Getenv("ROADSTEAD_TEST_FULL") != "" {
				items = 10_000
			}
			w.hold(t, time.Hour)
			check(t, w.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) error {
				for i := range items {
					if err := tx.ScheduleAt(t.Context(), item(i), time.Now()); err != nil {
						return err
					}
				}
				return nil
			}))
			const looks = 20
			began := time.Now()
			for range looks {
				if got := must(w.Work().DueSlots(t.Context(), 256))(t); len(got) != 0 {
					t.Fatalf("due slots %+v", got)
				}
			}
			took := time.Since(began) / looks
			t.Logf("a look beside %d held items takes %v, and they made %d jobs", items, took, countJobs(t, w.DB)-1)
			if took > 250*time.Millisecond {
				t.Error("that is half of the waker's time")
			}
		})
	}
}

func TestRenewingManyFollowersKeepsEachFenced(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ctx := storetest.Open(t, config(t)).Follows(), t.Context()
			epochs := map[string]int64{}
			for i := range 1000 {
				key := "watch/" + strconv.Itoa(i)
				epoch, ok, err := s.AcquireFollow(ctx, key, "first", -time.Second)
				check(t, err)
				if !ok {
					t.Fatalf("%s is not free", key)
				}
				epochs[key] = epoch
			}
			if _, ok, err := s.AcquireFollow(ctx, "watch/7", "second", time.Minute); err != nil || !ok {
				t.Fatal(ok, err)
			}
			check(t, s.ReleaseFollow(ctx, "watch/8", "first", epochs["watch/8"]))
			delete(epochs, "watch/7")
			delete(epochs, "watch/8")
			began := time.Now()
			held := must(s.RenewFollows(ctx, "first", time.Minute))(t)
			t.Logf("renewed %d leases in %v", len(held), time.Since(began))
			if diff := cmp.Diff(epochs, held); diff != "" {
				t.Errorf("renewed (-want +got):\n%s", diff)
			}
			if _, ok, err := s.AcquireFollow(ctx, "watch/9", "second", time.Minute); err != nil || ok {
				t.Errorf("a renewed lease was given away: %v", err)
			}
			if _, ok, err := s.AcquireFollow(ctx, "watch/8", "second", time.Minute); err != nil || !ok {
				t.Errorf("a released lease was renewed: %v", err)
			}
		})
	}
}
