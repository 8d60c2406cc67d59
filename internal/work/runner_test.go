package work_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/work"
)

// rows is a work.Store of one item, by the fake clock of synctest.
type rows struct {
	mu      sync.Mutex
	due     time.Time
	gone    bool
	owner   string
	epoch   int64
	attempt int
	strikes int
	// hold and released are what the last settling said of the cluster.
	hold     time.Duration
	released bool
	failures int
	// unsettled counts claims since the last word.
	unsettled int
	wakes     int64
	stolen    bool
	settled   []work.Next
}

func (r *rows) ClaimDue(_ context.Context, slot work.Slot, owner string, _ time.Duration) (work.Claim, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.owner != "" || r.due.After(time.Now()) {
		return work.Claim{}, false, nil
	}
	r.owner = owner
	r.epoch++
	r.unsettled++
	ref := work.Ref{Kind: "thing", Object: 1, Cluster: slot.Cluster}
	return work.Claim{
		Ref: ref, Epoch: r.epoch, Attempt: r.attempt, Strikes: r.strikes, Failures: r.failures,
		Unsettled: r.unsettled - 1, Wakes: r.wakes,
	}, true, nil
}

func (r *rows) Renew(context.Context, work.Claim, string, time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stolen {
		return work.ErrLeaseLost
	}
	return nil
}

func (r *rows) Settle(_ context.Context, claim work.Claim, _ string, end work.End) error {
	next := end.Next
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stolen {
		return work.ErrLeaseLost
	}
	r.owner, r.attempt, r.strikes, r.unsettled = "", end.Attempt, end.Strikes, 0
	r.hold, r.released = end.Hold, end.Release
	r.settled = append(r.settled, next)
	r.gone = next.IsDone()
	r.due = time.Now().Add(max(next.Delay(), end.Hold)) // one item is all there is to hold
	if r.wakes != claim.Wakes {
		r.gone, r.due = false, time.Now()
	}
	return nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func drain(t *testing.T, r *rows, step work.Step) {
	t.Helper()
	runner := work.NewRunner(r, "me", map[work.Kind]work.Step{"thing": step}, quiet())
	if _, err := runner.Drain(t.Context(), work.Slot{Cluster: 7}); err != nil {
		t.Fatal(err)
	}
}

func TestErrorsBackOffAndARunThatGoesWellForgetsThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, failing := &rows{}, errors.New("not now")
		var last time.Duration
		for attempt := range 8 {
			time.Sleep(time.Until(r.due)) //nolint:forbidigo // the clock is a fake one
			drain(t, r, func(_ context.Context, claim work.Claim) (work.Next, error) {
				if claim.Attempt != attempt {
					t.Errorf("attempt %d is told to be number %d", attempt, claim.Attempt)
				}
				return work.Next{}, failing
			})
			last = time.Until(r.due)
			if last < 500*time.Millisecond || last > 16*time.Minute {
				t.Fatalf("attempt %d waits %v", attempt, last)
			}
		}
		time.Sleep(last) //nolint:forbidigo // the clock is a fake one
		drain(t, r, func(context.Context, work.Claim) (work.Next, error) { return work.After(time.Hour), nil })
		if r.attempt != 0 {
			t.Errorf("after a good run %d attempts are remembered", r.attempt)
		}
	})
}

func TestAWakeUpDuringTheRunIsNotLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, runs := &rows{}, 0
		drain(t, r, func(context.Context, work.Claim) (work.Next, error) {
			if runs++; runs == 1 {
				r.wakes++
			}
			return work.Done(), nil
		})
		if runs != 2 || !r.gone {
			t.Errorf("the item ran %d times, and is gone: %v", runs, r.gone)
		}
	})
}

func TestAPanicIsAnErrorOfItsItem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		drain(t, r, func(context.Context, work.Claim) (work.Next, error) { panic("a cluster said so") })
		if r.attempt != 1 || r.gone {
			t.Errorf("after a panic %d attempts are remembered, and the item is gone: %v", r.attempt, r.gone)
		}
	})
}

func TestAnItemThatKillsItsProcessIsParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{unsettled: 4}
		drain(t, r, func(context.Context, work.Claim) (work.Next, error) {
			t.Error("it was run once more")
			return work.Done(), nil
		})
		if wait := time.Until(r.due); wait < 30*time.Minute {
			t.Errorf("it is due again in %v", wait)
		}
	})
}

func TestAStepWhoseLeaseIsLostIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		drain(t, r, func(ctx context.Context, _ work.Claim) (work.Next, error) {
			r.mu.Lock()
			r.stolen = true
			r.mu.Unlock()
			<-ctx.Done()
			r.gone = true // the thief ends it
			return work.Next{}, ctx.Err()
		})
		if len(r.settled) != 0 {
			t.Error("the late runner settled the item")
		}
	})
}

func TestStoppingHandsTheItemBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rows{}
		ctx, stop := context.WithCancel(t.Context())
		runner := work.NewRunner(r, "me", map[work.Kind]work.Step{"thing": func(ctx context.Context, _ work.Claim) (work.Next, error) {
			stop()
			<-ctx.Done()
			return work.Next{}, ctx.Err()
		}}, quiet())
		_, _ = runner.Drain(ctx, work.Slot{}) // it is told to stop in the middle
		if r.owner != "" || time.Until(r.due) > 0 {
			t.Errorf("the item is held by %q and due in %v", r.owner, time.Until(r.due))
		}
	})
}
