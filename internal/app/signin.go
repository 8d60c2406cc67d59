package app

import (
	"fmt"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/oidc"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Where the sign-in provider sends browsers back to: after a sign-in, and after
// it signed them out.
const (
	callbackPath  = "/sign-in/oidc/callback"
	signedOutPath = "/sign-in/oidc/signed-out"
)

// singleSignOn lets people in by the organisation's provider; nil where none is set. Nothing is asked of it at start: it
// may be down, and those who have a token need it not.
func (c *core) singleSignOn(cfg config.Config, users *auth.Service) (*auth.SingleSignOn, error) {
	if cfg.OIDCIssuer == "" {
		return nil, nil //nolint:nilnil // the pages offer it where there is one
	}
	mapping, err := signInMapping(cfg)
	if err != nil {
		return nil, err
	}
	provider, err := oidc.New(oidc.Config{
		Issuer: cfg.OIDCIssuer, ClientID: cfg.OIDCClientID, ClientSecret: cfg.OIDCClientSecret.Reveal(),
		Scopes: cfg.OIDCScopes, GroupsClaim: cfg.OIDCGroupsClaim, Hosts: cfg.OIDCHosts,
		RedirectURL: cfg.ExternalURL + callbackPath, SignedOutURL: cfg.ExternalURL + signedOutPath,
	}, c.guard, now, c.log)
	if err != nil {
		return nil, fmt.Errorf("set up the sign-in provider: %w", err)
	}
	return &auth.SingleSignOn{
		Provider: provider, Store: c.db.Auth(), Auth: users, Members: c.tenants, Mapping: mapping,
		KnownOnly: cfg.OIDCKnownUsersOnly, Now: now, Log: c.log,
	}, nil
}

func signInMapping(cfg config.Config) (auth.Mapping, error) {
	mapping := auth.Mapping{AdminGroup: cfg.OIDCAdminGroup}
	for _, g := range cfg.OIDCGroups {
		role, err := tenant.ParseRole(g.Role)
		if err != nil {
			return auth.Mapping{}, fmt.Errorf("map the provider's group %q: %w", g.Claim, err)
		}
		mapping.Groups = append(mapping.Groups, auth.MappedGroup{Claim: g.Claim, Path: g.Group, Role: role})
	}
	return mapping, nil
}
