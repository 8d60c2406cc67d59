package kube

import (
	"slices"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	breakerFailures = 5                // failures in a row open it, and so does
	breakerSample   = 20               // half of so many calls, if all of them were made
	breakerWindow   = 60 * time.Second // within this time
	breakerPause    = 30 * time.Second // until the first probe
	breakerMaxPause = 5 * time.Minute  // between probes while they fail
	breakerProbing  = 5 * time.Second  // after which to ask again whether a probe went well
)

// outcome is what a call says about the way to a cluster, not about the call itself.
type outcome int

const (
	reached     outcome = iota // the server answered, whatever it said
	unreachable                // no connection, no TLS, no answer in time
	unknown                    // the caller gave up first
)

// breaker stops calls to a cluster that cannot be reached, and lets one through from time to time.
type breaker struct {
	now func() time.Time

	mu      sync.Mutex
	recent  []settled     // the last calls within the window, while closed
	pause   time.Duration // 0 while closed
	until   time.Time     // of the pause
	probing bool          // one call is on its way to find out
}

type settled struct {
	at     time.Time
	failed bool
}

// admit lets a call out, or says when to come back. A forced call always goes: somebody asked for this cluster's
// state. A probe is the one call that finds out whether the pause may end; a stream is none, since the log of a quiet
// container is not answered for hours.
func (b *breaker) admit(force, stream bool) (probe bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause == 0 || force {
		return false, nil
	}
	left := b.until.Sub(b.now())
	if b.probing || stream || left > 0 {
		return false, apperr.Of(apperr.ClusterBreakerOpen).WithAfter(max(left, breakerProbing))
	}
	b.probing = true
	return true, nil
}

// settle takes the outcome of a call that was let out. While it is open a failure makes the pause longer only
// when it is the probe's: the others were on their way before.
func (b *breaker) settle(probe bool, o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if probe {
		b.probing = false
	}
	switch {
	case o == unknown:
	case o == reached && b.pause > 0:
		b.pause, b.recent = 0, nil
	case b.pause == 0:
		b.count(o == unreachable)
	case probe:
		b.open(min(2*b.pause, breakerMaxPause))
	}
}

func (b *breaker) count(failed bool) {
	now := b.now()
	b.recent = slices.DeleteFunc(b.recent, func(s settled) bool { return now.Sub(s.at) >= breakerWindow })
	if len(b.recent) == breakerSample {
		b.recent = slices.Delete(b.recent, 0, 1)
	}
	b.recent = append(b.recent, settled{now, failed})
	if failed && b.failing() {
		b.open(breakerPause)
	}
}

func (b *breaker) failing() bool {
	failures, streak := 0, 0
	for _, s := range b.recent {
		streak++
		if s.failed {
			failures++
		} else {
			streak = 0
		}
	}
	return streak >= breakerFailures || len(b.recent) == breakerSample && 2*failures >= breakerSample
}

func (b *breaker) open(pause time.Duration) {
	b.recent, b.pause, b.until = nil, pause, b.now().Add(pause)
}

func (b *breaker) closed() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pause == 0
}
