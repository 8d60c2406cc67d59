package tracing_test

import (
	"errors"
	"testing"

	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/tracing"
)

// TestTracesThatAreOffDoNothing goes through all of it, as every process without a collector does.
func TestTracesThatAreOffDoNothing(t *testing.T) {
	t.Parallel()
	var off *tracing.Traces
	ctx, ended := off.Request(t.Context())
	ended("GET /x", "GET", 500)
	ctx, done := off.Job(ctx, "namespace", 1, 2)
	off.Call(ctx, telemetry.Entry{Verb: "get"})
	done(errors.New("no"))
	if got := telemetry.Trace(ctx); got != "" {
		t.Errorf("the context carries the trace %q", got)
	}
	if err := off.Close(ctx); err != nil {
		t.Error(err)
	}
}
