package config

import (
	"bytes"
	"errors"
	"net"
	"net/url"
	"slices"
)

// OIDCGroup makes the people of one of the provider's groups members of one of ours.
type OIDCGroup struct {
	// Claim is the name of the group in the ID token, to the letter.
	Claim string `koanf:"claim"`
	// Group is the full path of ours.
	Group string `koanf:"group"`
	// Role is guest, reporter, developer, maintainer or owner.
	Role string `koanf:"role"`
}

// UnmarshalText reads the form claim=group:role, for the environment and flags. A claim may hold both signs.
func (g *OIDCGroup) UnmarshalText(text []byte) error {
	at, role := bytes.LastIndexByte(text, '='), bytes.LastIndexByte(text, ':')
	if at < 1 || role < at {
		return errors.New("a group of the provider is mapped as claim=group:role")
	}
	g.Claim, g.Group, g.Role = string(text[:at]), string(text[at+1:role]), string(text[role+1:])
	return nil
}

func (c Config) validateOIDC() error {
	if c.OIDCIssuer == "" {
		if c.OIDCClientID != "" || c.OIDCClientSecret != "" {
			return refuse("There is a client for a sign-in provider, but no provider.", "Set ROADSTEAD_OIDC_ISSUER as well.")
		}
		return nil
	}
	if c.OIDCClientID == "" || c.OIDCClientSecret == "" {
		return refuse("The sign-in provider needs to know who we are.",
			"Register a client there, then set ROADSTEAD_OIDC_CLIENT_ID and ROADSTEAD_OIDC_CLIENT_SECRET.")
	}
	if !c.keepsSecrets(c.OIDCIssuer) {
		return refuse("The sign-in provider is not at an https address.",
			"Give its issuer to the letter, like https://login.example.com/realms/main.")
	}
	if !c.keepsSecrets(c.ExternalURL) {
		return refuse("People would bring the sign-in provider's answer here without TLS.", "Set ROADSTEAD_EXTERNAL_URL to an https address.")
	}
	return c.validateOIDCGroups()
}

func (c Config) validateOIDCGroups() error {
	for _, g := range c.OIDCGroups {
		if g.Claim == "" || g.Group == "" || g.Role == "" {
			return refuse("A mapped group of the sign-in provider lacks something.", "Each has a claim, a group and a role.")
		}
	}
	if slices.Contains(c.OIDCScopes, "") || slices.Contains(c.OIDCHosts, "") {
		return refuse("A scope or host of the sign-in provider is empty.", "Leave it out.")
	}
	return nil
}

// keepsSecrets reports whether what is sent to a URL is not seen on the way: by TLS, or since it stays on this machine.
func (c Config) keepsSecrets(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	local := c.Development || listensOnLoopback(net.JoinHostPort(u.Hostname(), "0"))
	return u.Scheme == "https" || u.Scheme == "http" && local
}
