//go:build !race

package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/roadstead/roadstead/devcluster/internal/pki"
)

// Config says where a control plane listens and keeps its files.
type Config struct {
	// Dir is an existing folder of the caller's. The control plane writes
	// kubeconfig, ca.crt, etcd.log, pki/ and etcd/ there.
	Dir string
	// Listener is the API server's socket, a loopback TCP listener.
	Listener net.Listener
	// TokenWebhook is the URL that reviews bearer tokens which are none of the
	// cluster's own; empty: nobody does.
	TokenWebhook string
	// Log receives what the components log.
	Log io.Writer
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	keys   *credentials
	server string
	client kubernetes.Interface
	etcd   *etcd

	cancel context.CancelCauseFunc
	ctx    context.Context //nolint:containedctx // the life of the components, not of a call
	parts  sync.WaitGroup
}

// Start runs the components until Stop, and returns when pods can be created
// in namespace default. ctx bounds the start only.
func Start(ctx context.Context, config Config) (*ControlPlane, error) {
	if err := routeLogs(config.Log); err != nil {
		return nil, err
	}
	address := config.Listener.Addr().String()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("parse the address to listen on: %w", err)
	}
	keys, err := newCredentials(filepath.Join(config.Dir, "pki"), host)
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{keys: keys, server: "https://" + address}
	c.ctx, c.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { c.cancel(context.Cause(ctx)) })
	defer stop()
	if err := c.start(config); err != nil {
		return nil, errors.Join(err, c.Stop(context.WithoutCancel(ctx)))
	}
	return c, nil
}

func (c *ControlPlane) start(config Config) error {
	if err := c.writeFiles(config.Dir); err != nil {
		return err
	}
	var err error
	c.etcd, err = startEtcd(c.ctx, filepath.Join(config.Dir, "etcd"), filepath.Join(config.Dir, "etcd.log"))
	if err != nil {
		return err
	}
	webhook, err := c.keys.writeWebhook(config.TokenWebhook)
	if err != nil {
		return err
	}
	apiServer, err := newAPIServer(c.ctx, config.Listener, c.etcd.client.String(), c.keys, webhook...)
	if err != nil {
		return err
	}
	c.run(apiServer)
	if err := waitServing(c.ctx, c.client); err != nil {
		return err
	}
	manager, err := newControllerManager(c.ctx, c.keys.path("controller-manager.kubeconfig"), c.keys)
	if err != nil {
		return err
	}
	c.run(manager)
	scheduler, err := newScheduler(c.ctx, c.keys.path("scheduler.kubeconfig"))
	if err != nil {
		return err
	}
	c.run(scheduler)
	return waitPods(c.ctx, c.client)
}

// writeFiles stores the kubeconfigs and the CA, and makes our own client.
func (c *ControlPlane) writeFiles(dir string) error {
	type file struct{ path, user, group string }
	for _, f := range []file{
		{filepath.Join(dir, "kubeconfig"), "kubernetes-admin", "system:masters"},
		{c.keys.path("controller-manager.kubeconfig"), "system:kube-controller-manager", ""},
		{c.keys.path("scheduler.kubeconfig"), "system:kube-scheduler", ""},
	} {
		var groups []string
		if f.group != "" {
			groups = []string{f.group}
		}
		if err := c.keys.writeKubeconfig(f.path, c.server, f.user, groups...); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.crt"), c.CA(), 0o644); err != nil { //nolint:gosec // a public certificate
		return fmt.Errorf("write the CA certificate: %w", err)
	}
	config, err := c.ClientConfig("devcluster")
	if err != nil {
		return err
	}
	c.client, err = kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	return nil
}

// run starts a component. One that ends by itself ends all of them.
func (c *ControlPlane) run(part component) {
	c.parts.Go(func() {
		err := part.run(c.ctx)
		if c.ctx.Err() == nil {
			c.cancel(fmt.Errorf("%s ended: %w", part.name, errors.Join(err, errEnded)))
		}
	})
}

// errEnded makes a component's unasked end an error when it returned none.
var errEnded = errors.New("it was not asked to")

// Stop ends the components, then etcd. It gives up waiting for them when ctx
// ends, and then reports that.
func (c *ControlPlane) Stop(ctx context.Context) error {
	c.cancel(context.Canceled)
	stopped := make(chan struct{})
	go func() {
		c.parts.Wait()
		if c.etcd != nil {
			c.etcd.stop()
		}
		close(stopped)
	}()
	select {
	case <-stopped:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the control plane: %w", ctx.Err())
	}
}

// Done is closed when the control plane has begun to end, asked or not.
func (c *ControlPlane) Done() <-chan struct{} { return c.ctx.Done() }

// Err is why the control plane ended. It is only of use once Done is closed.
func (c *ControlPlane) Err() error {
	return fmt.Errorf("the control plane ended: %w", context.Cause(c.ctx))
}

// Server is the API server's URL.
func (c *ControlPlane) Server() string { return c.server }

// CA is the certificate, as PEM, that signed every certificate of the cluster.
func (c *ControlPlane) CA() []byte { return c.keys.authority.CertPEM() }

// Authority signs further certificates of the cluster.
func (c *ControlPlane) Authority() *pki.Authority { return c.keys.authority }

// ClientConfig is a configuration of an administrator called user.
func (c *ControlPlane) ClientConfig(user string) (*rest.Config, error) {
	return c.keys.restConfig(c.server, user, "system:masters")
}
