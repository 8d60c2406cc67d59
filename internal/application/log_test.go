package application_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/work"
)

// lines renders what is stored, without the cleaned text's end.
func (w *world) lines(id int64) []string {
	w.t.Helper()
	stored, err := w.store.Log(w.t.Context(), id, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, l := range stored {
		out = append(out, fmt.Sprintf("%d %s", l.Seq, l.Text))
	}
	return out
}

// logged installs with a pod that ended and left this log.
func logged(t *testing.T, log string) []string {
	t.Helper()
	w := newWorld(t)
	w.cluster.logs = func(bool) io.ReadCloser { return io.NopCloser(strings.NewReader(log)) }
	op := w.end(w.install(application.InstallRequest{Name: "web"}))
	return w.lines(op.ID)
}

func TestLog_numbers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		log  string
		want []string
	}{
		"as the lines say": {"seq=1 a=b\nseq=2 a=b\n", []string{"1 seq=1 a=b", "2 seq=2 a=b"}},
		"a panic after the last line": {
			"seq=1 a=b\npanic: no\n\ngoroutine 1", []string{"1 seq=1 a=b", "2 panic: no", "3 ", "4 goroutine 1"},
		},
		"a foreign line between":   {"seq=1 a=b\nW klog\nseq=2 a=b\n", []string{"1 seq=1 a=b", "2 W klog", "3 seq=2 a=b"}},
		"old lines dropped":        {"seq=1 a=b\nseq=70 a=b\n", []string{"1 seq=1 a=b", "70 seq=70 a=b"}},
		"a number beyond belief":   {"seq=9223372036854775807 a=b\nseq=2 a=b\n", []string{"1 seq=9223372036854775807 a=b", "2 seq=2 a=b"}},
		"terminal escapes are cut": {"\x1b[31mred\x1b[0m\n", []string{"1 red"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, logged(t, tc.log)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLog_longLinesAreCut(t *testing.T) {
	t.Parallel()
	got := logged(t, strings.Repeat("x", 100_000)+"\nnext\n")
	if len(got) != 2 || len(got[0]) > 16<<10+2 || got[1] != "2 next" {
		t.Errorf("%d lines, the first of %d bytes", len(got), len(got[0]))
	}
}

// A follower stores lines as they come, passes over what is stored, reads a
// broken stream again, and wakes the operation when the pod has ended.
func TestFollowers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.cluster.run = func(pod) application.PodFacts { return application.PodFacts{Found: true} }
		op := w.install(application.InstallRequest{Name: "web"})
		if _, err := w.step(op); err != nil {
			t.Fatal(err)
		}
		stored := []application.LogLine{{Seq: 1, Text: "seq=1 a=b"}}
		if err := w.store.AppendLog(t.Context(), op.ID, 1, stored); err != nil {
			t.Fatal(err)
		}
		clear(w.store.state.due)

		firstIn, firstOut := io.Pipe()
		secondIn, secondOut := io.Pipe()
		streams := []io.ReadCloser{firstIn, secondIn}
		w.cluster.logs = func(bool) io.ReadCloser {
			next := streams[0]
			streams = streams[1:]
			return next
		}
		facts := make(chan application.PodFacts)
		w.cluster.watch = func(_ context.Context, seen func(application.PodFacts)) {
			for f := range facts {
				seen(f)
			}
		}
		ended := make(chan error)
		go func() { ended <- w.follow(t.Context(), 2) }()

		facts <- application.PodFacts{Found: true, Waiting: "ContainerCreating"}
		facts <- application.PodFacts{Found: true, Started: true}
		say(t, firstOut, "seq=1 a=b\nseq=2 a=b\nseq=3 a")
		<-time.After(100 * time.Millisecond) // of the bubble's clock: longer than a line may wait
		if diff := cmp.Diff([]string{"1 seq=1 a=b", "2 seq=2 a=b"}, w.lines(op.ID)); diff != "" {
			t.Errorf("while it runs (-want +got):\n%s", diff)
		}
		_ = firstOut.Close()
		say(t, secondOut, "seq=1 a=b\nseq=2 a=b\nseq=3 a=b\n")
		_ = secondOut.Close()
		close(facts)
		if err := <-ended; err != nil {
			t.Errorf("the follower ended with %v", err)
		}
		if diff := cmp.Diff([]string{"1 seq=1 a=b", "2 seq=2 a=b", "3 seq=3 a=b"}, w.lines(op.ID)); diff != "" {
			t.Errorf("at the end (-want +got):\n%s", diff)
		}
		if _, ok := w.store.state.due[work.Ref{Kind: application.KindOperation, Object: op.ID, Cluster: clusterID}]; !ok {
			t.Error("the operation was not woken")
		}
	})
}

func say(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Error(err)
	}
}

// follow runs the follower of the one running operation.
func (w *world) follow(ctx context.Context, epoch int64) error {
	followers, err := (&application.Followers{Store: w.store, Runner: w.cluster}).Wanted(ctx)
	if err != nil || len(followers) != 1 {
		return fmt.Errorf("%d followers: %w", len(followers), err)
	}
	return followers[0].Run(ctx, epoch)
}

func TestFollowers_wakesWhenTheImageCannotBePulled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.run = func(pod) application.PodFacts { return application.PodFacts{Found: true} }
	op := w.install(application.InstallRequest{Name: "web"})
	if _, err := w.step(op); err != nil {
		t.Fatal(err)
	}
	clear(w.store.state.due)
	woken := 0
	w.store.committed = func() { woken++ }
	w.cluster.watch = func(_ context.Context, seen func(application.PodFacts)) {
		for range 3 {
			seen(application.PodFacts{Found: true, Waiting: "ImagePullBackOff"})
		}
	}
	if err := w.follow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	if woken != 2 {
		t.Errorf("woken %d times, want once for the trouble and once for the end", woken)
	}
}

// A follower that lost its lease must not write into its successor's log, and
// must not go on watching.
func TestFollowers_lostLease(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.cluster.run = func(pod) application.PodFacts { return application.PodFacts{Found: true} }
	op := w.install(application.InstallRequest{Name: "web"})
	if _, err := w.step(op); err != nil {
		t.Fatal(err)
	}
	if err := w.store.AppendLog(t.Context(), op.ID, 5, nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w.cluster.watch = func(ctx context.Context, seen func(application.PodFacts)) {
		seen(application.PodFacts{Found: true, Started: true})
		<-ctx.Done()
	}
	if err := w.follow(ctx, 4); !errors.Is(err, work.ErrLeaseLost) {
		t.Errorf("the follower ended with %v", err)
	}
	if got := w.lines(op.ID); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
}

func TestSteps(t *testing.T) {
	t.Parallel()
	at := func(second int) time.Time { return time.Date(2026, 1, 2, 3, 4, second, 0, time.UTC) }
	line := func(second int, seq int64, step, state, msg string) application.LogLine {
		return application.LogLine{Seq: seq, Text: fmt.Sprintf("time=%s seq=%d step=%s state=%s msg=%q",
			at(second).Format(time.RFC3339Nano), seq, step, state, msg)}
	}
	op := application.Operation{
		Phase: application.PhaseFailed, Code: apperr.HookFailed, CreatedAt: at(0), StartedAt: at(1), FinishedAt: at(9),
	}
	got := application.Steps(op, []application.LogLine{
		line(2, 1, "prepare", "started", "begins"),
		line(3, 2, "prepare", "succeeded", "all there"),
		{Seq: 3, Text: "W1234 a line of a library"},
		line(4, 4, "apply", "started", "installs"),
		line(5, 5, "apply", "running", `helm| says "hello"`),
	})
	want := []application.Step{
		{Name: "rights", State: application.StepSucceeded, StartedAt: at(0), EndedAt: at(1)},
		{Name: "pod", State: application.StepSucceeded, StartedAt: at(1), EndedAt: at(2)},
		{Name: "prepare", State: application.StepSucceeded, StartedAt: at(2), EndedAt: at(3), Message: "all there"},
		{Name: "apply", State: application.StepFailed, StartedAt: at(4), Message: `helm| says "hello"`},
		{Name: "collect", State: application.StepSucceeded, EndedAt: at(9)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSteps_beforeThePod(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		op   application.Operation
		want []application.Step
	}{
		"waiting":        {application.Operation{Phase: application.PhasePending}, []application.Step{{Name: "rights", State: application.StepRunning}}},
		"rights missing": {application.Operation{Phase: application.PhaseFailed}, []application.Step{{Name: "rights", State: application.StepFailed}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tc.want, application.Steps(tc.op, nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
