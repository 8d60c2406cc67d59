package oidc

import (
	"errors"
	"sync"
	"time"
)

const (
	breakerFailures = 3                // calls in a row that fail open it
	breakerPause    = 30 * time.Second // until one call finds out whether it may close
)

// breaker keeps sign-ins from waiting, one after the other, for a provider that does not answer.
type breaker struct {
	now func() time.Time

	mu       sync.Mutex
	failures int       // in a row
	until    time.Time // of the pause
}

// admit lets a call out, or says that the provider is not to be waited for. The first call after a pause moves the end
// of the pause, so that others wait for what it finds.
func (b *breaker) admit() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures < breakerFailures {
		return nil
	}
	now := b.now()
	if now.Before(b.until) {
		return unavailable(errors.New("the provider failed several times in a row"))
	}
	b.until = now.Add(breakerPause)
	return nil
}

func (b *breaker) settle(ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ok {
		b.failures = 0
		return
	}
	b.failures++
	b.until = b.now().Add(breakerPause)
}
