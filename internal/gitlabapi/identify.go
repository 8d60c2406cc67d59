package gitlabapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// privateToken is the header of the predecessor's own tokens.
const privateToken = "Private-Token"

// identify finds out who calls, and makes the request his act.
func (h *Handler) identify(ctx context.Context, c *call) (context.Context, error) {
	token := tokenOf(c.request)
	if token == "" {
		return ctx, unauthorized()
	}
	who, err := h.Auth.AuthenticateToken(ctx, token)
	if err != nil {
		return ctx, err
	}
	c.who = who
	if telemetry.Correlation(ctx) == "" {
		ctx = telemetry.WithCorrelation(ctx, telemetry.NewCorrelation())
	}
	actor := audit.Actor{
		Kind: audit.Token, UserID: who.UserID, Name: who.Name, TokenID: who.TokenID, IP: audit.ActorFrom(ctx).IP,
	}
	ctx = auth.WithIdentity(audit.WithActor(ctx, actor), who)
	c.request = c.request.WithContext(ctx)
	if c.writes() && !who.Writes() {
		return ctx, insufficientScope()
	}
	return ctx, nil
}

// writes reports whether the request is one that may change something.
func (c *call) writes() bool {
	return c.request.Method != http.MethodGet && c.request.Method != http.MethodHead
}

// tokenOf takes the token from the headers only, and none at all from a request that has one in its address: addresses
// end up in logs, and a client that puts tokens there shall find out at once.
func tokenOf(r *http.Request) string {
	query := r.URL.Query()
	if query.Has("private_token") || query.Has("access_token") || query.Has("job_token") {
		return ""
	}
	if token := r.Header.Get(privateToken); token != "" {
		return token
	}
	if scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "bearer") {
		return strings.TrimSpace(token)
	}
	return ""
}
