package application

import (
	"context"
	"fmt"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
)

// begin checks the rights. Up to its end nothing was made in the cluster, so a
// failure is final at once.
func (m *Machine) begin(ctx context.Context, op Operation) (turn, error) {
	nothing, err := m.nothingToUninstall(ctx, op)
	if err != nil {
		return turn{}, err
	}
	if nothing {
		return m.finish(ctx, op, "", nil)
	}
	missing, err := m.Runner.CheckRights(ctx, op)
	if err != nil {
		return m.notBegun(ctx, op, err)
	}
	if len(missing) > 0 {
		return m.finish(ctx, op, apperr.RightsMissing, missing)
	}
	digest, err := m.Store.Digest(ctx, op.Chart())
	if err != nil {
		return broken("read the chart's digest", err)
	}
	err = m.change(ctx, op.ID, func(_ Tx, op *Operation, app *Application) error {
		op.Phase, op.StartedAt, op.Digest = PhasePreparing, m.now(), digest
		app.State = op.Action.under()
		return nil
	})
	if err != nil {
		return turn{}, err
	}
	if m.Began != nil {
		m.Began(ctx, op)
	}
	return again()
}

// nothingToUninstall reports whether no operation of the application ever had a
// pod, so that there can be no release. What keeps the install from beginning,
// such as missing rights, must not keep its remains on the list.
func (m *Machine) nothingToUninstall(ctx context.Context, op Operation) (bool, error) {
	if op.Action != Uninstall {
		return false, nil
	}
	const enough = 100
	past, err := m.Store.Operations(ctx, op.ApplicationID, enough)
	if err != nil {
		return false, fmt.Errorf("list the operations of application %d: %w", op.ApplicationID, err)
	}
	ran := slices.ContainsFunc(past, func(o Operation) bool { return o.PodUID != "" })
	return !ran && len(past) < enough, nil
}

func (m *Machine) notBegun(ctx context.Context, op Operation, err error) (turn, error) {
	if code, ok := permanent(err); ok {
		return m.finish(ctx, op, code, nil)
	}
	giveUp := op.CreatedAt.Add(startGrace)
	if m.now().After(giveUp) {
		return m.finish(ctx, op, apperr.CodeOf(err), nil)
	}
	return m.retry(ctx, op, "check rights", err, giveUp)
}

// under is the state of an application while the action runs.
func (a Action) under() State {
	switch a {
	case Install:
		return Installing
	case Upgrade:
		return Updating
	case Uninstall:
		return Uninstalling
	default:
		panic(fmt.Sprintf("unknown action %q", string(a)))
	}
}
