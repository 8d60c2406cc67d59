package event

import (
	"context"
	"sync"
)

// subscription holds what one subscriber has not received yet: at most one notice a topic, in order of first arrival.
type subscription struct {
	match Match
	out   chan Notice
	ready chan struct{} // holds one token while pending may be non-empty

	mu      sync.Mutex
	order   []string
	pending map[string]Notice
}

func newSubscription(match Match) *subscription {
	return &subscription{
		match:   match,
		out:     make(chan Notice),
		ready:   make(chan struct{}, 1),
		pending: make(map[string]Notice),
	}
}

// offer keeps the matching notices for the pump. A later notice replaces a waiting one of its topic, even one with a
// higher revision: revisions start again when their source does.
func (s *subscription) offer(notices []Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range notices {
		if !s.match(n.Topic) {
			continue
		}
		if _, waiting := s.pending[n.Topic]; !waiting {
			s.order = append(s.order, n.Topic)
		}
		s.pending[n.Topic] = n
	}
	if len(s.order) > 0 {
		s.wake()
	}
}

// wake leaves the token for the pump unless one is already there.
func (s *subscription) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// pump moves notices to the subscriber until ctx ends, then closes its channel. It looks again whenever something
// arrives, so that a subscriber which was not receiving gets the newest notice of a topic, not the first.
func (s *subscription) pump(ctx context.Context) {
	defer close(s.out)
	for {
		next, out := s.head()
		select {
		case <-ctx.Done():
			return
		case <-s.ready:
		case out <- next:
			s.received(next)
		}
	}
}

// head returns the notice that has waited longest and the channel for it, or a nil channel when none waits.
func (s *subscription) head() (Notice, chan<- Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return Notice{}, nil
	}
	return s.pending[s.order[0]], s.out
}

// received forgets the head, unless a newer notice took its place while it was handed over: that one queues again.
func (s *subscription) received(n Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.order = s.order[1:]
	if s.pending[n.Topic] != n {
		s.order = append(s.order, n.Topic)
		return
	}
	delete(s.pending, n.Topic)
}
