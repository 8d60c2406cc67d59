package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	// drainBudget bounds one job, so that a busy cluster does not keep a
	// worker from the others.
	drainBudget = 20 * time.Second
	// stepTimeout is when a step is told to end, and stepGrace how long it may
	// take to obey.
	stepTimeout = 2 * time.Minute
	stepGrace   = 5 * time.Second
	// parkAfter is how many times in a row an item may bring down its process,
	// or its step, before it is set aside for parkFor.
	parkAfter = 3
	parkFor   = time.Hour
)

// Store keeps the rows of due work. Times are the store's clock.
type Store interface {
	// ClaimDue leases the longest due item of the slot for owner, or reports
	// false when none is due. It raises the epoch. Of an ailing cluster it
	// leases one item at a time, and none while the cluster is held, unless the
	// item is of a kind that finds out whether the cluster is back.
	ClaimDue(ctx context.Context, slot Slot, owner string, lease time.Duration) (Claim, bool, error)
	// Renew extends the lease. It returns ErrLeaseLost when it is gone.
	Renew(ctx context.Context, claim Claim, owner string, lease time.Duration) error
	// Settle ends the claim: the row goes when it is done, else it becomes due
	// after its delay, or at once when it was woken since the claim. The
	// cluster is held or released in the same transaction.
	Settle(ctx context.Context, claim Claim, owner string, end End) error
}

// End is how a claim ended.
type End struct {
	Next Next
	// Attempt and Strikes are for the next claim.
	Attempt int
	Strikes int
	// Hold keeps work away from the cluster for so long, because of Code. Zero
	// does not.
	Hold time.Duration
	Code apperr.Code
	// Release ends the hold: the cluster is well.
	Release bool
}

// Outcome names how a claim ended, for those who count.
type Outcome string

// The outcomes of a claim.
const (
	OutcomeDone     Outcome = "done"
	OutcomeWaits    Outcome = "waits"
	OutcomeError    Outcome = "error"
	OutcomeSnoozed  Outcome = "snoozed" // its cluster said when to come back
	OutcomePanicked Outcome = "panicked"
	OutcomeStuck    Outcome = "stuck"   // it did not end when it was told to
	OutcomeParked   Outcome = "parked"  // set aside for an hour
	OutcomeStopped  Outcome = "stopped" // the process ends
)

// Runner drains slots.
type Runner struct {
	// Enter may give the context of a claim what its cause asks for. Nil does
	// nothing.
	Enter func(ctx context.Context, claim Claim) context.Context
	// Ended is told of each claim that ended, and after which time. Nil does
	// nothing.
	Ended func(kind Kind, outcome Outcome, took time.Duration)
	// StepTimeout is when a step is told to end: two minutes unless set.
	StepTimeout time.Duration

	store Store
	owner string
	steps map[Kind]Step
	log   *slog.Logger
}

// NewRunner returns a runner that claims in the name of owner, which must be
// unique to the process.
func NewRunner(store Store, owner string, steps map[Kind]Step, log *slog.Logger) *Runner {
	return &Runner{StepTimeout: stepTimeout, store: store, owner: owner, steps: steps, log: log}
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
	began := time.Now()
	end, outcome := r.run(ctx, claim)
	if ctx.Err() != nil {
		// Stopping: hand the item back at once rather than let the lease run out.
		end, outcome = End{Next: After(0), Attempt: claim.Attempt, Strikes: claim.Strikes}, OutcomeStopped
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
	}
	if r.Ended != nil {
		r.Ended(claim.Kind, outcome, time.Since(began))
	}
	err := r.store.Settle(ctx, claim, r.owner, end)
	if err != nil && !errors.Is(err, ErrLeaseLost) {
		return fmt.Errorf("settle %s %d: %w", claim.Kind, claim.Object, err)
	}
	return nil
}

// run executes the step, unless it brought its process down too often, and
// returns what to settle.
func (r *Runner) run(ctx context.Context, claim Claim) (End, Outcome) {
	if claim.Unsettled > parkAfter {
		r.log.ErrorContext(ctx, "work parked: its process died each time",
			slog.String("kind", string(claim.Kind)), slog.Int64("object", claim.Object))
		return End{Next: After(parkFor), Attempt: claim.Attempt, Strikes: claim.Strikes}, OutcomeParked
	}
	calls := &contact{}
	next, err := r.leased(context.WithValue(ctx, contactKey{}, calls), claim)
	return r.judge(ctx, claim, next, err, healthOf(claim, err, calls))
}

// judge turns the end of a step into that of its claim. The log lines are told
// apart by their level: a person is wanted for a step that brought itself down.
func (r *Runner) judge(ctx context.Context, claim Claim, next Next, err error, h health) (End, Outcome) {
	end := End{Next: next, Hold: h.hold, Code: h.code, Release: h.well && claim.Failures > 0}
	switch {
	case err == nil && next.IsDone():
		return end, OutcomeDone
	case err == nil:
		return end, OutcomeWaits
	}
	log := []any{
		slog.String("kind", string(claim.Kind)), slog.Int64("object", claim.Object),
		slog.Int("attempt", claim.Attempt+1), slog.String("error", err.Error()),
	}
	broken, struck := errors.AsType[*crash](err)
	switch {
	case struck && claim.Strikes+1 >= parkAfter:
		r.log.ErrorContext(ctx, "work parked: its step broke down each time", log...)
		end.Next, end.Attempt, end.Strikes = After(parkFor), claim.Attempt+1, claim.Strikes+1
		return end, OutcomeParked
	case struck:
		r.log.ErrorContext(ctx, "work step broke down", log...)
		end.Next, end.Attempt, end.Strikes = After(backoff(claim.Attempt)), claim.Attempt+1, claim.Strikes+1
		return end, broken.outcome
	case h.told:
		r.log.InfoContext(ctx, "work waits for its cluster", append(log, slog.Duration("hold", h.hold))...)
		// It is due all the while: the hold keeps it back, and ends early when the cluster is changed.
		end.Next, end.Attempt = After(0), claim.Attempt
		return end, OutcomeSnoozed
	}
	r.log.WarnContext(ctx, "work step ended in an error", log...)
	end.Next, end.Attempt = After(backoff(claim.Attempt)), claim.Attempt+1
	return end, OutcomeError
}
