package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

const (
	backoffMin = time.Second
	backoffMax = 15 * time.Minute
)

// crash is the error of a step that brought itself down.
type crash struct {
	outcome Outcome
	what    string
}

// Error says what happened. It holds nothing that the step said: that may be
// text of a cluster.
func (c *crash) Error() string { return "the step " + c.what }

// result is what a step returned.
type result struct {
	next Next
	err  error
}

// leased executes the step with its lease kept alive. A step that does not end
// when it is told to is left behind: it changes nothing any more once its item
// is claimed again.
func (r *Runner) leased(ctx context.Context, claim Claim) (Next, error) {
	ctx, cancel := context.WithTimeout(WithClaim(ctx, claim), r.StepTimeout)
	defer cancel()
	kept := make(chan struct{})
	go func() {
		defer close(kept)
		r.keep(ctx, cancel, claim)
	}()
	ended := make(chan result, 1)
	go func() {
		next, err := r.protected(ctx, claim)
		ended <- result{next, err}
	}()
	res := r.await(ctx, claim, ended)
	cancel()
	<-kept
	return res.next, res.err
}

// await waits for the step, and no longer than its time and the grace.
func (r *Runner) await(ctx context.Context, claim Claim, ended <-chan result) result {
	select {
	case res := <-ended:
		return res
	case <-ctx.Done():
	}
	grace := time.NewTimer(stepGrace)
	defer grace.Stop()
	select {
	case res := <-ended:
		return res
	case <-grace.C:
	}
	began := time.Now()
	go func() { // ends with the step, whose owner has given it up
		<-ended
		r.log.WarnContext(ctx, "work step ended after it was given up", slog.String("kind", string(claim.Kind)),
			slog.Int64("object", claim.Object), slog.Duration("late", time.Since(began)))
	}()
	return result{err: &crash{OutcomeStuck, "did not end when it was told to"}}
}

func (r *Runner) keep(ctx context.Context, cancel context.CancelFunc, claim Claim) {
	tick := time.NewTicker(RenewEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := r.store.Renew(ctx, claim, r.owner, Lease); errors.Is(err, ErrLeaseLost) {
				cancel()
				return
			}
		}
	}
}

// protected turns a panic into an error. The value is told only by its type: it
// may hold text of a cluster.
func (r *Runner) protected(ctx context.Context, claim Claim) (next Next, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "work step panicked", slog.String("kind", string(claim.Kind)),
				slog.Int64("object", claim.Object), slog.String("stack", string(debug.Stack())))
			err = &crash{OutcomePanicked, fmt.Sprintf("panicked with a %T", p)}
		}
	}()
	step, ok := r.steps[claim.Kind]
	if !ok {
		return Next{}, fmt.Errorf("no step for work of kind %q", claim.Kind)
	}
	return step(ctx, claim)
}

// backoff returns a delay with full jitter, doubling from one second to a
// quarter of an hour.
func backoff(attempt int) time.Duration {
	limit := backoffMax
	if attempt < 10 {
		limit = min(backoffMax, backoffMin<<attempt)
	}
	return backoffMin/2 + rand.N(limit)
}
