package auth

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
)

// OfferSignOut returns the secret by which a browser, once its session here has
// ended, may go on to sign out at the provider: see [SingleSignOn.SignOutURL].
// It is empty when the session did not come from there, or the provider signs
// nobody out on demand. Ask before the session ends.
func (s *SingleSignOn) OfferSignOut(ctx context.Context, sessionID int64) (secret string, err error) {
	from, err := s.Store.ProviderSession(ctx, sessionID)
	if apperr.CodeOf(err) == apperr.NotFound || err == nil && from.Issuer != s.Provider.Issuer() {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("find where session %d came from: %w", sessionID, err)
	}
	secret = rand.Text()
	address, err := s.SignOutURL(ctx, secret)
	if err != nil || address == "" {
		return "", err
	}
	return secret, nil
}

// SignOutURL is where a browser signs out at the provider. It comes back with
// the secret.
func (s *SingleSignOn) SignOutURL(ctx context.Context, secret string) (string, error) {
	address, err := s.Provider.SignOutURL(ctx, secret)
	if err != nil {
		return "", fmt.Errorf("find where the provider signs people out: %w", err)
	}
	return address, nil
}
