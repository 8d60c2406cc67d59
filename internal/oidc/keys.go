package oidc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
)

var _ oidc.KeySet = (*judgement)(nil)

const (
	keysAge   = time.Hour   // after which the provider is asked again, since a key may have been taken back
	keysPause = time.Minute // between two askings, whatever is signed with unknown keys
)

// keySet is the keys that the provider signs with.
type keySet struct {
	url   string
	fetch func(ctx context.Context, address string, into any) error
	now   func() time.Time

	mu    sync.Mutex
	keys  []jose.JSONWebKey
	at    time.Time // of the keys
	asked time.Time // of the last try
}

// judgement is the keys for one token. It remembers why they do not do: the library tells it as text only.
type judgement struct {
	keys *keySet
	err  error
}

// VerifySignature returns what a token says if a key of the provider signed it.
func (j *judgement) VerifySignature(ctx context.Context, token string) (payload []byte, err error) {
	payload, j.err = j.keys.verify(ctx, token)
	return payload, j.err
}

// verify returns what a token says if a key signed it. A token that no known key signed has the keys read again, once a
// minute at most.
func (k *keySet) verify(ctx context.Context, token string) ([]byte, error) {
	signed, err := parse(token)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.now().Sub(k.at) < keysAge {
		if payload, err := verify(signed, k.keys); err == nil {
			return payload, nil
		}
	}
	if err := k.refresh(ctx); err != nil {
		return nil, err
	}
	return verify(signed, k.keys)
}

func (k *keySet) refresh(ctx context.Context) error {
	switch now := k.now(); {
	case now.Sub(k.asked) >= keysPause:
		k.asked = now
	case now.Sub(k.at) >= keysAge:
		return unavailable(errors.New("the keys of the provider could not be read within the last minute"))
	default:
		return untrusted(errors.New("no key that was read within the last minute signed the token"))
	}
	var set jose.JSONWebKeySet
	// A browser that goes away does not end it: nobody could ask again for a minute.
	if err := k.fetch(context.WithoutCancel(ctx), k.url, &set); err != nil {
		return fmt.Errorf("read the keys of the sign-in provider: %w", err)
	}
	k.keys, k.at = slices.DeleteFunc(set.Keys, func(key jose.JSONWebKey) bool { return !usable(key) }), k.now()
	return nil
}

// usable reports whether a key may verify signatures. A symmetric key that is published is known to everybody.
func usable(key jose.JSONWebKey) bool {
	return key.Valid() && key.IsPublic() && (key.Use == "" || key.Use == "sig")
}

func parse(token string) (*jose.JSONWebSignature, error) {
	var accepted []jose.SignatureAlgorithm
	for _, a := range algorithms() {
		accepted = append(accepted, jose.SignatureAlgorithm(a))
	}
	signed, err := jose.ParseSignedCompact(token, accepted)
	if err != nil {
		return nil, fmt.Errorf("read a token: %w", untrusted(err))
	}
	return signed, nil
}

// verify tries the keys that the token may mean: the one it names, all when it names none.
func verify(signed *jose.JSONWebSignature, keys []jose.JSONWebKey) ([]byte, error) {
	header := signed.Signatures[0].Header
	for _, key := range keys {
		if header.KeyID != "" && key.KeyID != header.KeyID || key.Algorithm != "" && key.Algorithm != header.Algorithm {
			continue
		}
		if payload, err := signed.Verify(key.Key); err == nil {
			return payload, nil
		}
	}
	return nil, untrusted(errors.New("no key of the provider signed the token"))
}
