package oidc

import (
	"context"
	"errors"
	"net/url"
)

// SignOutURL is where to send a browser that shall be signed out at the provider too (OpenID Connect RP-Initiated Logout
// 1.0, section 2), empty when the provider offers no such thing. It says by the client id who asks: an ID token as a hint
// would have to be kept for as long as the session.
func (p *Provider) SignOutURL(ctx context.Context, state string) (string, error) {
	found, _, err := p.discover(ctx)
	if err != nil {
		return "", p.explain(ctx, err)
	}
	if found.EndSessionURL == "" {
		return "", nil
	}
	u, err := url.Parse(found.EndSessionURL)
	if err != nil || !p.way.allows(u) || u.Fragment != "" {
		return "", p.explain(ctx, untrusted(errors.New("the endpoint that ends sessions is on a host that is not set")))
	}
	asked := u.Query() // the endpoint may have parameters of its own
	asked.Del("id_token_hint")
	asked.Set("client_id", p.config.ClientID)
	asked.Set("post_logout_redirect_uri", p.config.SignedOutURL)
	asked.Set("state", state)
	u.RawQuery = asked.Encode()
	return u.String(), nil
}
