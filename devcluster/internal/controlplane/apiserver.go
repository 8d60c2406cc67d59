//go:build !race

package controlplane

import (
	"context"
	"fmt"
	"net"

	"github.com/spf13/pflag"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

const (
	loopback = "127.0.0.1"
	// serviceRange and serviceAddress are kubeadm's default and the address
	// that the API server takes for its own Service from it.
	serviceRange   = "10.96.0.0/12"
	serviceAddress = "10.96.0.1"
	// advertised is the endpoint of the Service "kubernetes". Kubernetes
	// refuses loopback there and no pod dials it, so it is an address that
	// RFC 5737 reserves for documentation.
	advertised = "192.0.2.1"
	// KubeletClient is the common name of the API server's certificate when it
	// calls a kubelet.
	KubeletClient    = "kube-apiserver-kubelet-client"
	frontProxyClient = "front-proxy-client"
)

// component is a part of the control plane, ready to run until its context ends.
type component struct {
	name string
	run  func(context.Context) error
}

func newAPIServer(
	ctx context.Context, listener net.Listener, etcdURL string, keys *credentials, more ...string,
) (component, error) {
	server := options.NewServerRunOptions()
	if err := parse(server.Flags(), append(apiServerFlags(etcdURL, keys), more...)); err != nil {
		return component{}, fmt.Errorf("set the API server's flags: %w", err)
	}
	server.SecureServing.Listener = listener
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return component{}, fmt.Errorf("set the feature gates: %w", err)
	}
	completed, err := server.Complete(ctx)
	if err != nil {
		return component{}, fmt.Errorf("complete the API server's options: %w", err)
	}
	if errs := completed.Validate(); len(errs) > 0 {
		return component{}, fmt.Errorf("check the API server's options: %w", utilerrors.NewAggregate(errs))
	}
	return component{name: "kube-apiserver", run: func(ctx context.Context) error {
		return app.Run(ctx, completed)
	}}, nil
}

func apiServerFlags(etcdURL string, keys *credentials) []string {
	return []string{
		"--etcd-servers=" + etcdURL,
		"--bind-address=" + loopback,
		"--advertise-address=" + advertised,
		"--service-cluster-ip-range=" + serviceRange,
		"--tls-cert-file=" + keys.path("apiserver.crt"),
		"--tls-private-key-file=" + keys.path("apiserver.key"),
		"--client-ca-file=" + keys.path("ca.crt"),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + keys.path("service-account.key"),
		"--service-account-signing-key-file=" + keys.path("service-account.key"),
		"--kubelet-certificate-authority=" + keys.path("ca.crt"),
		"--kubelet-client-certificate=" + keys.path("kubelet-client.crt"),
		"--kubelet-client-key=" + keys.path("kubelet-client.key"),
		// Nodes bear a plausible internal address; their kubelet answers on
		// loopback, which they give as the external one.
		"--kubelet-preferred-address-types=ExternalIP",
		"--requestheader-client-ca-file=" + keys.path("front-proxy-ca.crt"),
		"--requestheader-allowed-names=" + frontProxyClient,
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-username-headers=X-Remote-User",
		"--proxy-client-cert-file=" + keys.path("front-proxy.crt"),
		"--proxy-client-key-file=" + keys.path("front-proxy.key"),
	}
}

// parse applies args to a component's flags.
func parse(named cliflag.NamedFlagSets, args []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range named.FlagSets {
		all.AddFlagSet(set)
	}
	if err := all.Parse(args); err != nil {
		return fmt.Errorf("parse: %w", err)
	}
	return nil
}
