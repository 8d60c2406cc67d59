package workload

import (
	"context"
	"time"
)

const (
	// quickLanes and slowLanes together are how many pages of lists a process
	// reads at a time, which bounds its memory. A cluster that needed longer than
	// slowPage for a page goes on in the slow lane, out of the way of the others.
	quickLanes = 3
	slowLanes  = 1
	slowPage   = 3 * time.Second
)

// lanes bounds how many pages are read at a time.
type lanes struct {
	quick chan struct{}
	slow  chan struct{}
}

func newLanes() *lanes {
	return &lanes{quick: make(chan struct{}, quickLanes), slow: make(chan struct{}, slowLanes)}
}

// enter waits for a place, first come first served. The caller calls leave
// when it has read its page.
func (l *lanes) enter(ctx context.Context, slow bool) (leave func(), err error) {
	lane := l.quick
	if slow {
		lane = l.slow
	}
	select {
	case <-ctx.Done():
		return nil, errStopped
	case lane <- struct{}{}:
		return func() { <-lane }, nil
	}
}
