package provision

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// remove takes a cluster down: load balancers first, since they hold on to the network, then the stack.
func (m *Machine) remove(ctx context.Context, run Run) (turn, error) {
	if run.StackID == "" || run.StackGone {
		return m.removed(ctx, run, nil)
	}
	if run.Deadline.IsZero() {
		return m.change(ctx, run, func(_ Tx, r *Run) error {
			r.Deadline = m.deadline(m.Times.Balancers)
			return nil
		})
	}
	stack, t, err := m.look(ctx, run, ToDelete)
	if err != nil || t != nil {
		return orWait(t, err)
	}
	switch stack.Status {
	case StackDeleted:
		left, err := m.billed(ctx, run)
		if err != nil {
			return turn{}, err
		}
		return m.removed(ctx, run, left)
	case StackDeleting, StackUpdating, StackRollingBack, StackCreating:
		return m.poll()
	case StackDeleteFailed:
		if t, ok, err := m.persist(ctx, run, stack); ok {
			return t, err
		}
		return m.stuck(ctx, run, stack)
	default: // stands, and nobody works on it
	}
	if run.Removal != nil && run.Removal.LoadBalancers && !m.overdue(run) {
		if gone, err := m.dropBalancers(ctx, run); err != nil || !gone {
			return orPoll(m, err)
		}
	}
	return m.demand(ctx, run, stack)
}

func orPoll(m *Machine, err error) (turn, error) {
	if err != nil {
		return turn{}, err
	}
	return m.poll()
}

// dropBalancers removes what holds load balancers, and reports whether the account has none left of this cluster. A
// cluster that does not let us in any more is no reason to stop: what is left is listed at the end.
func (m *Machine) dropBalancers(ctx context.Context, run Run) (bool, error) {
	gone, err := m.drop(ctx, run)
	if err != nil {
		if _, ok := errors.AsType[*CloudError](err); ok {
			return false, err
		}
		m.Log.WarnContext(ctx, "load balancers not removed yet", slog.Int64("run", run.ID), said(err))
		return false, nil
	}
	if !gone {
		return false, nil
	}
	billed, err := m.billed(ctx, run)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(billed, func(b Billed) bool { return b.Kind == "load_balancer" }), nil
}

func (m *Machine) drop(ctx context.Context, run Run) (bool, error) {
	session, err := m.session(ctx, run, ToDelete)
	if err != nil {
		return false, err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return false, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if err := m.Cloud.Widen(ctx, session, role, run); err != nil {
		return false, fmt.Errorf("get into the cluster of run %d: %w", run.ID, err)
	}
	access, _, err := m.accessBy(ctx, session, run)
	if err != nil {
		return false, err
	}
	return m.Connector.DropBalancers(ctx, access)
}

func (m *Machine) billed(ctx context.Context, run Run) ([]Billed, error) {
	session, err := m.session(ctx, run, ToDelete)
	if err != nil {
		return nil, err
	}
	billed, err := m.Cloud.Billed(ctx, session, run)
	if err != nil {
		return nil, fmt.Errorf("look for what the cluster of run %d left: %w", run.ID, err)
	}
	return billed, nil
}

// stuck leaves the choice to people: what cannot be deleted, and what it costs, is listed.
func (m *Machine) stuck(ctx context.Context, run Run, stack Stack) (turn, error) {
	billed, err := m.billed(ctx, run)
	if err != nil {
		return turn{}, err
	}
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.State, r.Deadline, r.Billed, r.Stuck = DeleteBlocked, m.deadline(0), billed, stack.Stuck
		r.Failure = &Failure{Class: Unknown, Code: apperr.CloudDeleteBlocked, CorrelationID: telemetry.Correlation(ctx), NeedsCleanup: true}
		return nil
	})
}

// blocked ends a deletion that the cloud does not let us do.
func (m *Machine) blocked(ctx context.Context, run Run, e *CloudError) (turn, error) {
	f := m.failureOf(ctx, e)
	f.NeedsCleanup = true
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.State, r.Deadline, r.Failure = DeleteBlocked, m.deadline(0), &f
		return nil
	})
}

// removed ends a run and the registration of its cluster. What is left in the account is kept on the run for somebody
// to see.
func (m *Machine) removed(ctx context.Context, run Run, left []Billed) (turn, error) {
	return m.change(ctx, run, func(tx Tx, r *Run) error {
		if err := tx.DeleteCluster(ctx, r.ClusterID); err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return err
		}
		tx.Notify("clusters")
		r.State, r.Deadline, r.Billed, r.StackGone, r.Failure = Deleted, m.deadline(0), left, true, nil
		return nil
	})
}
