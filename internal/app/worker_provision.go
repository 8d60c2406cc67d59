package app

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/fault"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

// provisioner builds the half of provisioning that calls AWS and new clusters.
func (w *worker) provisioner(ctx context.Context, c *core, keys *workerKeys, cfg config.Config) (*provision.Machine, error) {
	guard, err := awsGuard(ctx, cfg)
	if err != nil {
		return nil, err
	}
	credentials, err := awsCredentials(ctx, cfg)
	if err != nil {
		return nil, err
	}
	w.cloud = eks.New(eks.Config{
		Guard: guard, Credentials: credentials, Endpoint: cfg.AWSEndpoint, Installation: c.installation, Now: now,
		Pace: cfg.AWSPace, Fault: fault.Point,
	})
	return &provision.Machine{
		Store: c.db.Provision(), Cloud: recordedCloud{w.cloud, c.db.Audit()}, Connector: kube.Connector{Clients: w.clients},
		Sealer: c.sealer, Opener: keys.opener, IdentitySpec: c.clusters.IdentitySpec,
		Attached: func(ctx context.Context, id int64) { _ = c.values.Refresh(ctx, id, cluster.ConnectionValue) }, // else the sweep does
		Times:    provision.DefaultTimes().Faster(max(1, cfg.AWSPace)), Now: now, Log: c.log,
	}, nil
}

func awsCredentials(ctx context.Context, cfg config.Config) (eks.Credentials, error) {
	if cfg.AWSAccessKeyID != "" {
		return eks.Keys(cfg.AWSAccessKeyID, secret.NewValue([]byte(cfg.AWSSecretAccessKey.Reveal()))), nil
	}
	return eks.Chain(ctx)
}

// awsGuard is the guard of calls to AWS: the common one, and the endpoint that the operator put in the place of AWS. That
// one is open to nothing else.
func awsGuard(ctx context.Context, cfg config.Config) (*egress.Guard, error) {
	if cfg.AWSEndpoint != "" {
		endpoint, err := url.Parse(cfg.AWSEndpoint)
		if err != nil {
			return nil, fmt.Errorf("read the endpoint for AWS: %w", err)
		}
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", endpoint.Hostname())
		if err != nil {
			return nil, fmt.Errorf("resolve the endpoint for AWS: %w", err)
		}
		for _, addr := range addrs {
			cfg.EgressAllow = append(cfg.EgressAllow, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()).String()+":"+portOf(endpoint))
		}
	}
	return newGuard(ctx, cfg)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}
