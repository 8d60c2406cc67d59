package app

import (
	"io"
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/gitlabapi"
	"github.com/roadstead/roadstead/internal/idempotency"
	"github.com/roadstead/roadstead/internal/web"
	"github.com/roadstead/roadstead/internal/workload"
)

// webHandler builds the web half: pages and API over the domains.
func (c *core) webHandler(cfg config.Config, version string, out io.Writer) (http.Handler, error) {
	hash, err := adminToken(cfg, out)
	if err != nil {
		return nil, err
	}
	access, limits := auth.NewAccess(c.tenants), auth.NewLimits(now)
	authenticator := &auth.Service{
		Store: c.db.Auth(), Access: access, Settings: c.settings, AdminHash: hash, Issuer: cfg.OIDCIssuer, Now: now, Log: c.log,
	}
	single, err := c.singleSignOn(cfg, authenticator)
	if err != nil {
		return nil, err
	}
	mirror := &workload.Mirror{
		Keys: c.mirror, Pod: c.mirror.Pods, Deployment: c.mirror.Deployments, Now: now, Poke: c.wake,
	}
	mux := http.NewServeMux()
	(&api.Handler{
		Version: version, Auth: authenticator, Access: access, Users: authenticator, Settings: c.settings, Limits: limits,
		Tenants: c.tenants, Clusters: c.clusters, Namespaces: c.namespaces, Applications: c.applications,
		Mirror: mirror, Values: c.values, Manifests: accessPrinter{},
		Provisions: c.provisions, Bootstraps: bootstrapPrinter{cfg.AWSTemplateURL}, Audit: audit.Record{Reader: c.db.Audit()},
		Idempotency: &idempotency.Keys{Store: c.db.Idempotency(), Now: now}, Bus: c.bus, Log: c.log,
	}).Mount(mux)
	pages := &web.Handler{
		Auth: authenticator, SingleSignOn: single, Settings: c.settings, Limits: limits, Access: access, Tenant: c.tenants,
		Clusters: c.clusters, Namespaces: c.namespaces,
		Applications: c.applications, Provisions: c.provisions, Bootstraps: bootstrapPrinter{cfg.AWSTemplateURL}, Manifests: accessPrinter{},
		Audit: audit.Record{Reader: c.db.Audit()}, Values: c.values, Mirror: mirror,
		Bus: c.bus, Log: c.log, Secure: strings.HasPrefix(cfg.ExternalURL, "https://"), Now: now,
	}
	if err := pages.Mount(mux); err != nil {
		return nil, err
	}
	return apart(c.v4Handler(cfg, version, access, authenticator, limits), mux), nil
}

// v4Handler builds the API that clients of GitLab speak.
func (c *core) v4Handler(
	cfg config.Config, version string, access *auth.Access, users *auth.Service, limits *auth.Limits,
) http.Handler {
	return &gitlabapi.Handler{
		Version: version, Address: cfg.ExternalURL, Auth: users, Access: access, Groups: c.tenants, Projects: c.tenants,
		Members: c.tenants, Environments: c.tenants, Users: users, Tokens: users, Clusters: c.clusters,
		Namespaces: c.namespaces, Limits: limits, Log: c.log, Now: now,
	}
}

// wake tells the worker half that somebody looks at something new. Without one
// in this process, the others find out by themselves.
func (c *core) wake() {
	if c.poke != nil {
		c.poke()
	}
}

// http404 is what the worker role answers to everything but its health.
func http404() http.Handler { return http.NotFoundHandler() }
