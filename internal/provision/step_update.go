package provision

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// update brings a cluster to a newer version: the control plane, then the machines, each as one planned change of the
// stack.
func (m *Machine) update(ctx context.Context, run Run) (turn, error) {
	if run.Upgrade == nil {
		return m.to(ctx, run, Ready, 0)
	}
	stack, t, err := m.look(ctx, run, ToProvision)
	if err != nil || t != nil {
		return orWait(t, err)
	}
	switch stack.Status {
	case StackUpdating:
		return m.poll()
	case StackUpdateUndone:
		if run.Upgrade.Executed {
			return m.notUpgraded(ctx, run, Failure{Class: Unknown, Code: apperr.CloudUnknown, CorrelationID: telemetry.Correlation(ctx)})
		}
	case StackUpdateStuck, StackDeleting, StackDeleted, StackDeleteFailed:
		return m.notUpgraded(ctx, run, Failure{
			Class: Unknown, Code: apperr.CloudBusy, CorrelationID: telemetry.Correlation(ctx), NeedsCleanup: true,
		})
	default: // nobody works on it
	}
	if run.Upgrade.Executed {
		return m.upgraded(ctx, run)
	}
	return m.plan(ctx, run)
}

func (m *Machine) plan(ctx context.Context, run Run) (turn, error) {
	session, err := m.session(ctx, run, ToProvision)
	if err != nil {
		return turn{}, err
	}
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return turn{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	plan, err := m.Cloud.Plan(ctx, session, role, run, *run.Upgrade)
	switch {
	case err != nil:
		return turn{}, fmt.Errorf("plan the upgrade of run %d: %w", run.ID, err)
	case !plan.Ready:
		return wait(m.Times.Retry)
	case plan.replaces():
		return m.notUpgraded(ctx, run, Failure{Class: Invalid, Code: apperr.CloudReplaceRefused, CorrelationID: telemetry.Correlation(ctx)})
	}
	if !plan.Empty {
		if err := m.Cloud.Execute(ctx, session, run, plan); err != nil {
			return turn{}, fmt.Errorf("begin the upgrade of run %d: %w", run.ID, err)
		}
	}
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		r.Plan, r.Upgrade.Executed = &plan, true
		return nil
	})
}

// replaces reports whether a plan would make something anew that must stay.
func (p Plan) replaces() bool {
	for _, c := range p.Changes {
		if c.Guarded && (c.Replaced || c.Action == "remove") {
			return true
		}
	}
	return false
}

// upgraded goes on with the machines after the control plane, and ends after them.
func (m *Machine) upgraded(ctx context.Context, run Run) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		if !r.Upgrade.Nodes {
			r.Spec.KubernetesVersion, r.NodesBehind = r.Upgrade.Version, true
			r.Upgrade, r.Plan = &Upgrade{Version: r.Upgrade.Version, Nodes: true}, nil
			return nil
		}
		r.State, r.Upgrade, r.Plan, r.Failure, r.NodesBehind = Ready, nil, nil, nil, false
		return nil
	})
}

// notUpgraded leaves the cluster as it is and says why.
func (m *Machine) notUpgraded(ctx context.Context, run Run, f Failure) (turn, error) {
	return m.change(ctx, run, func(_ Tx, r *Run) error {
		if r.Failure == nil {
			r.Failure = &f
		}
		r.State, r.Upgrade, r.Plan = Ready, nil, nil
		return nil
	})
}
