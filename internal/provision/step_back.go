package provision

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// takeBack sees that nothing is left of an attempt that failed or that nobody wants any more.
func (m *Machine) takeBack(ctx context.Context, run Run) (turn, error) {
	stack, t, err := m.look(ctx, run, ToDelete)
	if err != nil || t != nil {
		return orWait(t, err)
	}
	switch stack.Status {
	case StackDeleted:
		return m.takenBack(ctx, run, false)
	case StackRollingBack, StackDeleting, StackUpdating:
		if m.overdue(run) {
			return m.takenBack(ctx, run, true)
		}
		return m.poll()
	case StackDeleteFailed:
		if t, ok, err := m.persist(ctx, run, stack); ok {
			return t, err
		}
		return m.takenBack(ctx, run, true)
	default:
		// What is left of a rollback can never be updated, and its name stays taken: it goes. So does a creation on its way.
		return m.demand(ctx, run, stack)
	}
}

// demand asks for the deletion of the stack. The same demand twice is one.
func (m *Machine) demand(ctx context.Context, run Run, stack Stack) (turn, error) {
	session, err := m.session(ctx, run, ToDelete)
	if err != nil {
		return turn{}, err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return turn{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if stack.Protected {
		if err := m.Cloud.Protect(ctx, session, run.StackID, false); err != nil {
			return turn{}, fmt.Errorf("end the protection of the stack of run %d: %w", run.ID, err)
		}
	}
	options := DeleteOptions{Token: deleteToken(run), RoleARN: role.StackRoleARN}
	if r := run.Removal; r != nil && stack.Status == StackDeleteFailed {
		options.Retain, options.Force = r.Retain, r.Force // only what failed to be deleted can be left
	}
	if err := m.Cloud.Delete(ctx, session, run.StackID, options); err != nil {
		return turn{}, fmt.Errorf("delete the stack of run %d: %w", run.ID, err)
	}
	return m.poll()
}

// deleteToken is another one for each try, and for each time that somebody wanted the deletion: the cloud takes a token
// that it knows for a demand that it met.
func deleteToken(run Run) string {
	return run.RequestToken("delete-" + strconv.FormatInt(run.Since.UnixMilli(), 36) + "-" + strconv.Itoa(run.Misses))
}

// persist asks again for a deletion that failed, with pauses that grow. It reports false when that was done often
// enough.
func (m *Machine) persist(ctx context.Context, run Run, stack Stack) (turn, bool, error) {
	if run.Misses >= len(m.Times.DeleteWait) {
		return turn{}, false, nil
	}
	var pause time.Duration // since the state began, as the pauses before it
	for _, p := range m.Times.DeleteWait[:run.Misses+1] {
		pause += p
	}
	chosen := run.Misses == 0 && run.Removal != nil && (run.Removal.Force || len(run.Removal.Retain) > 0)
	if gone := m.now().Sub(run.Since); gone < pause && !chosen {
		t, err := wait(pause - gone)
		return t, true, err
	}
	run.Misses++
	_, err := m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Misses = run.Misses
		return nil
	})
	if err != nil {
		return turn{}, true, err
	}
	t, err := m.demand(ctx, run, stack)
	return t, true, err
}

// takenBack ends a run after its rollback. Left says that something stays in the account.
func (m *Machine) takenBack(ctx context.Context, run Run, left bool) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.StackGone, r.Deadline = !left, m.deadline(0)
		r.State = Failed
		if run.State == Cancelling {
			r.State, r.Failure = Cancelled, nil
		}
		if left {
			if r.Failure == nil {
				r.Failure = &Failure{Class: Unknown, Code: apperr.CloudRollbackFailed}
			}
			r.State, r.Failure.NeedsCleanup = Failed, true
		}
		return nil
	})
}
