package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// discoveryAge is how long what the provider says of itself is believed without asking again.
const discoveryAge = time.Hour

// document is what we read of a provider's description (OpenID Connect Discovery 1.0, section 3, and
// RP-Initiated Logout 1.0, section 2.1; RFC 8414 and RFC 9207).
type document struct {
	Issuer           string   `json:"issuer"`
	AuthURL          string   `json:"authorization_endpoint"`
	TokenURL         string   `json:"token_endpoint"`
	KeysURL          string   `json:"jwks_uri"`
	EndSessionURL    string   `json:"end_session_endpoint"`
	Algorithms       []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth        []string `json:"token_endpoint_auth_methods_supported"`
	ChallengeMethods []string `json:"code_challenge_methods_supported"`
	NamesIssuer      bool     `json:"authorization_response_iss_parameter_supported"`
}

// discovered is a document that was checked, as of when.
type discovered struct {
	document

	at time.Time
}

// algorithms are the ways of signing that are accepted: with a key of which the provider keeps the private half.
func algorithms() []string {
	return []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
}

// discover returns the provider's description of itself, at most an hour old.
func (p *Provider) discover(ctx context.Context) (*discovered, *keySet, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil && p.now().Sub(p.found.at) < discoveryAge {
		return p.found, p.keys, nil
	}
	var d document
	address := strings.TrimSuffix(p.config.Issuer, "/") + "/.well-known/openid-configuration"
	if err := p.fetch(ctx, address, &d); err != nil {
		return nil, nil, fmt.Errorf("read what the sign-in provider says of itself: %w", err)
	}
	if err := p.check(d); err != nil {
		return nil, nil, fmt.Errorf("check what the sign-in provider says of itself: %w", untrusted(err))
	}
	if p.keys == nil || p.keys.url != d.KeysURL {
		p.keys = &keySet{url: d.KeysURL, fetch: p.fetch, now: p.now}
	}
	p.found = &discovered{document: d, at: p.now()}
	return p.found, p.keys, nil
}

// check refuses a description by somebody else, one that leads to hosts which nobody named, and providers that cannot
// do what a sign-in needs.
func (p *Provider) check(d document) error {
	if d.Issuer != p.config.Issuer {
		return errors.New("it names another issuer")
	}
	for _, endpoint := range []string{d.AuthURL, d.TokenURL, d.KeysURL} {
		u, err := url.Parse(endpoint)
		if err != nil || !p.way.allows(u) {
			return errors.New("an endpoint is on a host that is not set")
		}
	}
	if d.ChallengeMethods != nil && !slices.Contains(d.ChallengeMethods, "S256") {
		return errors.New("it takes no challenge by S256")
	}
	if len(d.signing()) == 0 {
		return errors.New("it signs in no way that is accepted")
	}
	return nil
}

// signing are the accepted ways in which the provider says to sign: RS256, which all must know, when it does not say.
func (d document) signing() []string {
	if d.Algorithms == nil {
		return []string{"RS256"}
	}
	return slices.DeleteFunc(algorithms(), func(a string) bool { return !slices.Contains(d.Algorithms, a) })
}

// endpoint is the description in the form of the OAuth library. The way to show the secret is chosen here: finding out
// by trial would send the code twice.
func (d document) endpoint() oauth2.Endpoint {
	style := oauth2.AuthStyleInHeader
	if d.TokenAuth != nil && !slices.Contains(d.TokenAuth, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	return oauth2.Endpoint{AuthURL: d.AuthURL, TokenURL: d.TokenURL, AuthStyle: style}
}

// fetch reads a JSON document of the provider.
func (p *Provider) fetch(ctx context.Context, address string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return untrusted(err)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := p.client.Do(request)
	if err != nil {
		return unavailable(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return untrusted(fmt.Errorf("the provider answers %d", answer.StatusCode))
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return unavailable(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return untrusted(err)
	}
	return nil
}
