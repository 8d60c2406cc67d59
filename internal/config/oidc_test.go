package config_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/config"
)

func TestSignInProviderIsSetByFileEnvironmentAndFlag(t *testing.T) {
	t.Parallel()
	want := []config.OIDCGroup{
		{Claim: "platform", Group: "acme/platform", Role: "maintainer"}, {Claim: "cn=dev:x,ou=y", Group: "acme", Role: "developer"},
	}
	file := writeFile(t, `
oidc_issuer: https://login.example.com
oidc_client_id: roadstead
oidc_client_secret: s
external_url: https://roadstead.example.com
oidc_groups:
- {claim: platform, group: acme/platform, role: maintainer}
- {claim: "cn=dev:x,ou=y", group: acme, role: developer}
`)
	common := []string{
		"ROADSTEAD_OIDC_ISSUER=https://login.example.com", "ROADSTEAD_OIDC_CLIENT_ID=roadstead", "ROADSTEAD_OIDC_CLIENT_SECRET=s",
		"ROADSTEAD_EXTERNAL_URL=https://roadstead.example.com",
	}
	tests := map[string]struct {
		args, environ []string
		want          []config.OIDCGroup
	}{
		"file":        {[]string{"--config", file}, nil, want},
		"environment": {nil, append([]string{"ROADSTEAD_OIDC_GROUPS=platform=acme/platform:maintainer, a=b:guest"}, common...), []config.OIDCGroup{want[0], {Claim: "a", Group: "b", Role: "guest"}}},
		"flag":        {[]string{"--oidc-groups=platform=acme/platform:maintainer"}, common, want[:1]},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := load(t, test.args, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got.OIDCGroups); diff != "" {
				t.Errorf("mapped groups (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"profile", "email"}, got.OIDCScopes); diff != "" {
				t.Errorf("scopes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSignInProviderThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	good := config.Config{
		OIDCIssuer: "https://login.example.com", OIDCClientID: "roadstead", OIDCClientSecret: "s", ExternalURL: "https://roadstead.example.com",
	}
	tests := map[string]struct {
		change func(c *config.Config)
		want   string
	}{
		"all is set": {func(*config.Config) {}, ""},
		"a provider of this machine": {func(c *config.Config) {
			c.OIDCIssuer, c.ExternalURL = "http://127.0.0.1:5556/dex", "http://127.0.0.1:80"
		}, ""},
		"no issuer":                    {func(c *config.Config) { c.OIDCIssuer = "" }, "ROADSTEAD_OIDC_ISSUER"},
		"no client":                    {func(c *config.Config) { c.OIDCClientID = "" }, "ROADSTEAD_OIDC_CLIENT_ID"},
		"no secret":                    {func(c *config.Config) { c.OIDCClientSecret = "" }, "ROADSTEAD_OIDC_CLIENT_SECRET"},
		"an issuer without TLS":        {func(c *config.Config) { c.OIDCIssuer = "http://login.example.com" }, "to the letter"},
		"an issuer that is no address": {func(c *config.Config) { c.OIDCIssuer = "login.example.com" }, "to the letter"},
		"an issuer with a query":       {func(c *config.Config) { c.OIDCIssuer += "?realm=x" }, "to the letter"},
		"pages without TLS":            {func(c *config.Config) { c.ExternalURL = "http://roadstead.example.com" }, "ROADSTEAD_EXTERNAL_URL"},
		"a group without a role":       {func(c *config.Config) { c.OIDCGroups = []config.OIDCGroup{{Claim: "a", Group: "b"}} }, "a role"},
		"an empty scope":               {func(c *config.Config) { c.OIDCScopes = []string{""} }, "Leave it out"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			test.change(&c)
			err := c.WithDefaults().Validate()
			if refused, ok := apperr.From(err); ok != (test.want != "") || ok && !strings.Contains(refused.Hint, test.want) {
				t.Errorf("Validate() = %v, want a hint that says %q", err, test.want)
			}
		})
	}
}
