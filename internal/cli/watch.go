package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/apperr"
)

// Times of following something. A server that is being restarted is back before patience ends.
const (
	rereadEvery    = 5 * time.Second
	reconnectAfter = time.Second
	patience       = time.Minute
)

// watch reads a path whenever one of the topics changes, and every five seconds in case a notice was lost, until seen
// says that it is done. It outlives a restart of the server.
func watch[T any](ctx context.Context, c *client, path string, topics []string, seen func(T) (done bool, err error)) error {
	ctx, cancel := context.WithCancel(ctx)
	var follower sync.WaitGroup
	defer follower.Wait()
	defer cancel()
	changed := make(chan struct{}, 1)
	follower.Go(func() { c.follow(ctx, topics, changed) })
	reread := time.NewTicker(rereadEvery)
	defer reread.Stop()
	for good := time.Now(); ; {
		v, err := get[T](ctx, c, path)
		switch {
		case err == nil:
			good = time.Now()
			if done, err := seen(v); done || err != nil {
				return err
			}
		case !passing(err) || time.Since(good) > patience:
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", path, ctx.Err())
		case <-changed:
		case <-reread.C:
		}
	}
}

// follow leaves a token in changed for every event of the topics, and comes back when the stream breaks.
func (c *client) follow(ctx context.Context, topics []string, changed chan<- struct{}) {
	path := "/events?topics=" + url.QueryEscape(strings.Join(topics, ","))
	for ctx.Err() == nil {
		_ = c.events(ctx, path, func(string, []byte) error {
			select {
			case changed <- struct{}{}:
			default:
			}
			return nil
		})
		pause(ctx, reconnectAfter)
	}
}

// passing reports whether an error may be gone when the server is back.
func passing(err error) bool {
	if e, ok := apperr.From(err); ok {
		return e.Code == apperr.Unavailable
	}
	p, ok := errors.AsType[*api.Problem](err)
	return ok && exitOf(p.Status) == exitUnavailable
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
