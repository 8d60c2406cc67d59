package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// MaxNodes is as many as have an address range of their own, see address.go.
const MaxNodes = 100

// Config says what an agent serves.
type Config struct {
	Client kubernetes.Interface
	// Nodes is how many nodes there are, from 1 to MaxNodes.
	Nodes int
	// Version is the Kubernetes version that the kubelets claim.
	Version string
	// Runtime is who starts a container.
	Runtime func(container *corev1.Container) pod.Runtime
	// Listener and TLS serve the kubelets' API, to ClientName alone.
	Listener   net.Listener
	TLS        *tls.Config
	ClientName string
	Log        *slog.Logger
}

// Agent is a running node agent.
type Agent struct {
	config Config
	nodes  []machine
	pods   *manager
	events *recorder
	server *server

	cancel context.CancelFunc
	loops  sync.WaitGroup
}

// Start registers the nodes and serves them until Stop. It returns when pods
// can be scheduled onto them. ctx bounds the start only.
func Start(ctx context.Context, config Config) (*Agent, error) {
	if config.Nodes < 1 || config.Nodes > MaxNodes {
		return nil, fmt.Errorf("number of nodes %d is not between 1 and %d", config.Nodes, MaxNodes)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a := &Agent{config: config, cancel: cancel}
	for i := range config.Nodes {
		a.nodes = append(a.nodes, newMachine(i+1, config.Version, config.Listener.Addr()))
	}
	a.events = newRecorder(life, config.Client)
	a.pods = newManager(config, a.nodes, a.events)
	a.server = newServer(life, config, a.pods)
	a.loops.Go(func() { a.server.serve(life) })
	if err := a.start(ctx, life); err != nil {
		return nil, errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return a, nil
}

func (a *Agent) start(ctx, life context.Context) error {
	for _, node := range a.nodes {
		if err := node.register(ctx, a.config.Client); err != nil {
			return err
		}
	}
	a.loops.Go(func() { heartbeat(life, a.config.Client, a.nodes, a.config.Log) })
	if err := a.pods.start(ctx, life); err != nil {
		return err
	}
	return waitSchedulable(ctx, a.config.Client, len(a.nodes))
}

// Stop ends the processes of all pods and then the agent. The pods' objects
// stay as they are. It gives up waiting when ctx ends.
func (a *Agent) Stop(ctx context.Context) error {
	a.cancel()
	err := a.pods.stop(ctx)
	err = errors.Join(err, a.server.stop(ctx))
	a.events.stop()
	stopped := make(chan struct{})
	go func() { a.loops.Wait(); close(stopped) }()
	select {
	case <-stopped:
		return err
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("stop the node agent: %w", ctx.Err()))
	}
}
