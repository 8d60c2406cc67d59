package telemetry

import (
	"context"
	"crypto/rand"
	"strings"
)

const keyCorrelation = "correlation_id"

type (
	correlationKey struct{}
	traceKey       struct{}
	projectKey     struct{}
	jobKey         struct{}
	bystanderKey   struct{}
)

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

// WithBystander returns a context with a fresh correlation that is not handed on to the work that ctx wakes: whoever only
// watches is not what asked for it.
func WithBystander(ctx context.Context) context.Context {
	return context.WithValue(WithCorrelation(ctx, NewCorrelation()), bystanderKey{}, true)
}

// WithTrace returns a context whose work belongs to a trace. The parent is in the form of the W3C header traceparent.
func WithTrace(ctx context.Context, parent string) context.Context {
	return context.WithValue(ctx, traceKey{}, parent)
}

// Trace returns the trace parent of ctx, or "" when nothing is traced.
func Trace(ctx context.Context) string {
	parent, _ := ctx.Value(traceKey{}).(string)
	return parent
}

// WithProject returns a context whose calls to clusters are made for a project.
func WithProject(ctx context.Context, id int64) context.Context {
	return context.WithValue(ctx, projectKey{}, id)
}

// Project returns the project that ctx works for; 0 when it is none or many.
func Project(ctx context.Context) int64 {
	id, _ := ctx.Value(projectKey{}).(int64)
	return id
}

// WithJob returns a context whose calls to clusters are made by a job, for example "namespace/17".
func WithJob(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, jobKey{}, name)
}

// Job returns the job that ctx belongs to, or "".
func Job(ctx context.Context) string {
	name, _ := ctx.Value(jobKey{}).(string)
	return name
}

// Cause is what work that ctx asks for has to carry, so that [Resume] can go on with correlation and trace in another
// process or after a restart: the two ids with a space between. It is "" when ctx has no correlation to hand on.
func Cause(ctx context.Context) string {
	if ctx.Value(bystanderKey{}) != nil {
		return ""
	}
	return strings.TrimSpace(Correlation(ctx) + " " + Trace(ctx))
}

// Resume returns a context that goes on with what [Cause] wrote. Without a cause it is ctx itself.
func Resume(ctx context.Context, cause string) context.Context {
	id, parent, _ := strings.Cut(cause, " ")
	if id == "" {
		return ctx
	}
	return WithTrace(WithCorrelation(ctx, id), parent)
}
