package gitlabapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// Limits slows callers down.
type Limits interface {
	// Allow counts one request. The error is apperr rate_limited and says when to come back.
	Allow(ctx context.Context, class auth.Class, key string) error
}

// slow refuses a change by a user who makes too many.
func (h *Handler) slow(ctx context.Context, c *call) error {
	if !c.writes() {
		return nil
	}
	return h.Limits.Allow(ctx, auth.Writes, auth.UserKey(c.who.UserID))
}

// tooMany tells a client when to come back, in the headers that the Go clients wait by. RateLimit-Limit is not among them:
// the clients take the one of their first answer for the rate of all their requests, and reads here have no limit.
func (h *Handler) tooMany(known *apperr.Error) *failure {
	wait := max(known.After, time.Second)
	return &failure{http.StatusTooManyRequests, map[string]any{"message": map[string]string{
		"error": "This endpoint has been requested too many times. Try again later.",
	}}, http.Header{
		"Retry-After":         {strconv.Itoa(int((wait + time.Second - 1) / time.Second))},
		"Ratelimit-Remaining": {"0"},
		"Ratelimit-Reset":     {strconv.FormatInt(h.Now().Add(wait+time.Second-1).Unix(), 10)},
	}}
}
