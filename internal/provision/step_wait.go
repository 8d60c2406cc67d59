package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// await follows the stack until the cloud made it, or did not.
func (m *Machine) await(ctx context.Context, run Run) (turn, error) {
	stack, t, err := m.look(ctx, run, ToProvision)
	if err != nil || t != nil {
		return orWait(t, err)
	}
	switch stack.Status {
	case StackCreated, StackUpdated, StackUpdateUndone:
		return m.created(ctx, run, stack)
	case StackCreateFailed:
		return m.fallen(ctx, run, Failed, Failure{Class: Unknown, Code: apperr.CloudUnknown})
	case StackRollingBack, StackRolledBack, StackRollbackFailed:
		return m.fallen(ctx, run, Failing, Failure{Class: Unknown, Code: apperr.CloudUnknown})
	case StackDeleting, StackDeleted, StackDeleteFailed:
		return m.fallen(ctx, run, Failing, Failure{Class: Gone, Code: apperr.CloudGone}) // by somebody else
	default: // on its way
	}
	switch {
	case !run.CancelRequestedAt.IsZero():
		return m.to(ctx, run, Cancelling, m.Times.Rollback)
	case m.overdue(run):
		return m.fail(ctx, run, m.timedOut(ctx))
	}
	return m.poll()
}

func orWait(t *turn, err error) (turn, error) {
	if t == nil {
		return turn{}, err
	}
	return *t, err
}

// look reads the stack and what became of its parts, and records both. A turn is returned when there is nothing more to
// be decided now.
func (m *Machine) look(ctx context.Context, run Run, purpose Purpose) (Stack, *turn, error) {
	session, err := m.session(ctx, run, purpose)
	if err != nil {
		return Stack{}, nil, err
	}
	stack, err := m.Cloud.Stack(ctx, session, run.StackID)
	if errors.Is(err, ErrStackNotFound) {
		return Stack{Status: StackDeleted}, nil, nil
	}
	if err != nil {
		return Stack{}, nil, fmt.Errorf("look at the stack of run %d: %w", run.ID, err)
	}
	events, err := m.Cloud.Events(ctx, session, run.StackID, run.LastEvent)
	if err != nil {
		return Stack{}, nil, fmt.Errorf("read the events of run %d: %w", run.ID, err)
	}
	if len(events) == 0 {
		return stack, nil, nil
	}
	t, err := m.record(ctx, run, events)
	return stack, &t, err
}

// record stores events, and with them how far the stack is and why it failed. The next look decides.
func (m *Machine) record(ctx context.Context, run Run, events []Event) (turn, error) {
	m.logFailed(ctx, run, events)
	durations, err := m.Store.Durations(ctx, recentRuns)
	if err != nil {
		return turn{}, fmt.Errorf("read how long runs take: %w", err)
	}
	earlier, err := m.Store.Events(ctx, run.ID, run.Attempt, 0, maxEvents)
	if err != nil {
		return turn{}, fmt.Errorf("read the events of run %d: %w", run.ID, err)
	}
	return m.change(ctx, run, func(tx Tx, r *Run) error {
		if err := tx.AppendEvents(ctx, r.ID, r.Attempt, events); err != nil {
			return err
		}
		r.LastEvent = events[len(events)-1].ID
		parts := partsOf(earlier, events)
		if r.State == Updating {
			parts = partsOf(nil, events) // what failed earlier is no failure of this upgrade
		}
		if r.State == Waiting {
			r.Progress.Percent = max(r.Progress.Percent, parts.percent(r.Spec))
			r.Progress.Remaining = remaining(durations, m.now().Sub(r.Since))
		}
		if f := parts.rootCause(); f != nil && (r.Failure == nil || r.Failure.Class == Unknown) && r.State != Deleting {
			f.CorrelationID = telemetry.Correlation(ctx)
			r.Failure = f
		}
		return nil
	})
}

func (m *Machine) logFailed(ctx context.Context, run Run, events []Event) {
	for _, e := range events {
		if e.Status == PartFailed {
			m.Log.WarnContext(ctx, "part of a stack failed", slog.Int64("run", run.ID), slog.String("part", e.LogicalID),
				slog.String("error", apperr.Quote(e.Raw.String())))
		}
	}
}

func (m *Machine) created(ctx context.Context, run Run, stack Stack) (turn, error) {
	if !run.CancelRequestedAt.IsZero() {
		return m.to(ctx, run, Cancelling, m.Times.Rollback)
	}
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Outputs, r.Took, r.Failure = stack.Outputs, m.now().Sub(r.Since), nil
		r.Progress.Percent, r.Progress.Remaining = stackDone, 0
		r.State, r.Deadline = Connecting, m.deadline(m.Times.Reach)
		return nil
	})
}

// fallen records that a stack will not come to be, with the reason that its events gave, or else the given one.
func (m *Machine) fallen(ctx context.Context, run Run, state State, otherwise Failure) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		if r.Failure == nil {
			otherwise.CorrelationID = telemetry.Correlation(ctx)
			r.Failure = &otherwise
		}
		r.State, r.Deadline = state, m.deadline(m.Times.Rollback)
		if state == Failed {
			r.Failure.NeedsCleanup, r.Deadline = true, m.deadline(0)
		}
		return nil
	})
}
