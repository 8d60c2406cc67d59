package oidc

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/roadstead/roadstead/internal/auth"
)

// logoutEvent is what a logout token must be about (OpenID Connect Back-Channel Logout 1.0, section 2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// ReadLogout verifies a logout token. An ID token is none: it has a nonce, and no event.
func (p *Provider) ReadLogout(ctx context.Context, token string) (auth.Logout, error) {
	found, keys, err := p.discover(ctx)
	if err != nil {
		return auth.Logout{}, p.explain(ctx, err)
	}
	said, _, err := p.verified(ctx, keys, found.signing(), token)
	if err != nil {
		return auth.Logout{}, p.explain(ctx, err)
	}
	if err := said.ends(); err != nil {
		return auth.Logout{}, p.explain(ctx, untrusted(err))
	}
	issued, _ := said.time("iat") // a verified token has it
	return auth.Logout{Issuer: p.config.Issuer, Subject: said.text("sub"), SID: said.text("sid"), IssuedAt: issued}, nil
}

// ends checks that the token says that somebody's sessions have ended.
func (c claims) ends() error {
	var events map[string]json.RawMessage
	var about map[string]json.RawMessage
	if json.Unmarshal(c["events"], &events) != nil || json.Unmarshal(events[logoutEvent], &about) != nil || about == nil {
		return errors.New("the token is not about the end of a session")
	}
	if _, said := c["nonce"]; said {
		return errors.New("a logout token has no nonce")
	}
	if c.text("jti") == "" || c.text("sub") == "" && c.text("sid") == "" {
		return errors.New("the token does not say whose sessions have ended")
	}
	return nil
}
