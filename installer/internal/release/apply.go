package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v4/pkg/action"
	chartv2 "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/release"
	"helm.sh/helm/v4/pkg/release/common"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
)

// Apply installs the release or upgrades it, with hooks, and waits until it is ready. A release that failed
// stays, so that the next try upgrades it: removing it could remove data.
func (m *Manager) Apply(ctx context.Context, ch *chartv2.Chart, values map[string]any) (Info, error) {
	config, _, err := m.helm(ctx)
	if err != nil {
		return Info{}, err
	}
	h, err := m.history(config)
	if err != nil {
		return Info{}, err
	}
	ctx, cancel := graceful(ctx)
	defer cancel()
	var result release.Releaser
	if h.status() == common.StatusUninstalled {
		m.log.Runningf("installing release %s in namespace %s", m.name, m.namespace)
		result, err = m.install(config).RunWithContext(ctx, ch, values)
	} else {
		m.log.Runningf("upgrading release %s in namespace %s from revision %d", m.name, m.namespace, h.last().Version)
		result, err = m.upgrade(config).RunWithContext(ctx, m.name, ch, values)
	}
	info := m.outcome(config, result)
	if err != nil {
		return info, fmt.Errorf("applying the chart: %w", err)
	}
	return info, nil
}

// install says everything that Helm would otherwise take a default for. Custom resource definitions and schemas
// have been dealt with before.
func (m *Manager) install(config *action.Configuration) *action.Install {
	i := action.NewInstall(config)
	i.ReleaseName, i.Namespace = m.name, m.namespace
	i.CreateNamespace = false
	i.Replace = true // the name of a release that was removed and kept its history
	i.ServerSideApply, i.ForceConflicts = true, true
	i.WaitStrategy, i.Timeout = kube.StatusWatcherStrategy, longest
	i.SkipCRDs, i.SkipSchemaValidation = true, true
	i.EnableDNS = false
	i.RollbackOnFailure = false
	return i
}

// upgrade is like install. Values are those that are given, never those of an earlier revision; fields that
// somebody else has taken over are taken back where the chart states them.
func (m *Manager) upgrade(config *action.Configuration) *action.Upgrade {
	u := action.NewUpgrade(config)
	u.Namespace = m.namespace
	u.ServerSideApply, u.ForceConflicts = "true", true
	u.WaitStrategy, u.Timeout = kube.StatusWatcherStrategy, longest
	u.SkipCRDs, u.SkipSchemaValidation = true, true
	u.EnableDNS = false
	u.RollbackOnFailure, u.CleanupOnFail = false, false
	u.ResetValues = true
	u.MaxHistory = maxHistory
	return u
}

// outcome is the release that an action returned, or else the newest one in the history: a failed action may
// return none.
func (m *Manager) outcome(config *action.Configuration, result release.Releaser) Info {
	if r, ok := result.(*helmrelease.Release); ok && r != nil {
		return infoOf(r)
	}
	h, err := m.history(config)
	if err != nil || h.last() == nil {
		return Info{Name: m.name, Namespace: m.namespace}
	}
	return infoOf(h.last())
}

const (
	// longest is the time-out that Helm gets for each of its waits. The context ends them earlier; Helm's own
	// clock starts anew with every hook.
	longest = 3 * time.Hour
	// grace is how long an action may go on after its time is over, to say what was missing and to record that
	// it failed.
	grace = 20 * time.Second
)

// graceful returns the context for Helm's actions. They leave everything as it is the moment their context
// ends, so theirs ends at once when we are interrupted, but a little later when time is over: waits, which see
// the context itself, end first and tell what was missing.
func graceful(ctx context.Context) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
			return
		}
		select {
		case <-late.Done():
		case <-time.After(grace):
			cancel()
		}
	})
	return late, func() {
		stop()
		cancel()
	}
}

// timeLeft is the time until the context's deadline, at least a moment.
func timeLeft(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return longest
	}
	return max(time.Until(deadline), time.Second)
}
