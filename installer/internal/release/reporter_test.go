package release

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// talk keeps what was told.
type talk struct {
	mu    sync.Mutex
	lines []string
}

func (t *talk) Runningf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

func (t *talk) Handler() slog.Handler { return slog.DiscardHandler }

func (t *talk) told() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.lines)
}

// things are n missing objects.
func things(n int) []missing {
	var list []missing
	for i := range n {
		list = append(list, missing{Object: Object{Kind: "Job", Namespace: "web", Name: fmt.Sprint("j", i)}})
	}
	return list
}

// pass lets time pass in a bubble, and everything happen that is due.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestReporterTellsWhatChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		log := &talk{}
		var found atomic.Value
		found.Store(things(7))
		r := startReporter(ctx, cancel, log, func(context.Context) ([]missing, error) { return found.Load().([]missing), nil })
		first := []string{"waiting for Job web/j0, Job web/j1, Job web/j2, Job web/j3, Job web/j4, and 2 more"}
		pass(4 * time.Second)
		if got := log.told(); len(got) > 0 {
			t.Errorf("told at once: %q", got)
		}
		pass(20 * time.Second)
		if diff := cmp.Diff(first, log.told()); diff != "" {
			t.Errorf("the same is told again: %s", diff)
		}
		pass(15 * time.Second)
		if diff := cmp.Diff(slices.Repeat(first, 2), log.told()); diff != "" {
			t.Errorf("no sign of life: %s", diff)
		}
		found.Store(things(1))
		pass(5 * time.Second)
		if diff := cmp.Diff(append(slices.Repeat(first, 2), "waiting for Job web/j0"), log.told()); diff != "" {
			t.Error(diff)
		}
		cancel(nil)
		r.stop()
	})
}

func TestReporterGivesUpOnRefusedPodsAndNothingElse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		found []missing
		want  bool
	}{
		"refused":     {[]missing{{Object: Object{Kind: "Job", Name: "j"}, refused: true}}, true},
		"not refused": {things(3), false},
		"nothing":     {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				r := startReporter(ctx, cancel, &talk{}, func(context.Context) ([]missing, error) { return tc.found, nil })
				pass(time.Minute)
				if _, got := errors.AsType[*PodRefusedError](context.Cause(ctx)); got != tc.want {
					t.Errorf("got %v", context.Cause(ctx))
				}
				cancel(nil)
				r.stop()
			})
		})
	}
}
