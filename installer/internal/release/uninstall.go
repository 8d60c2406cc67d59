package release

import (
	"context"
	"errors"
	"fmt"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/release"
	"helm.sh/helm/v4/pkg/release/common"
)

// Removed is what an uninstall did and what it left.
type Removed struct {
	Release Info // empty when there was no release
	Found   bool
	Kept    []CRD  // custom resource definitions, which stay with their objects
	Notes   string // objects that stay because the chart or their owner says so
}

// Uninstall removes the release with its history. One that does not exist is removed already.
func (m *Manager) Uninstall(ctx context.Context) (Removed, error) {
	config, c, err := m.helm(ctx)
	if err != nil {
		return Removed{}, err
	}
	h, err := m.history(config)
	if err != nil {
		return Removed{}, err
	}
	last := h.last()
	if last == nil {
		return Removed{Release: Info{Name: m.name, Namespace: m.namespace}}, nil
	}
	done := Removed{Release: infoOf(last), Found: true, Kept: m.kept(ctx)}
	response, err := m.runUninstall(ctx, config)
	if err != nil {
		// Helm says only that deleting failed; the client remembers why.
		return done, fmt.Errorf("removing the release: %w", errors.Join(c.deleteErr, err))
	}
	if response != nil {
		done.Notes = response.Info
	}
	done.Release.Status = common.StatusUninstalled.String()
	return done, nil
}

// runUninstall runs Helm's action, which takes no context, and leaves it behind when ours ends for good.
func (m *Manager) runUninstall(ctx context.Context, config *action.Configuration) (*release.UninstallReleaseResponse, error) {
	u := action.NewUninstall(config)
	u.WaitStrategy, u.Timeout = kube.StatusWatcherStrategy, longest
	u.DeletionPropagation = "background"
	u.KeepHistory = false
	type outcome struct {
		response *release.UninstallReleaseResponse
		err      error
	}
	ctx, cancel := graceful(ctx)
	defer cancel()
	done := make(chan outcome, 1)
	go func() {
		response, err := u.Run(m.name)
		done <- outcome{response, err}
	}()
	select {
	case o := <-done:
		return o.response, o.err //nolint:wrapcheck // the caller says what was being done
	case <-ctx.Done():
		return nil, ctx.Err() //nolint:wrapcheck // the caller says what was being done
	}
}
