package auth

import (
	"context"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

type identityKey struct{}

// WithIdentity returns a context that carries the caller. What happens in it is
// recorded as his, from the address that ctx already knew.
func WithIdentity(ctx context.Context, identity Identity) context.Context {
	actor := identity.Actor()
	actor.IP = audit.ActorFrom(ctx).IP
	return context.WithValue(audit.WithActor(ctx, actor), identityKey{}, identity)
}

// FromContext returns the caller, or false when nobody signed in.
func FromContext(ctx context.Context) (Identity, bool) {
	identity, ok := ctx.Value(identityKey{}).(Identity)
	return identity, ok
}

// Caller returns the caller, or an unauthenticated error when nobody signed in.
func Caller(ctx context.Context) (Identity, error) {
	identity, ok := FromContext(ctx)
	if !ok || identity.UserID == 0 {
		return Identity{}, apperr.Of(apperr.Unauthenticated)
	}
	return identity, nil
}
