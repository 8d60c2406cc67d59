package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/event"
)

// Limits of waiting. A waiting request holds a goroutine and a connection, so their number is bounded; one beyond the
// bound is answered at once, as if it had not asked to wait.
const (
	maxWait        = time.Minute
	rereadEvery    = 5 * time.Second
	maxWaiters     = 500
	maxWaitersEach = 10
)

// WaitInput lets the answer wait for the end of what was started.
type WaitInput struct {
	Wait string `query:"wait" pattern:"^([1-5]?[0-9]|60)s$" example:"30s" doc:"Hold the answer until the work ends, so long at most"`
}

func (in WaitInput) duration() time.Duration {
	d, err := time.ParseDuration(in.Wait)
	if err != nil {
		return 0
	}
	return min(d, maxWait)
}

// watched is something that changes until it is done.
type watched[T any] struct {
	topics []string
	read   func(context.Context) (T, error)
	done   func(T) bool
}

// await reads until it is done, for as long as the request wants to wait and may. It reads again at every notice of its
// topics, and every five seconds, since a notice can be lost, each time for one who still may.
func await[T any](ctx context.Context, h *Handler, in WaitInput, w watched[T]) (T, error) {
	limit := in.duration()
	if limit == 0 {
		return w.read(ctx)
	}
	leave, ok := h.waiters.enter(callerOf(ctx), maxWaiters, maxWaitersEach)
	if !ok {
		return w.read(ctx)
	}
	defer leave()

	waiting, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	notices, stop := h.Bus.Subscribe(waiting, event.Topics(w.topics...))
	defer stop()
	reread := time.NewTicker(rereadEvery)
	defer reread.Stop()
	for {
		v, err := w.read(ctx)
		if err != nil || w.done(v) {
			return v, err
		}
		select {
		case _, open := <-notices:
			if !open {
				return v, nil
			}
		case <-reread.C:
		case <-leaving(ctx):
			return v, nil
		}
		if err := h.still(ctx); err != nil {
			return *new(T), err
		}
	}
}

// statusOf tells an answer that came before the end from one that did not need to wait or saw the end.
func (in WaitInput) statusOf(done bool) int {
	if in.duration() > 0 && !done {
		return http.StatusAccepted
	}
	return http.StatusOK
}
