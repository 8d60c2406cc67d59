package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// ledger remembers what was recorded: cluster, job and correlation.
type ledger struct {
	mu   sync.Mutex
	rows []string
}

func (l *ledger) Record(_ context.Context, acts ...audit.Act) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, act := range acts {
		checked, err := act.Entry.Checked()
		if err != nil {
			return err
		}
		l.rows = append(l.rows, fmt.Sprint(checked.Object.ID, " ", checked.Detail["job"], " ", telemetry.Correlation(act.Context)))
	}
	return nil
}

// step is the context of a step of work, as a runner makes it.
func step(t *testing.T, kind work.Kind, object int64, cause string) context.Context {
	t.Helper()
	return enter(t.Context(), work.Claim{Ref: work.Ref{Kind: kind, Object: object}, Cause: cause})
}

func TestTheUseOfACredentialIsRecordedOncePerJobAndCause(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	uses := newCredentialUses(l, slog.New(slog.DiscardHandler))
	ctx, stop := context.WithCancel(t.Context())
	stop() // what was noted before the stop is still written
	for range 3 {
		uses.note(step(t, "namespace", 1, "ASKED"), 7, "production")
	}
	uses.note(step(t, "namespace", 1, "ASKED AGAIN"), 7, "production")
	uses.note(step(t, "namespace", 2, "ASKED"), 7, "production")
	uses.note(step(t, "namespace", 1, "ASKED"), 8, "staging")
	timer := step(t, "value", 9, "")
	uses.note(timer, 7, "production")
	uses.note(step(t, "value", 9, ""), 7, "production") // a minute later
	if err := uses.run(ctx); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"7 namespace/1 ASKED", "7 namespace/1 ASKED", "7 namespace/2 ASKED", "8 namespace/1 ASKED", "7 value/9 " + telemetry.Correlation(timer),
	}
	if diff := cmp.Diff(want, l.rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

// TestNotingAUseNeverWaits: nobody writes, and the backlog is full.
func TestNotingAUseNeverWaits(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	uses := newCredentialUses(l, slog.New(slog.DiscardHandler))
	for i := range useBacklog + 5 {
		uses.note(step(t, "value", int64(i), ""), 7, "production")
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := uses.run(ctx); err != nil {
		t.Fatal(err)
	}
	uses.note(step(t, "value", useBacklog+1, ""), 7, "production") // found no room before
	if err := uses.run(ctx); err != nil || len(l.rows) != useBacklog+1 {
		t.Errorf("%d rows, %v; want %d", len(l.rows), err, useBacklog+1)
	}
}
