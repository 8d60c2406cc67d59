package kube

import (
	"slices"
	"sync"
	"time"
)

const (
	breakerFailures = 5                // this many …
	breakerWindow   = 60 * time.Second // … within this time open it
	breakerPause    = 30 * time.Second // until the first probe
	breakerMaxPause = 5 * time.Minute  // between probes while they fail
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

	mu       sync.Mutex
	failures []time.Time   // within the window, while closed
	pause    time.Duration // 0 while closed
	until    time.Time     // of the pause
	probing  bool          // one call is on its way to find out
}

// allow reports whether a call may go out. A forced call always may: somebody asked for this cluster's state.
func (b *breaker) allow(force bool) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause == 0 || force {
		return true
	}
	if b.probing || b.now().Before(b.until) {
		return false
	}
	b.probing = true
	return true
}

// settle takes the outcome of a call that was allowed.
func (b *breaker) settle(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	switch {
	case o == reached:
		b.failures, b.pause = nil, 0
	case o == unknown:
	case b.pause > 0:
		b.open(min(2*b.pause, breakerMaxPause))
	default:
		b.failed()
	}
}

func (b *breaker) failed() {
	now := b.now()
	b.failures = slices.DeleteFunc(b.failures, func(at time.Time) bool { return now.Sub(at) >= breakerWindow })
	b.failures = append(b.failures, now)
	if len(b.failures) >= breakerFailures {
		b.open(breakerPause)
	}
}

func (b *breaker) open(pause time.Duration) {
	b.failures, b.pause, b.until = nil, pause, b.now().Add(pause)
}
