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
	// drainBudget bounds one job, so that a busy cluster does not keep a
	// worker from the others.
	drainBudget = 20 * time.Second
	stepTimeout = 2 * time.Minute
	backoffMin  = time.Second
	backoffMax  = 15 * time.Minute
	// parkAfter is how many claims in a row may end in the death of the
	// process before the item is set aside for parkFor.
	parkAfter = 3
	parkFor   = time.Hour
)

// Store keeps the rows of due work. Times are the store's clock.
type Store interface {
	// ClaimDue leases the longest due item of the slot for owner, or reports
	// false when none is due. It raises the epoch.
	ClaimDue(ctx context.Context, slot Slot, owner string, lease time.Duration) (Claim, bool, error)
	// Renew extends the lease. It returns ErrLeaseLost when it is gone.
	Renew(ctx context.Context, claim Claim, owner string, lease time.Duration) error
	// Settle ends the claim: the row goes when next is done, else it becomes
	// due after its delay, or at once when it was woken since the claim.
	// attempt is stored for the next claim.
	Settle(ctx context.Context, claim Claim, owner string, next Next, attempt int) error
}

// Runner drains slots.
type Runner struct {
	// Enter may give the context of a claim what its cause asks for. Nil does
	// nothing.
	Enter func(ctx context.Context, claim Claim) context.Context

	store Store
	owner string
	steps map[Kind]Step
	log   *slog.Logger
}

// NewRunner returns a runner that claims in the name of owner, which must be
// unique to the process.
func NewRunner(store Store, owner string, steps map[Kind]Step, log *slog.Logger) *Runner {
	return &Runner{store: store, owner: owner, steps: steps, log: log}
}

// Drain advances the due items of a slot until none is left or its time is
// used up, which it reports by more.
func (r *Runner) Drain(ctx context.Context, slot Slot) (more bool, err error) {
	end := time.Now().Add(drainBudget)
	for ctx.Err() == nil && time.Now().Before(end) {
		claim, ok, err := r.store.ClaimDue(ctx, slot, r.owner, Lease)
		if err != nil {
			return false, fmt.Errorf("claim due work of cluster %d: %w", slot.Cluster, err)
		}
		if !ok {
			return false, nil
		}
		if err := r.advance(ctx, claim); err != nil {
			return false, err
		}
	}
	return true, nil
}

func (r *Runner) advance(ctx context.Context, claim Claim) error {
	if r.Enter != nil {
		ctx = r.Enter(ctx, claim)
	}
	next, attempt := After(parkFor), claim.Attempt
	if claim.Unsettled > parkAfter {
		r.log.ErrorContext(ctx, "work parked: its process died each time",
			slog.String("kind", string(claim.Kind)), slog.Int64("object", claim.Object))
	} else {
		next, attempt = r.run(ctx, claim)
	}
	if ctx.Err() != nil {
		// Stopping: hand the item back at once rather than let the lease run out.
		next = After(0)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	err := r.store.Settle(ctx, claim, r.owner, next, attempt)
	if err != nil && !errors.Is(err, ErrLeaseLost) {
		return fmt.Errorf("settle %s %d: %w", claim.Kind, claim.Object, err)
	}
	return nil
}

// run executes the step with its lease kept alive and returns what to settle.
func (r *Runner) run(ctx context.Context, claim Claim) (Next, int) {
	ctx, cancel := context.WithTimeout(WithClaim(ctx, claim), stepTimeout)
	defer cancel()
	renewed := make(chan struct{})
	go func() {
		defer close(renewed)
		r.keep(ctx, cancel, claim)
	}()
	next, err := r.protected(ctx, claim)
	cancel()
	<-renewed
	if err == nil {
		return next, 0
	}
	r.log.WarnContext(ctx, "work step ended in an error",
		slog.String("kind", string(claim.Kind)), slog.Int64("object", claim.Object),
		slog.Int("attempt", claim.Attempt+1), slog.String("error", err.Error()))
	return After(backoff(claim.Attempt)), claim.Attempt + 1
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

// protected turns a panic into an error. The value is logged only by type: it
// may hold text of a cluster.
func (r *Runner) protected(ctx context.Context, claim Claim) (next Next, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "work step panicked", slog.String("kind", string(claim.Kind)),
				slog.Int64("object", claim.Object), slog.String("stack", string(debug.Stack())))
			err = fmt.Errorf("step of %s panicked with a %T", claim.Kind, p)
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
