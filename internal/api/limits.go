package api

import (
	"context"

	"github.com/roadstead/roadstead/internal/auth"
)

// Limits slows callers down. A refusal is an apperr rate_limited error that says when to come back.
type Limits interface {
	Allow(ctx context.Context, class auth.Class, key string) error
}
