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
)

// stream is the context of a watch or log. It ends with the caller's, with the client, or by end, which must be
// called.
type stream struct {
	context.Context //nolint:containedctx // a stream is a context with a reason to end

	opened func() // stops the clock that runs until the server answers
	end    func()
}

// stream opens the context of a stream that must be answered within limit; 0 means that it may take for ever.
func (c *Client) stream(ctx context.Context, limit time.Duration) *stream {
	ctx, cancel := context.WithCancelCause(quiet(ctx))
	stop := context.AfterFunc(c.life, func() { cancel(errReplaced) })
	opened := func() {}
	if limit > 0 {
		clock := time.AfterFunc(limit, func() { cancel(errSlow) })
		opened = func() { clock.Stop() }
	}
	c.streaming.Add(1)
	return &stream{Context: ctx, opened: opened, end: sync.OnceFunc(func() {
		opened()
		stop()
		cancel(nil)
		c.streaming.Add(-1)
	})}
}

// cause is the error that a stream which has ended is reported with; nil when its caller ended it.
func (s *stream) cause() error {
	switch err := context.Cause(s); {
	case errors.Is(err, errReplaced):
		return apperr.Of(apperr.Interrupted).With(err)
	case errors.Is(err, errSlow):
		return apperr.Of(apperr.ClusterTimeout).With(err)
	}
	return nil
}
