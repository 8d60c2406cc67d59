package workload_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestFirstReadIsAnsweredAtOnceAndThenFollowed(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for i := range 1200 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		began := time.Now()
		rows, status := r.read()
		if len(rows) != 0 || status.State != workload.Syncing || !status.AsOf.IsZero() || time.Since(began) != 0 {
			r.t.Errorf("first read: %d rows, %+v", len(rows), status)
		}
		r.settles(time.Second)
		_, status = r.read()
		if status.Synced != 1200 || status.Total != 1200 || status.AsOf.IsZero() {
			r.t.Errorf("progress %d of %d as of %v", status.Synced, status.Total, status.AsOf)
		}
	})
}

func TestChangesArriveAndAreToldAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(2 * time.Second)
		before, began := r.notices.count(), time.Now()
		r.cluster.set("web")
		synctest.Wait()
		if rows, _ := r.read(); len(rows) != 1 || r.notices.count() != before+1 || time.Since(began) != 0 {
			r.t.Errorf("after a change: %d rows, %d notices", len(rows), r.notices.count()-before)
		}
		elapse(time.Second)
		r.cluster.remove("web")
		synctest.Wait()
		if rows, _ := r.read(); len(rows) != 0 || r.notices.count() != before+2 {
			r.t.Errorf("after a removal: %d rows, %d notices", len(rows), r.notices.count()-before)
		}
	})
}

func TestBusyKeyIsToldTenTimesASecond(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(2 * time.Second)
		before := r.notices.count()
		for i := range 2000 {
			r.cluster.set(fmt.Sprintf("web-%d", i%50))
			elapse(5 * time.Millisecond)
		}
		r.settles(time.Second)
		if got := r.notices.count() - before; got < 50 || got > 125 {
			r.t.Errorf("%d notices in eleven seconds of changes", got)
		}
		_, status := r.read()
		if last := r.notices.last(); last.Revision != status.Revision.N || last.Topic != "mirror/1/pods/shop" {
			r.t.Errorf("last notice %+v, want revision %d", last, status.Revision.N)
		}
	})
}

func TestFollowingEndsTenMinutesAfterTheLastRead(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		elapse(9 * time.Minute)
		r.cluster.set("late")
		synctest.Wait()
		if rows := r.stored(); len(rows) != 2 {
			r.t.Errorf("after nine minutes: %v", rows)
		}
		elapse(2 * time.Minute)
		r.cluster.set("later")
		elapse(time.Minute)
		status, err := r.store.Status(r.t.Context(), shop())
		if err != nil || status.State != workload.Idle || len(r.stored()) != 2 {
			r.t.Errorf("after twelve minutes: %+v, %v", status, err)
		}
		rows, status := r.read()
		if len(rows) != 2 || status.State != workload.Idle || status.AsOf.IsZero() {
			r.t.Errorf("a read of an idle key: %v, %+v", rows, status)
		}
		r.settles(time.Second)
	})
}

func TestReadsOfTheMirrorWriteAtMostOnceInTenSeconds(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.read()
		_, first := r.read()
		elapse(9 * time.Second)
		if _, status := r.read(); status.WantedUntil != first.WantedUntil {
			r.t.Error("the interest was extended within ten seconds")
		}
		elapse(2 * time.Second)
		if _, status := r.read(); status.WantedUntil == first.WantedUntil {
			r.t.Error("the interest was not extended after ten seconds")
		}
	})
}

func TestForgottenClusterIsFollowedAnew(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		_, before := r.read()
		if err := r.mirror.Forget(r.t.Context(), 1); err != nil {
			r.t.Fatal(err)
		}
		rows, status := r.read()
		if len(rows) != 0 || status.State != workload.Syncing {
			r.t.Errorf("after it was forgotten: %v, %s", rows, status.State)
		}
		r.settles(time.Minute)
		if _, after := r.read(); after.Revision.Epoch <= before.Revision.Epoch {
			r.t.Error("the revision of before would still be believed")
		}
	})
}

func TestNothingIsKeptOfAClusterThatWasRemoved(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		removed := apperr.Of(apperr.NotFound)
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.broken = removed, removed, r.cluster.streams })
		elapse(time.Minute)
		if _, err := r.store.Status(r.t.Context(), shop()); apperr.CodeOf(err) != apperr.NotFound {
			r.t.Errorf("status of a key of a removed cluster: %v", err)
		}
	})
}

func TestSilentWorkerIsNotBelieved(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(time.Second)
		_, status := r.read()
		r.stop()
		if err := r.store.Save(r.t.Context(), status); err != nil { // as a worker that was killed left it
			r.t.Fatal(err)
		}
		if err := r.store.Hold(r.t.Context(), status, time.Now().Add(30*time.Second)); err != nil {
			r.t.Fatal(err)
		}
		if _, status := r.read(); status.State != workload.Live {
			r.t.Errorf("at once: %s", status.State)
		}
		elapse(31 * time.Second)
		if _, status := r.read(); status.State != workload.Stale {
			r.t.Errorf("after half a minute: %s", status.State)
		}
	})
}

func TestReaderIsToldWhatChanged(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("a")
		r.cluster.set("b")
		r.read()
		r.settles(time.Second)
		_, status := r.read()
		r.cluster.set("b")
		r.cluster.remove("a")
		elapse(time.Second)
		changes, err := r.mirror.PodChanges(r.t.Context(), 1, "shop", status.Revision)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(changes.Changed) != 1 || changes.Changed[0].Name != "b" || len(changes.Gone) != 1 || changes.Gone[0].Name != "a" {
			r.t.Errorf("changes = %+v", changes)
		}
		for range 20 { // until deletions are forgotten
			elapse(time.Minute)
			r.read()
		}
		for name, since := range map[string]workload.Revision{
			"another epoch": {Epoch: status.Revision.Epoch - 1, N: status.Revision.N},
			"too old":       status.Revision,
			"the future":    {Epoch: status.Revision.Epoch, N: 1 << 40},
		} {
			changes, err := r.mirror.PodChanges(r.t.Context(), 1, "shop", since)
			if err != nil || !changes.Reload || len(changes.Changed)+len(changes.Gone) != 0 {
				r.t.Errorf("%s: %+v, %v; want to reload", name, changes, err)
			}
		}
	})
}

func TestFiftyWatchesAClusterAndTheRestInTurn(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		read := func() (live, never int) {
			for i := range 70 {
				_, status, err := r.mirror.Pods(r.t.Context(), 1, fmt.Sprintf("ns-%d", i), workload.Page{})
				if err != nil {
					r.t.Fatal(err)
				}
				if status.State == workload.Live {
					live++
				}
				if status.AsOf.IsZero() {
					never++
				}
			}
			return live, never
		}
		read()
		elapse(time.Minute)
		if live, never := read(); live > 50 || live < 45 || never != 0 {
			r.t.Errorf("%d keys are live and %d were never read", live, never)
		}
	})
}
