//go:build !race

package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"k8s.io/client-go/kubernetes"

	"github.com/roadstead/roadstead/devcluster/internal/chartrepo"
	"github.com/roadstead/roadstead/devcluster/internal/controlplane"
	"github.com/roadstead/roadstead/devcluster/internal/node"
)

// Config is what a cluster is started with.
type Config struct {
	// Dir is the cluster's folder, made if need be.
	Dir string
	// Listen is the API server's loopback address; port 0 is any free one.
	Listen string
	// ChartsListen is the chart repository's, in the same form.
	ChartsListen string
	// Nodes is the number of simulated nodes, from 1 to node.MaxNodes.
	Nodes int
	// InstallerBin is what containers of installer images run; empty: such
	// pods cannot pull their image.
	InstallerBin string
	// InstallerImage is an installer image, whatever its tag. So is every
	// image whose path ends in /installer.
	InstallerImage string
	// TokenWebhook is the URL that reviews foreign bearer tokens; empty: nobody
	// does.
	TokenWebhook string
	// Version is the Kubernetes version that kubelets claim, as in v1.37.2.
	Version string
}

// Cluster is a running development cluster.
type Cluster struct {
	dir    *dir
	log    *slog.Logger
	files  []*os.File
	plane  *controlplane.ControlPlane
	agent  *node.Agent
	charts *chartrepo.Server

	restoreStderr func() error
}

// Start brings a cluster up. It returns when pods can be created and will be
// scheduled. ctx bounds the start only; Stop ends the cluster.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	d, err := openDir(config.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{dir: d}
	if err := c.start(ctx, config); err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, config Config) error {
	agentLog, err := c.openLog(logAgent)
	if err != nil {
		return err
	}
	c.log = slog.New(slog.NewTextHandler(agentLog, nil))
	componentLog, err := c.openLog(logComponents)
	if err != nil {
		return err
	}
	if c.restoreStderr, err = redirectStderr(componentLog); err != nil {
		return err
	}
	listener, err := listenLoopback(ctx, config.Listen)
	if err != nil {
		return err
	}
	if err := c.serveCharts(ctx, config.ChartsListen); err != nil {
		return errors.Join(err, listener.Close())
	}
	c.plane, err = controlplane.Start(ctx, controlplane.Config{
		Dir: c.dir.path, Listener: listener, TokenWebhook: config.TokenWebhook, Log: componentLog,
	})
	if err != nil {
		return err
	}
	return c.startAgent(ctx, config)
}

func (c *Cluster) startAgent(ctx context.Context, config Config) error {
	clientConfig, err := c.plane.ClientConfig("devcluster-node-agent")
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(clientConfig)
	if err != nil {
		return fmt.Errorf("make the node agent's client: %w", err)
	}
	serving, err := c.kubeletTLS()
	if err != nil {
		return err
	}
	runtimes, err := c.newRuntimes(ctx, config, client)
	if err != nil {
		return err
	}
	listener, err := listenLoopback(ctx, "127.0.0.1:0")
	if err != nil {
		return err
	}
	c.agent, err = node.Start(ctx, node.Config{
		Client: client, Nodes: config.Nodes, Version: config.Version,
		Runtime:  runtimes.choose,
		Listener: listener, TLS: serving, ClientName: controlplane.KubeletClient,
		Log: c.log,
	})
	return err
}

// kubeletTLS serves the kubelets' API to clients of the cluster's authority.
func (c *Cluster) kubeletTLS() (*tls.Config, error) {
	authority := c.plane.Authority()
	pair, err := authority.Server("devcluster-kubelet", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	cert, err := pair.TLS()
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{cert},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    authority.Pool(),
		MinVersion:   tls.VersionTLS12,
	}, nil
}

func (c *Cluster) openLog(name string) (*os.File, error) {
	file, err := os.OpenFile(c.dir.file(name), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open a log: %w", err)
	}
	c.files = append(c.files, file)
	return file, nil
}

// Stop ends the cluster: first the pods' processes, then the control plane. It
// gives up when ctx ends and says what it waited for.
func (c *Cluster) Stop(ctx context.Context) error {
	var errs []error
	if c.agent != nil {
		errs = append(errs, c.agent.Stop(ctx))
	}
	if c.plane != nil {
		errs = append(errs, c.plane.Stop(ctx))
	}
	if c.charts != nil {
		errs = append(errs, c.charts.Stop(ctx))
	}
	if c.restoreStderr != nil {
		errs = append(errs, c.restoreStderr())
	}
	for _, file := range c.files {
		errs = append(errs, file.Close())
	}
	c.dir.close()
	return errors.Join(errs...)
}

// Done is closed when the control plane has ended by itself.
func (c *Cluster) Done() <-chan struct{} { return c.plane.Done() }

// Err is why the control plane ended by itself.
func (c *Cluster) Err() error { return c.plane.Err() }

// Server is the URL of the API server.
func (c *Cluster) Server() string { return c.plane.Server() }

// ChartsURL is the address of the Helm repository of the sample charts.
func (c *Cluster) ChartsURL() string { return c.charts.URL() }

// ChartsOCI is the address under which the registry has the sample charts.
func (c *Cluster) ChartsOCI() string { return c.charts.OCI() }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.dir.file(fileKubeconfig) }

// errNotLoopback is that an address could be reached from elsewhere.
var errNotLoopback = errors.New("not a loopback address")

// listenLoopback listens on a loopback address only: a development cluster has
// an administrator's keys on disk and nothing to keep others out.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("parse the address to listen on: %w", err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen on %s: %w", address, errNotLoopback)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	return listener, nil
}
