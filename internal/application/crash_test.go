package application_test

import (
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
)

// TestMachine_crashes kills the process after every commit and every call to
// the cluster, and lets another one go on.
func TestMachine_crashes(t *testing.T) {
	t.Parallel()
	fails := func(p pod) application.PodFacts {
		return ended(application.Verdict{Operation: p.op.Token, Outcome: "failed", Code: apperr.HookFailed})
	}
	for name, tc := range map[string]struct {
		run       func(pod) application.PodFacts
		uninstall bool
		state     application.State
		releases  int
		pods      int
	}{
		"install":   {run: succeeds, state: application.Installed, releases: 1},
		"failure":   {run: fails, state: application.Errored, pods: 1},
		"uninstall": {run: succeeds, uninstall: true, state: application.Installable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := 1
			for ; ; k++ {
				w := newWorld(t)
				w.cluster.run = tc.run
				var op application.Operation
				if tc.uninstall {
					w.end(w.install(application.InstallRequest{Name: "web"}))
					op = w.uninstall("web")
				} else {
					op = w.install(application.InstallRequest{Name: "web", Values: []byte("a: 1")})
				}
				died := w.dieAt(k, op)
				end := w.end(op)
				if got := w.application("web").State; got != tc.state {
					t.Errorf("killed at %d: state %s, want %s", k, got, tc.state)
				}
				if len(w.cluster.releases) != tc.releases || len(w.cluster.objects) != 0 || len(w.cluster.pods) != tc.pods {
					t.Errorf("killed at %d: releases %v, objects %v, pods %v", k, w.cluster.releases, w.cluster.objects, w.cluster.pods)
				}
				if w.cluster.runs[op.Token] != 1 {
					t.Errorf("killed at %d: the pod ran %d times", k, w.cluster.runs[op.Token])
				}
				if lines, _ := w.service.Log(t.Context(), end.ID, 0, 10); len(lines) != 3 {
					t.Errorf("killed at %d: %d log lines, want 3", k, len(lines))
				}
				if !died {
					break
				}
			}
			t.Logf("killed at %d places", k-1)
			if k < 10 {
				t.Errorf("only %d places to die at: the test looks at too little", k-1)
			}
		})
	}
}

// dieAt runs the machine and stops it dead after its k-th commit or call. It
// reports false when it ended before.
func (w *world) dieAt(k int, op application.Operation) (died bool) {
	type death struct{}
	n := 0
	count := func() {
		if n++; n == k {
			panic(death{})
		}
	}
	w.store.committed, w.cluster.called = count, func(string) { count() }
	defer func() {
		w.store.committed, w.cluster.called = func() {}, func(string) {}
		if r := recover(); r != nil {
			if _, ok := r.(death); !ok {
				panic(r)
			}
			died = true
		}
	}()
	w.end(op)
	return false
}
