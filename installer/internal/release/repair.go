package release

import (
	"context"
	"fmt"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/release/common"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
)

// interruptedDescription is what the history says about a revision that was left behind.
const interruptedDescription = "Interrupted; repaired by Roadstead"

// Stuck reports whether an interrupted operation left the release in a state that Helm refuses to go on from,
// and names that state.
func (m *Manager) Stuck(ctx context.Context) (string, error) {
	config, _, err := m.helm(ctx)
	if err != nil {
		return "", err
	}
	h, err := m.history(config)
	if err != nil {
		return "", err
	}
	if s := h.status(); h.last() != nil && stuck(s) {
		return s.String(), nil
	}
	return "", nil
}

func stuck(s common.Status) bool {
	return s.IsPending() || s == common.StatusUninstalling || s == common.StatusUnknown
}

// Repair frees a stuck release. That nobody else works on it is known to the caller, who holds its lease. A
// revision that was being installed is marked as failed. One that was being put over a good one is marked too,
// and the good one is restored. One that was being removed is removed.
func (m *Manager) Repair(ctx context.Context) error {
	config, _, err := m.helm(ctx)
	if err != nil {
		return err
	}
	h, err := m.history(config)
	if err != nil {
		return err
	}
	switch s := h.status(); {
	case s == common.StatusUninstalling:
		_, err := m.Uninstall(ctx)
		return err
	case !stuck(s):
		return nil
	}
	if err := m.markFailed(config, h.last()); err != nil {
		return err
	}
	if good := h.good(); good != nil {
		m.restore(ctx, config, good.Version)
	}
	return nil
}

func (m *Manager) markFailed(config *action.Configuration, r *helmrelease.Release) error {
	m.log.Runningf("revision %d is %s; marking it as failed", r.Version, r.Info.Status)
	r.SetStatus(common.StatusFailed, interruptedDescription)
	if err := config.Releases.Update(r); err != nil {
		return fmt.Errorf("marking revision %d as failed: %w", r.Version, err)
	}
	return nil
}

// restore rolls back to a revision, without hooks and without waiting: it is a step on the way to the upgrade
// that follows, which has both. For the same reason its failure is not the end.
func (m *Manager) restore(ctx context.Context, config *action.Configuration, revision int) {
	m.log.Runningf("rolling back to revision %d", revision)
	rollback := action.NewRollback(config)
	rollback.Version = revision
	rollback.DisableHooks = true
	rollback.ServerSideApply = "true"
	rollback.ForceConflicts = true
	rollback.MaxHistory = maxHistory
	rollback.WaitStrategy = kube.HookOnlyStrategy
	rollback.Timeout = timeLeft(ctx)
	if err := rollback.Run(m.name); err != nil {
		m.log.Runningf("rolling back: %v", err)
	}
}
