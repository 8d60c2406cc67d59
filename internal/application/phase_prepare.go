package application

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// prepare makes what the pod needs, then the pod.
func (m *Machine) prepare(ctx context.Context, op Operation) (turn, error) {
	spec, err := m.spec(ctx, op)
	if err != nil {
		return m.notStarted(ctx, op, "open the values", err)
	}
	if spec.Remaining <= 0 {
		return m.ended(ctx, op, outcome{code: apperr.DeadlineExceeded})
	}
	if err := m.Runner.Prepare(ctx, spec); err != nil {
		return m.notStarted(ctx, op, "prepare the install pod", err)
	}
	// A worker that was paused must not start the pod of an operation that
	// somebody else has finished meanwhile: its claim is checked here, and
	// after the end of an operation its service account is gone.
	if err := m.hold(ctx, op); err != nil {
		return turn{}, err
	}
	uid, err := m.Runner.Start(ctx, spec)
	if errors.Is(err, ErrPodInTheWay) {
		return wait(inTheWayEvery)
	}
	if err != nil {
		return m.notStarted(ctx, op, "start the install pod", err)
	}
	return m.started(ctx, op, uid)
}

func (m *Machine) started(ctx context.Context, op Operation, uid string) (turn, error) {
	err := m.change(ctx, op.ID, func(_ Tx, op *Operation, _ *Application) error {
		op.Phase, op.PodUID = PhaseRunning, uid
		return nil
	})
	if err != nil {
		return turn{}, err
	}
	if m.Poke != nil {
		m.Poke()
	}
	return again()
}

// hold checks that the operation is still ours to prepare.
func (m *Machine) hold(ctx context.Context, op Operation) error {
	err := m.Store.Atomically(ctx, func(tx Tx) error {
		now, err := tx.Operation(ctx, op.ID)
		if err == nil && now.Phase != op.Phase {
			err = work.ErrLeaseLost
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("hold operation %d: %w", op.ID, err)
	}
	return nil
}

func (m *Machine) notStarted(ctx context.Context, op Operation, doing string, err error) (turn, error) {
	if code, ok := permanent(err); ok {
		return m.ended(ctx, op, outcome{code: code})
	}
	if !m.now().Add(retryEvery).Before(op.DeadlineAt) {
		return m.ended(ctx, op, outcome{code: apperr.CodeOf(err)})
	}
	return m.retry(ctx, op, doing, err, op.DeadlineAt)
}

// spec gathers what the pod is made from.
func (m *Machine) spec(ctx context.Context, op Operation) (RunSpec, error) {
	spec := RunSpec{Operation: op, Remaining: op.DeadlineAt.Sub(m.now())}
	if op.ValuesFrom == 0 || op.Action == Uninstall {
		return spec, nil
	}
	sealed, err := m.Store.SealedValues(ctx, op.ValuesFrom)
	if err != nil {
		return RunSpec{}, fmt.Errorf("read sealed values of operation %d: %w", op.ValuesFrom, err)
	}
	if spec.UserValues, err = m.Opener.OpenValues(sealed, op.ValuesFrom); err != nil {
		return RunSpec{}, fmt.Errorf("open values of operation %d: %w", op.ValuesFrom, err)
	}
	return spec, nil
}
