package api

import (
	"context"
	"crypto/sha256"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// privateToken is the header that the predecessor's clients send their token in.
const privateToken = "PRIVATE-TOKEN"

// Authenticator says whom a token belongs to.
type Authenticator interface {
	// AuthenticateToken returns an apperr unauthenticated error for a token that nobody holds.
	AuthenticateToken(ctx context.Context, token string) (auth.Identity, error)
}

// caller tells tokens apart without keeping them.
type caller [sha256.Size]byte

type callerKey struct{}

// callerOf returns whose request ctx belongs to.
func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// correlated gives a request its correlation id, unless the server has.
func correlated(ctx context.Context) context.Context {
	if telemetry.Correlation(ctx) == "" {
		return telemetry.WithCorrelation(ctx, telemetry.NewCorrelation())
	}
	return ctx
}

// identify finds out who calls, from a header only.
func (h *Handler) identify(ctx context.Context, c huma.Context) (context.Context, error) {
	for _, name := range []string{"private_token", "access_token", "token"} {
		if c.Query(name) != "" {
			return ctx, apperr.Of(apperr.Unauthenticated).WithHint(
				"Send the token in a header: addresses end up in logs. Replace this token, it has been in one.")
		}
	}
	token := tokenOf(c)
	if token == "" {
		return ctx, apperr.Of(apperr.Unauthenticated)
	}
	identity, err := h.Auth.AuthenticateToken(ctx, token)
	if err != nil {
		return ctx, err
	}
	ctx = context.WithValue(ctx, callerKey{}, caller(sha256.Sum256([]byte(token))))
	return auth.WithIdentity(ctx, identity), nil
}

func tokenOf(c huma.Context) string {
	if scheme, token, _ := strings.Cut(c.Header("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return c.Header(privateToken)
}
