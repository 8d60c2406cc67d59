package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/telemetry"
)

func TestEveryLineOfARequestCarriesItsCorrelation(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, telemetry.FormatJSON, slog.LevelInfo).With(slog.String("part", "web"))

	ctx := telemetry.WithCorrelation(t.Context(), "abc")
	logger.InfoContext(ctx, "first")
	logger.DebugContext(ctx, "below the level")
	logger.InfoContext(t.Context(), "outside a request")

	want := []map[string]any{
		{"level": "INFO", "msg": "first", "part": "web", "correlation_id": "abc"},
		{"level": "INFO", "msg": "outside a request", "part": "web"},
	}
	if diff := cmp.Diff(want, lines(t, out.String(), "time")); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestTextFormatIsForPeople(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, telemetry.FormatText, slog.LevelInfo)

	logger.InfoContext(telemetry.WithCorrelation(t.Context(), "abc"), "ready", slog.String("address", "127.0.0.1:1"))

	if got, want := out.String(), "level=INFO msg=ready address=127.0.0.1:1 correlation_id=abc\n"; !strings.HasSuffix(got, want) {
		t.Errorf("line = %q, want it to end in %q", got, want)
	}
}

func TestCorrelationsDiffer(t *testing.T) {
	t.Parallel()
	first, second := telemetry.NewCorrelation(), telemetry.NewCorrelation()
	if first == second || len(first) != 26 {
		t.Errorf("two ids are %q and %q, want two of 26 characters", first, second)
	}
}

// lines decodes JSON lines without the fields to be ignored.
func lines(t *testing.T, text string, ignored ...string) []map[string]any {
	t.Helper()
	var decoded []map[string]any
	for line := range strings.Lines(text) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		for _, key := range ignored {
			delete(fields, key)
		}
		decoded = append(decoded, fields)
	}
	return decoded
}
