package release

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/kube"
	"helm.sh/helm/v4/pkg/release"
	"helm.sh/helm/v4/pkg/release/common"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/resource"
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
		gone := common.StatusUninstalled.String()
		return Removed{Release: Info{Name: m.name, Namespace: m.namespace, Status: gone}}, nil
	}
	done := Removed{Release: infoOf(last), Found: true, Kept: m.kept(ctx)}
	c.removing = true
	if err := c.readable(last.Manifest); err != nil {
		return done, err
	}
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

// readable reports an error when an object of the release cannot be read. Helm would leave it in the cluster,
// forget the release, and call that a success.
func (c *client) readable(manifest string) error {
	list, err := c.Build(strings.NewReader(manifest), false)
	if err != nil {
		return fmt.Errorf("listing the objects of the release: %w", err)
	}
	for _, info := range list {
		_, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("reading an object of the release: %w", err)
		}
	}
	return nil
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
		return o.response, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
