package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/telemetry"
)

func TestStateIsReadAtEachScrape(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	metrics := telemetry.NewMetrics()
	due := int64(0)
	metrics.RegisterState(telemetry.State{
		Work: func(context.Context) ([]telemetry.Backlog, error) {
			due++
			return []telemetry.Backlog{{Kind: "namespace", Running: 2, Due: due, Oldest: 90 * time.Second}}, nil
		},
		Mirror:   func(context.Context) (map[string]int64, error) { return nil, errors.New("torn") },
		Breakers: func() map[int64]bool { return map[int64]bool{7: true, 8: false} },
		Log:      telemetry.NewLogger(&log, telemetry.FormatJSON, slog.LevelInfo),
	})
	scrape(metrics)
	text := scrape(metrics)
	for _, want := range []string{
		`roadstead_work_running{kind="namespace"} 2`, `roadstead_work_due{kind="namespace"} 2`,
		`roadstead_work_oldest_due_seconds{kind="namespace"} 90`,
		`roadstead_cluster_breaker_open{cluster="7"} 1`, `roadstead_cluster_breaker_open{cluster="8"} 0`,
	} {
		if !strings.Contains(text, want+"\n") {
			t.Errorf("metrics lack %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "roadstead_mirror_views{") || !strings.Contains(log.String(), "torn") {
		t.Errorf("what cannot be read is not told to the log: %s", log.String())
	}
}

func TestCallersMakeNoLabels(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics()
	metrics.HTTPRequest("", "AAAA", 405, time.Millisecond)
	if text := scrape(metrics); strings.Contains(text, "AAAA") || !strings.Contains(text, `method="other"`) {
		t.Errorf("a caller's word is a label:\n%s", text)
	}
}
