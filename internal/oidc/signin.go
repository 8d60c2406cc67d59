package oidc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// AuthURL is where to send a browser to sign in. The challenge is always one by S256.
func (p *Provider) AuthURL(ctx context.Context, c auth.Challenge) (string, error) {
	found, _, err := p.discover(ctx)
	if err != nil {
		return "", p.explain(ctx, err)
	}
	return p.oauth(found).AuthCodeURL(c.State, oauth2.S256ChallengeOption(c.Verifier), oauth2.SetAuthURLParam("nonce", c.Nonce)), nil
}

// Redeem turns the code of an answer into who has signed in.
func (p *Provider) Redeem(ctx context.Context, a auth.Answer, c auth.Challenge) (auth.Account, error) {
	found, keys, err := p.discover(ctx)
	if err != nil {
		return auth.Account{}, p.explain(ctx, err)
	}
	// Another provider may have led the browser here with its own code (RFC 9207).
	if a.Issuer == "" && found.NamesIssuer || a.Issuer != "" && a.Issuer != p.config.Issuer {
		return auth.Account{}, p.explain(ctx, untrusted(errors.New("the answer does not name the issuer")))
	}
	tokens, err := p.oauth(found).Exchange(context.WithValue(ctx, oauth2.HTTPClient, p.client), a.Code, oauth2.VerifierOption(c.Verifier))
	if err != nil {
		return auth.Account{}, p.explain(ctx, fmt.Errorf("exchange the code: %w", refused(err)))
	}
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		return auth.Account{}, p.explain(ctx, untrusted(errors.New("the provider gives no ID token")))
	}
	account, err := p.account(ctx, keys, found.signing(), raw, expected{nonce: c.Nonce, access: tokens.AccessToken, code: a.Code})
	if err != nil {
		return auth.Account{}, p.explain(ctx, err)
	}
	return account, nil
}

func (p *Provider) oauth(d *discovered) *oauth2.Config {
	return &oauth2.Config{
		ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, Endpoint: d.endpoint(),
		RedirectURL: p.config.RedirectURL, Scopes: append([]string{"openid"}, p.config.Scopes...),
	}
}

// refused gives a failed exchange its code: that of the transport, or else the provider does not want the code.
func refused(err error) error {
	if answer, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return untrusted(errors.New("the provider refuses the code: " + answer.ErrorCode))
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return unavailable(err)
	}
	return untrusted(err)
}

// explain writes the cause of a failure to the log and returns what people may see of it.
func (p *Provider) explain(ctx context.Context, err error) error {
	shown, ok := apperr.From(err)
	if !ok {
		shown = apperr.Of(apperr.SignInUntrusted)
	}
	cause := err
	if inner := errors.Unwrap(shown); inner != nil {
		cause = inner
	}
	p.log.WarnContext(ctx, "sign-in provider", slog.String("code", string(shown.Code)), slog.String("error", apperr.Quote(cause.Error())))
	return shown
}
