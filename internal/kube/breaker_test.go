package kube

import (
	"testing"
	"time"
)

func TestBreaker(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	b := &breaker{now: func() time.Time { return now }}
	fail := func(times int) {
		for range times {
			if !b.allow(false) {
				t.Fatal("not allowed")
			}
			b.settle(unreachable)
		}
	}
	fail(4)
	now = now.Add(breakerWindow)
	fail(4) // the first four are forgotten
	b.settle(unknown)
	if !b.allow(false) {
		t.Fatal("open after four failures within the window")
	}
	b.settle(unreachable)
	if b.allow(false) {
		t.Fatal("closed after five failures")
	}
	if !b.allow(true) {
		t.Error("a forced call is held back")
	}
	b.settle(unknown)

	now = now.Add(breakerPause)
	if !b.allow(false) {
		t.Fatal("no probe after the pause")
	}
	if b.allow(false) {
		t.Error("two probes at once")
	}
	b.settle(unknown) // the prober gave up: the next one may try
	fail(1)           // the probe fails: twice the pause
	now = now.Add(breakerPause)
	if b.allow(false) {
		t.Error("the pause did not grow")
	}
	for range 20 {
		now = now.Add(breakerMaxPause)
		fail(1)
	}
	now = now.Add(breakerMaxPause)
	if !b.allow(false) {
		t.Error("the pause grew beyond its limit")
	}
	b.settle(reached)
	fail(4)
	if !b.allow(false) {
		t.Error("not closed by a good probe")
	}
}
