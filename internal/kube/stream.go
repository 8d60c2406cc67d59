package kube

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Why a stream ended that neither its caller nor its server ended.
var (
	errReplaced = errors.New("the cluster's registration changed")
	errSlow     = errors.New("the stream did not open in time")
	errQuiet    = errors.New("the watch fell silent") // a server sends a bookmark every minute otherwise
)

// stream controls the context of a watch or log.
type stream struct {
	opened func()      // stops the clock that runs until the server answers
	fail   func(error) // ends it for a reason of ours
	end    func()      // must be called
}

// stream makes the context of a stream that must be answered within limit; 0 means that it may take for ever. It
// ends with the caller's, with the client, or by end.
func (c *Client) stream(ctx context.Context, limit time.Duration) (context.Context, stream) {
	ctx, cancel := context.WithCancelCause(quiet(ctx))
	remove := c.streams.add(cancel)
	opened := func() {}
	if limit > 0 {
		clock := time.AfterFunc(limit, func() { cancel(errSlow) })
		opened = func() { clock.Stop() }
	}
	return ctx, stream{opened: opened, fail: cancel, end: func() {
		opened()
		remove()
		cancel(nil)
	}}
}

// streamCause is the error that a stream which has ended is reported with; nil when its caller ended it.
func streamCause(ctx context.Context) error {
	switch err := context.Cause(ctx); {
	case errors.Is(err, errReplaced):
		return apperr.Of(apperr.Interrupted).With(err)
	case errors.Is(err, errSlow), errors.Is(err, errQuiet):
		return apperr.Of(apperr.ClusterTimeout).With(err)
	}
	return nil
}

// streamSet is the streams of one client.
type streamSet struct {
	mu      sync.Mutex
	closed  bool
	last    int
	cancels map[int]context.CancelCauseFunc
}

// add keeps a stream until it is removed. When the client is closed it ends at once.
func (s *streamSet) add(cancel context.CancelCauseFunc) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		cancel(errReplaced)
	}
	if s.cancels == nil {
		s.cancels = map[int]context.CancelCauseFunc{}
	}
	s.last++
	id := s.last
	s.cancels[id] = cancel
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.cancels, id)
	}
}

func (s *streamSet) open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.cancels)
}

func (s *streamSet) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, cancel := range s.cancels {
		cancel(errReplaced)
	}
}
