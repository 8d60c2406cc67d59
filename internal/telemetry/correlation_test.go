package telemetry_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/telemetry"
)

func TestResumeGoesOnWithACause(t *testing.T) {
	t.Parallel()
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for name, tc := range map[string]struct{ correlation, trace string }{
		"both": {"abc", parent}, "not traced": {"abc", ""}, "nothing": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := telemetry.WithTrace(telemetry.WithCorrelation(t.Context(), tc.correlation), tc.trace)
			resumed := telemetry.Resume(t.Context(), telemetry.Cause(ctx))
			if got := telemetry.Correlation(resumed); got != tc.correlation {
				t.Errorf("correlation = %q, want %q", got, tc.correlation)
			}
			if got := telemetry.Trace(resumed); got != tc.trace {
				t.Errorf("trace = %q, want %q", got, tc.trace)
			}
		})
	}
	own := telemetry.WithCorrelation(t.Context(), "own")
	if got := telemetry.Correlation(telemetry.Resume(own, "")); got != "own" {
		t.Errorf("without a cause the correlation becomes %q", got)
	}
}

func TestABystanderIsNoCause(t *testing.T) {
	t.Parallel()
	ctx := telemetry.WithBystander(telemetry.WithCorrelation(t.Context(), "abc"))
	if id := telemetry.Correlation(ctx); id == "" || id == "abc" {
		t.Errorf("correlation = %q, want one of its own", id)
	}
	if cause := telemetry.Cause(ctx); cause != "" {
		t.Errorf("cause = %q, want none", cause)
	}
}
