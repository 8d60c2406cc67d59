package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/roadstead/roadstead/internal/auth"
)

// skew is how far the provider's clock may be from ours.
const skew = 60 * time.Second

// expected is what an ID token must be bound to.
type expected struct{ nonce, access, code string }

// account verifies an ID token and reads who it is about.
func (p *Provider) account(ctx context.Context, keys *keySet, signing []string, raw string, e expected) (auth.Account, error) {
	said, algorithm, err := p.verified(ctx, keys, signing, raw)
	if err != nil {
		return auth.Account{}, err
	}
	if err := said.bound(algorithm, e); err != nil {
		return auth.Account{}, untrusted(err)
	}
	subject := said.text("sub")
	if subject == "" {
		return auth.Account{}, untrusted(errors.New("the token is about nobody"))
	}
	return auth.Account{
		Issuer: p.config.Issuer, Subject: subject, SID: said.text("sid"),
		Username: said.text("preferred_username"), Name: said.text("name"), Email: said.email(), Groups: said.list(p.config.GroupsClaim),
	}, nil
}

// verified checks what ID tokens and logout tokens have in common: signature, issuer, audience and times.
func (p *Provider) verified(ctx context.Context, keys *keySet, signing []string, raw string) (said claims, algorithm string, err error) {
	signed, err := parse(raw)
	if err != nil {
		return nil, "", err
	}
	algorithm = signed.Signatures[0].Header.Algorithm
	// Times are compared below, with our own tolerance.
	judged := &judgement{keys: keys}
	token, err := oidc.NewVerifier(p.config.Issuer, judged, &oidc.Config{
		ClientID: p.config.ClientID, SupportedSigningAlgs: signing, SkipExpiryCheck: true,
	}).Verify(ctx, raw)
	if err != nil {
		return nil, "", fmt.Errorf("verify a token: %w", errors.Join(judged.err, untrusted(err)))
	}
	if err := token.Claims(&said); err != nil {
		return nil, "", untrusted(err)
	}
	if err := errors.Join(said.by(p.config.Issuer), said.meant(p.config.ClientID), said.timely(p.now())); err != nil {
		return nil, "", untrusted(err)
	}
	return said, algorithm, nil
}

func (c claims) by(issuer string) error {
	if c.text("iss") != issuer {
		return errors.New("the token is by another issuer")
	}
	return nil
}

// meant wants us to be the one audience. Of several, none is sure to keep the token to itself.
func (c claims) meant(client string) error {
	audience := c.list("aud")
	if one := c.text("aud"); one != "" {
		audience = []string{one}
	}
	if len(audience) != 1 || audience[0] != client {
		return errors.New("the token is not for us alone")
	}
	if _, said := c["azp"]; said && c.text("azp") != client {
		return errors.New("the token was given to another client")
	}
	return nil
}

func (c claims) timely(now time.Time) error {
	expires, ends := c.time("exp")
	issued, dated := c.time("iat")
	from, starts := c.time("nbf")
	_, hasStart := c["nbf"]
	switch {
	case !ends || !dated || hasStart && !starts:
		return errors.New("the token lacks a time")
	case now.After(expires.Add(skew)):
		return errors.New("the token is over")
	case issued.After(now.Add(skew)), hasStart && from.After(now.Add(skew)):
		return errors.New("the token is of the future")
	}
	return nil
}

// bound checks that the token belongs to this very sign-in.
func (c claims) bound(algorithm string, e expected) error {
	if subtle.ConstantTimeCompare([]byte(c.text("nonce")), []byte(e.nonce)) != 1 || e.nonce == "" {
		return errors.New("the token is of another sign-in")
	}
	for claim, value := range map[string]string{"at_hash": e.access, "c_hash": e.code} {
		if _, said := c[claim]; said && c.text(claim) != halfHash(algorithm, value) {
			return fmt.Errorf("the %s of the token is of another sign-in", claim)
		}
	}
	return nil
}

// halfHash is the left half of a hash as the algorithm of the signature has it (OpenID Connect Core 1.0, 3.1.3.6).
func halfHash(algorithm, value string) string {
	var h hash.Hash
	switch {
	case strings.HasSuffix(algorithm, "256"):
		h = sha256.New()
	case strings.HasSuffix(algorithm, "384"):
		h = sha512.New384()
	default: // 512, and EdDSA with its curve Ed25519
		h = sha512.New()
	}
	h.Write([]byte(value))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(slices.Clip(sum[:len(sum)/2]))
}
