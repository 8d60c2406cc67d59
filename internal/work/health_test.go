package work_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

func TestWhatAStepShowsOfItsCluster(t *testing.T) {
	t.Parallel()
	breaker := fmt.Errorf("call: %w", apperr.Of(apperr.ClusterBreakerOpen).WithAfter(5*time.Minute))
	for name, test := range map[string]struct {
		err      error
		heard    []apperr.Code
		failures int
		hold     [2]time.Duration // least and most
		released bool
		attempt  int
	}{
		"it says when to come back": {err: breaker, hold: [2]time.Duration{5 * time.Minute, 5 * time.Minute}},
		"it says so for a day": {
			err: apperr.Of(apperr.ClusterThrottled).WithAfter(24 * time.Hour), hold: [2]time.Duration{time.Hour, time.Hour},
		},
		"it is away": {
			err: apperr.Of(apperr.ClusterTimeout), attempt: 1, hold: [2]time.Duration{750 * time.Millisecond, 1250 * time.Millisecond},
		},
		"it is away for long": {
			err: apperr.Of(apperr.ClusterRefused), failures: 40, attempt: 1, hold: [2]time.Duration{22 * time.Second, 38 * time.Second},
		},
		"its failure was swallowed": {
			heard: []apperr.Code{"", apperr.ClusterServerError}, hold: [2]time.Duration{750 * time.Millisecond, 1250 * time.Millisecond},
		},
		"it failed and then served":  {heard: []apperr.Code{apperr.ClusterTimeout, ""}, failures: 2, released: true},
		"we broke the call off":      {heard: []apperr.Code{apperr.Interrupted}, failures: 2},
		"we are short of memory":     {err: apperr.Of(apperr.Unavailable).WithAfter(time.Minute), failures: 2, attempt: 1},
		"it is back":                 {heard: []apperr.Code{""}, failures: 2, released: true},
		"it is back and refuses":     {err: apperr.Of(apperr.ClusterForbidden), heard: []apperr.Code{apperr.ClusterForbidden}, failures: 2, released: true, attempt: 1},
		"it was well":                {heard: []apperr.Code{""}},
		"it was not asked":           {failures: 2},
		"the failure is one of ours": {err: errors.New("no database"), attempt: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, first := &rows{failures: test.failures}, true
				drain(t, r, func(ctx context.Context, _ work.Claim) (work.Next, error) {
					if !first {
						return work.Done(), nil
					}
					first = false
					for _, code := range test.heard {
						work.Heard(ctx, code)
					}
					return work.After(time.Hour), test.err
				})
				if r.hold < test.hold[0] || r.hold > test.hold[1] {
					t.Errorf("the cluster is held for %v, want %v", r.hold, test.hold)
				}
				if r.released != test.released || r.attempt != test.attempt {
					t.Errorf("released %t, attempt %d, want %t, %d", r.released, r.attempt, test.released, test.attempt)
				}
			})
		})
	}
}

// journal is what a runner says, by level and by outcome.
type journal struct {
	mu       sync.Mutex
	lines    bytes.Buffer
	outcomes []work.Outcome
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.lines.Write(p)
}

func (j *journal) ended(_ work.Kind, outcome work.Outcome, _ time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.outcomes = append(j.outcomes, outcome)
}

// said reports whether the log holds the text.
func (j *journal) said(text string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Contains(j.lines.String(), text)
}

// runUntilParked drains r until its item is set aside, three times at most.
func runUntilParked(t *testing.T, r *rows, step work.Step) *journal {
	t.Helper()
	j := &journal{}
	runner := work.NewRunner(r, "me", map[work.Kind]work.Step{"thing": step}, slog.New(slog.NewTextHandler(j, nil)))
	runner.Ended = j.ended
	for range 3 {
		time.Sleep(time.Until(r.due)) //nolint:forbidigo // the clock is a fake one
		if _, err := runner.Drain(t.Context(), work.Slot{Cluster: 7}); err != nil {
			t.Fatal(err)
		}
	}
	if wait := time.Until(r.due); wait < 30*time.Minute {
		t.Errorf("after %v it is due again in %v", j.outcomes, wait)
	}
	if !j.said("work parked: its step broke down each time") {
		t.Errorf("the log does not tell:\n%s", j.lines.String())
	}
	return j
}

func TestAStepThatPanicsThreeTimesIsParked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := runUntilParked(t, &rows{}, func(context.Context, work.Claim) (work.Next, error) { panic("MARKER of a cluster") })
		if fmt.Sprint(j.outcomes) != "[panicked panicked parked]" {
			t.Errorf("counted %v", j.outcomes)
		}
		if j.said("MARKER") {
			t.Error("the log holds what the panic said")
		}
	})
}

func TestAStepThatIgnoresItsContextIsLeftBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		began := time.Now()
		j := runUntilParked(t, &rows{}, func(context.Context, work.Claim) (work.Next, error) {
			<-release
			return work.Done(), nil
		})
		if fmt.Sprint(j.outcomes) != "[stuck stuck parked]" {
			t.Errorf("counted %v", j.outcomes)
		}
		if took := time.Since(began); took > 8*time.Minute {
			t.Errorf("three runs held their slot for %v", took)
		}
		close(release)
		synctest.Wait()
		if !j.said("work step ended after it was given up") {
			t.Error("the log does not tell of the late end")
		}
	})
}
