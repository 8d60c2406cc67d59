package telemetry

import (
	"context"
	"crypto/rand"
)

const keyCorrelation = "correlation_id"

type correlationKey struct{}

// NewCorrelation returns a fresh correlation id: 26 characters of A-Z and 2-7.
func NewCorrelation() string {
	return rand.Text()
}

// WithCorrelation returns a context whose log lines carry id. A request starts with one, and the jobs it causes go on
// with it, so that a person's click and a cluster's answer an hour later can be found together.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, correlationKey{}, id)
}

// Correlation returns the correlation id of ctx, or "" when it has none.
func Correlation(ctx context.Context) string {
	id, _ := ctx.Value(correlationKey{}).(string)
	return id
}
