package provision

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

func (m *Machine) begin(ctx context.Context, run Run) (turn, error) {
	if !run.CancelRequestedAt.IsZero() {
		return m.to(ctx, run, Cancelled, 0)
	}
	return m.to(ctx, run, Preflight, m.Times.Stack)
}

// preflight looks for everything that would fail before any of it costs.
func (m *Machine) preflight(ctx context.Context, run Run) (turn, error) {
	if !run.CancelRequestedAt.IsZero() {
		return m.to(ctx, run, Cancelled, 0)
	}
	if m.overdue(run) {
		return m.fail(ctx, run, m.timedOut(ctx))
	}
	session, err := m.session(ctx, run, ToDescribe)
	if err != nil {
		return turn{}, err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return turn{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	findings, err := m.Cloud.Preflight(ctx, session, role, run)
	if err != nil {
		return turn{}, fmt.Errorf("look ahead for run %d: %w", run.ID, err)
	}
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Findings = findings
		r.State, r.Deadline = Creating, m.deadline(m.Times.Stack)
		for _, f := range findings {
			if !f.OK && !f.Warn {
				r.State, r.Deadline = Failed, m.deadline(0)
				r.Failure = &Failure{Class: Invalid, Code: f.Code, CorrelationID: telemetry.Correlation(ctx)}
				break
			}
		}
		return nil
	})
}

// create asks for the stack, unless an earlier request whose answer was lost made it.
func (m *Machine) create(ctx context.Context, run Run) (turn, error) {
	if m.overdue(run) {
		return m.fail(ctx, run, m.timedOut(ctx))
	}
	session, err := m.session(ctx, run, ToProvision)
	if err != nil {
		return turn{}, err
	}
	stack, err := m.Cloud.Stack(ctx, session, run.StackName())
	switch {
	case errors.Is(err, ErrStackNotFound) && !run.CancelRequestedAt.IsZero():
		return m.to(ctx, run, Cancelled, 0)
	case errors.Is(err, ErrStackNotFound):
		return m.ask(ctx, run, session)
	case err != nil:
		return turn{}, fmt.Errorf("look for the stack of run %d: %w", run.ID, err)
	case stack.RunUUID != run.UUID:
		return m.fail(ctx, run, Failure{Class: NameTaken, Code: apperr.CloudNameTaken, CorrelationID: telemetry.Correlation(ctx)})
	}
	return m.made(ctx, run, stack.ID)
}

func (m *Machine) ask(ctx context.Context, run Run, session Session) (turn, error) {
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return turn{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if err := m.asked(ctx, run, true); err != nil {
		return turn{}, err
	}
	id, err := m.Cloud.Create(ctx, session, role, run)
	if errors.Is(err, ErrStackExists) {
		return wait(m.Times.Retry) // the next look says whose it is
	}
	if _, answered := errors.AsType[*CloudError](err); answered && !later(err) {
		err = errors.Join(err, m.asked(ctx, run, false))
	}
	if err != nil {
		return turn{}, fmt.Errorf("ask for the stack of run %d: %w", run.ID, err)
	}
	return m.made(ctx, run, id)
}

// asked remembers before a request that it is sent: its answer may be lost, and the role revoked before the next look.
func (m *Machine) asked(ctx context.Context, run Run, yes bool) error {
	_, err := m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Asked = yes
		return nil
	})
	return err
}

func (m *Machine) made(ctx context.Context, run Run, stackID string) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.StackID, r.StackGone, r.State, r.Deadline = stackID, false, Waiting, m.deadline(m.Times.Stack+m.Times.Rollback)
		return nil
	})
}

func (m *Machine) timedOut(ctx context.Context) Failure {
	return Failure{Class: TimedOut, Code: apperr.CloudTimeout, CorrelationID: telemetry.Correlation(ctx)}
}
