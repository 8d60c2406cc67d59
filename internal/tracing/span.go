package tracing

import (
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// parentKey is the name under which W3C trace context is carried.
const parentKey = "traceparent"

// Request begins the span of a request and returns how to end it. Route is the pattern that matched: a path may name
// things, and a query may hold anything.
func (t *Traces) Request(ctx context.Context) (context.Context, func(route, method string, status int)) {
	if t == nil {
		return ctx, func(string, string, int) {}
	}
	ctx, span := t.start(ctx, "request", trace.SpanKindServer)
	return ctx, func(route, method string, status int) {
		if route != "" {
			span.SetName(route)
		}
		span.SetAttributes(attribute.String("http.request.method", telemetry.Method(method)), attribute.String("http.route", route),
			attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}

// Job begins the span of one run of a job, in the trace of what asked for it, and returns how to end it.
func (t *Traces) Job(ctx context.Context, kind string, object, clusterID int64) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.start(ctx, "job "+kind, trace.SpanKindConsumer)
	span.SetAttributes(attribute.String("roadstead.kind", kind), attribute.Int64("roadstead.object", object),
		attribute.Int64("roadstead.cluster_id", clusterID))
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, string(apperr.CodeOf(err)))
		}
		span.End()
	}
}

// Call adds a call to a cluster that has ended just now. Names of objects and words of the cluster stay out of it.
func (t *Traces) Call(ctx context.Context, e telemetry.Entry) {
	if t == nil || telemetry.Trace(ctx) == "" {
		return
	}
	end := time.Now()
	_, span := t.tracer.Start(joined(ctx), "call "+e.Verb+" "+e.Resource,
		trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-e.Duration)))
	span.SetAttributes(attribute.Int64("roadstead.cluster_id", e.ClusterID), attribute.String("roadstead.verb", e.Verb),
		attribute.String("roadstead.group", e.Group), attribute.String("roadstead.resource", e.Resource))
	if e.Status != 0 {
		span.SetAttributes(attribute.Int("http.response.status_code", e.Status))
	}
	if e.Code != "" {
		span.SetAttributes(attribute.String("error.type", e.Code))
		span.SetStatus(codes.Error, e.Code)
	}
	span.End(trace.WithTimestamp(end))
}

// start begins a span under the trace that ctx carries, and lets the context carry the span in its turn.
func (t *Traces) start(ctx context.Context, name string, kind trace.SpanKind) (context.Context, trace.Span) {
	ctx, span := t.tracer.Start(joined(ctx), name, trace.WithSpanKind(kind)) //nolint:spancheck // its user ends it
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return telemetry.WithTrace(ctx, carrier[parentKey]), span //nolint:spancheck // as above
}

func joined(ctx context.Context) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{parentKey: telemetry.Trace(ctx)})
}
