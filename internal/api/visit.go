package api

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// recheckEvery bounds how long a stream goes on after its reader lost the right to it, when nothing is sent.
const recheckEvery = 30 * time.Second

// visit is one request and what let it in, to be asked again while it lasts.
type visit struct {
	token  string
	checks []func(context.Context) error
}

type visitKey struct{}

// still checks once more what let the request of ctx in: that its token holds, and that its owner has the right.
func (h *Handler) still(ctx context.Context) error {
	v, ok := ctx.Value(visitKey{}).(*visit)
	if !ok {
		return nil // the route is open to anybody
	}
	who, err := h.Auth.AuthenticateToken(ctx, v.token)
	if err != nil {
		return err
	}
	ctx = auth.WithIdentity(ctx, who)
	for _, check := range v.checks {
		if err := check(ctx); err != nil {
			return err
		}
	}
	return nil
}
