package release

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"helm.sh/helm/v4/pkg/action"
	"helm.sh/helm/v4/pkg/kube"

	"github.com/roadstead/roadstead/installer/internal/cluster"
)

// fieldManager is the name under which every object is applied.
const fieldManager = "roadstead"

// maxHistory is how many revisions of a release are kept.
const maxHistory = 10

// Log tells people what happens.
type Log interface {
	Runningf(format string, args ...any)
	Handler() slog.Handler // for Helm's own messages
}

// Manager works on one release.
type Manager struct {
	cluster   *cluster.Cluster
	log       Log
	name      string
	namespace string
}

// NewManager makes a manager of the release of that name in a namespace that exists. It sets the name under
// which Helm applies objects, which Helm keeps in a variable of its package.
func NewManager(c *cluster.Cluster, log Log, name, namespace string) *Manager {
	kube.ManagedFieldsManager = fieldManager
	return &Manager{cluster: c, log: log, name: name, namespace: namespace}
}

// helm makes the configuration of one action. Waiting ends with the context.
func (m *Manager) helm(ctx context.Context) (*action.Configuration, *client, error) {
	config := action.NewConfiguration(action.ConfigurationSetLogger(m.log.Handler()))
	if err := config.Init(m.cluster, m.namespace, "secret"); err != nil {
		return nil, nil, fmt.Errorf("setting Helm up: %w", err)
	}
	plain, ok := config.KubeClient.(*kube.Client)
	if !ok {
		return nil, nil, fmt.Errorf("setting Helm up: its client is a %T", config.KubeClient)
	}
	c := &client{Client: plain, waiter: newWaiter(ctx, m, plain), rights: newRights(m.cluster.Typed)}
	config.KubeClient = c
	config.HookOutputFunc = func(_, pod, container string) io.Writer {
		return &lineWriter{log: m.log, prefix: "hook " + pod + "/" + container}
	}
	return config, c, nil
}
