package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/work"
)

// throttled answers like a server that wants to be left alone for an hour.
func throttled(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Retry-After", "3600")
	kubetest.Status(http.StatusTooManyRequests, "TooManyRequests", "slow down")(w, r)
}

// TestAClusterThatAsksForAnHourGetsIt has a cluster answer 429, then 503, then
// 500 to everything, beside one that is well. At last its registration leads to
// a server that is well, and what waited is done.
func TestAClusterThatAsksForAnHourGetsIt(t *testing.T) { //nolint:paralleltest // it measures
	for name, config := range fleetDatabases(t) {
		t.Run(name, func(t *testing.T) {
			const items = 40
			f := newFleet(t, config(t), nil)
			server, well := kubetest.NewServer(t), kubetest.NewServer(t)
			f.add(1, server.URL, server.CA)
			f.add(2, well.URL, well.CA)
			server.Answer("*", throttled)
			f.schedule(t, 0, items, 1)
			f.awaitHold(t, 1)
			began := time.Now()
			f.schedule(t, 0, 5, 2)
			beside := f.waits(t, 30*time.Second, began, 0, 5, 2)
			left := time.Duration(f.row(t, "SELECT held_until FROM cluster_holds")-time.Now().UnixMicro()) * time.Microsecond
			burnt, calls := f.row(t, "SELECT MAX(attempt) FROM work"), len(server.Requests())
			if left < 14*time.Minute || burnt != 0 || calls > 2*work.Slots {
				t.Errorf("held for %v, attempts burnt: %d, calls: %d", left, burnt, calls)
			}
			t.Logf("429: held for %v after %d calls, attempts burnt: %d; the other cluster's work took %v",
				left.Round(time.Second), calls, burnt, beside[len(beside)-1])
			for _, status := range []int{http.StatusServiceUnavailable, http.StatusInternalServerError} {
				before := len(server.Requests())
				server.Answer("*", kubetest.Status(status, "", "a storm"))
				f.renew(t, 1, server)
				f.awaitHold(t, 1)
				<-time.After(3 * time.Second) // the storm
				calls := len(server.Requests()) - before
				t.Logf("%d: %d calls in 3 s", status, calls)
				if calls > 6*work.Slots {
					t.Errorf("%d calls in 3 s of %d", calls, status)
				}
			}
			f.renew(t, 1, well)
			f.waits(t, 60*time.Second, began, 0, items, 1)
			f.mu.Lock()
			defer f.mu.Unlock()
			t.Logf("the longest that a drain job kept its worker: %v", f.drained[1])
			if f.drained[1] > 30*time.Second {
				t.Error("a worker slept")
			}
		})
	}
}

// renew is what a change of the registration does.
func (f *fleet) renew(t *testing.T, cluster int64, server *kubetest.Server) {
	t.Helper()
	f.add(cluster, server.URL, server.CA)
	f.clients.Drop(cluster)
	if err := f.db.Work().Release(t.Context(), cluster); err != nil {
		t.Fatal(err)
	}
}

// TestStepsThatBreakDown has steps panic, ignore their context and leak
// goroutines beside ones that do their work. A full run waits until they are
// parked, which takes three strikes.
func TestStepsThatBreakDown(t *testing.T) { //nolint:paralleltest // it measures
	for name, config := range fleetDatabases(t) {
		t.Run(name, func(t *testing.T) {
			release := make(chan struct{})
			f := newFleet(t, config(t), map[work.Kind]work.Step{
				"panics": func(context.Context, work.Claim) (work.Next, error) { panic("a poisoned item") },
				"hangs": func(context.Context, work.Claim) (work.Next, error) {
					<-release
					return work.Done(), nil
				},
				"leaks": func(context.Context, work.Claim) (work.Next, error) {
					go func() { <-release }()
					return work.Done(), nil
				},
			})
			t.Cleanup(func() { close(release) })
			well := kubetest.NewServer(t)
			f.add(1, well.URL, well.CA)
			f.scheduleKind(t, "panics", 1, 0, 1)
			f.scheduleKind(t, "hangs", 1, 4, 1)
			f.scheduleKind(t, "leaks", 1, 8, 20)
			began := time.Now()
			f.schedule(t, 100, 20, 1)
			waits := f.waits(t, 60*time.Second, began, 100, 20, 1)
			t.Logf("work in the same slots took up to %v", waits[len(waits)-1])
			if full() {
				f.awaitParked(t)
				return
			}
			f.awaitOutcomes(t, map[work.Outcome]int{work.OutcomePanicked: 2, work.OutcomeStuck: 1, work.OutcomeDone: 40})
		})
	}
}

// awaitParked waits until the step that panics and the one that hangs are set
// aside, and the log and the table tell so.
func (f *fleet) awaitParked(t *testing.T) {
	t.Helper()
	f.awaitOutcomes(t, map[work.Outcome]int{
		work.OutcomePanicked: 2, work.OutcomeStuck: 2, work.OutcomeParked: 2, work.OutcomeDone: 40,
	})
	if left := f.row(t, "SELECT COUNT(*) FROM work WHERE strikes = 3"); left != 2 {
		t.Errorf("%d items are parked", left)
	}
	if said := strings.Count(f.log.String(), "work parked: its step broke down each time"); said != 2 {
		t.Errorf("the log tells of %d parked items", said)
	}
}

// awaitOutcomes waits until each outcome was counted so often.
func (f *fleet) awaitOutcomes(t *testing.T, want map[work.Outcome]int) {
	t.Helper()
	eventually(t, 60*time.Second, func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		for outcome, n := range want {
			if f.outcomes[outcome] < n {
				return fmt.Errorf("counted %v", f.outcomes)
			}
		}
		return nil
	})
}
