package app

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// A readiness is asked of the store at most once in readyFor, since it costs a
// write, and is red when there is no answer within readyWithin.
const (
	readyFor    = 2 * time.Second
	readyWithin = 2 * time.Second
)

// readiness tells whether this process can keep what it is told: a store that
// answers reads but takes no writes is of no use to most requests. A restart
// would not mend that, so it is no matter of the health check.
type readiness struct {
	write func(ctx context.Context) error
	log   *slog.Logger

	mu      sync.Mutex
	checked time.Time
	err     error
}

// ServeHTTP answers 200 or 503.
func (r *readiness) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if err := r.check(request.Context()); err != nil {
		http.Error(w, "the database takes no writes", http.StatusServiceUnavailable)
		return
	}
	_, _ = w.Write([]byte("ready\n"))
}

// check answers from its memory while that is fresh. A request that leaves
// early does not end the check of those who wait with it.
func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if time.Since(r.checked) < readyFor {
		return r.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	was := r.err
	r.err = r.write(ctx)
	r.checked = time.Now()
	switch {
	case r.err != nil && was == nil:
		r.log.ErrorContext(ctx, "the database takes no writes", slog.String("error", r.err.Error()))
	case r.err == nil && was != nil:
		r.log.InfoContext(ctx, "the database takes writes again")
	}
	return r.err
}
