package kube

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// hand moves only when told to.
type hand struct{ now time.Time }

func (h *hand) clock() time.Time     { return h.now }
func (h *hand) pass(d time.Duration) { h.now = h.now.Add(d) }
func newHand() (h *hand, b *breaker) {
	h = &hand{now: time.Unix(0, 0)}
	return h, &breaker{now: h.clock}
}

func (b *breaker) call(o outcome) bool {
	probe, err := b.admit(false, false)
	if err == nil {
		b.settle(probe, o)
	}
	return err == nil
}

func TestBreakerOpensAndProbes(t *testing.T) {
	t.Parallel()
	h, b := newHand()
	fail := func(times int) {
		for range times {
			if !b.call(unreachable) {
				t.Fatal("not let out")
			}
		}
	}
	fail(4)
	h.pass(breakerWindow)
	fail(4) // the first four are forgotten
	if !b.call(unknown) {
		t.Fatal("open after four failures within the window")
	}
	fail(1)
	if b.call(reached) {
		t.Fatal("closed after five failures")
	}
	if _, err := b.admit(true, false); err != nil {
		t.Error("a forced call is held back")
	}

	h.pass(breakerPause)
	if _, err := b.admit(false, true); apperr.CodeOf(err) != apperr.ClusterBreakerOpen {
		t.Errorf("a stream is let out to probe: %v", err)
	}
	probe, err := b.admit(false, false)
	if err != nil || !probe {
		t.Fatal("no probe after the pause")
	}
	if b.call(reached) {
		t.Error("two probes at once")
	}
	b.settle(true, unknown) // the prober gave up: the next one may try
	fail(1)                 // the probe fails: twice the pause
	h.pass(breakerPause)
	if b.call(reached) {
		t.Error("the pause did not grow")
	}
	for range 20 {
		h.pass(breakerMaxPause)
		fail(1)
	}
	h.pass(breakerMaxPause)
	if !b.call(reached) {
		t.Error("the pause grew beyond its limit")
	}
	fail(4)
	if !b.call(reached) {
		t.Error("not closed by a good probe")
	}
}

func TestBreakerSaysWhenToComeBack(t *testing.T) {
	t.Parallel()
	h, b := newHand()
	for range breakerFailures {
		b.call(unreachable)
	}
	wait := func() time.Duration {
		_, err := b.admit(false, false)
		if apperr.CodeOf(err) != apperr.ClusterBreakerOpen {
			t.Fatalf("let out, or refused with %v", err)
		}
		after, _ := apperr.AfterOf(err)
		return after
	}
	if got := wait(); got != breakerPause {
		t.Errorf("come back after %s, want %s", got, breakerPause)
	}
	h.pass(20 * time.Second)
	if got := wait(); got != 10*time.Second {
		t.Errorf("come back after %s, want 10 s", got)
	}
	h.pass(10 * time.Second)
	if probe, err := b.admit(false, false); err != nil || !probe {
		t.Fatal("no probe when the pause is over")
	}
	if got := wait(); got != breakerProbing {
		t.Errorf("come back after %s while a probe is on its way, want %s", got, breakerProbing)
	}
}

// A cluster that answers every other call never fails five times in a row.
func TestBreakerOpensAtHalfOfTheSample(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		every int           // which call fails
		pace  time.Duration // between calls
		want  int           // calls let out of 100
	}{
		"every other":       {2, time.Second, breakerSample},
		"every third":       {3, time.Second, 100},
		"slow, every other": {2, 4 * time.Second, 100}, // there are never twenty within the window
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, b := newHand()
			out := 0
			for i := range 100 {
				o := reached
				if (i+1)%tc.every == 0 {
					o = unreachable
				}
				if !b.call(o) {
					break
				}
				out++
				h.pass(tc.pace)
			}
			if out != tc.want {
				t.Errorf("%d calls were let out, want %d", out, tc.want)
			}
		})
	}
}

// Calls that were on their way when the breaker opened must not make the pause longer.
func TestBreakerIgnoresLateFailures(t *testing.T) {
	t.Parallel()
	h, b := newHand()
	for range 50 {
		if _, err := b.admit(false, false); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		b.settle(false, unreachable)
	}
	h.pass(breakerPause)
	if !b.call(reached) {
		t.Error("fifty calls at once made the pause longer")
	}
}
