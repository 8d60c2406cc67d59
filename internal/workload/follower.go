package workload

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

const (
	// holdFor is how long the word of a follower holds; it is given anew every
	// third of that.
	holdFor = 30 * time.Second
	// leaveTimeout bounds the last write of a follower that is being stopped.
	leaveTimeout = 5 * time.Second

	pauseMin = time.Second
	pauseMax = time.Minute
)

// errStopped is what ends a follower that is not wanted any more.
var errStopped = errors.New("stopped")

// follower keeps one key fresh: list, then watch, then list again when the
// watch cannot go on. Its fields belong to the goroutine of run.
type follower[R any] struct {
	*Followers
	rows   Rows[R]
	source Source[R]
	key    Key
	// status is as it was last written.
	status   Status
	mark     int64
	announce announcer
	past     past
	// reached is the latest version that a list or a watch came to.
	reached string
	// stale counts the lists in a row that were older than that.
	stale int
}

func newFollower[R any](f *Followers, key Key, rows Rows[R], source Source[R]) *follower[R] {
	return &follower[R]{
		Followers: f, rows: rows, source: source, key: key,
		announce: newAnnouncer(f.config.Notices, key.Topic()),
	}
}

// run follows the key under the epoch of its lease until ctx ends or the
// cluster fails, which is recorded and returned. With once it only lists.
func (f *follower[R]) run(ctx context.Context, epoch int64, once bool) error {
	status, err := f.config.Keys.Begin(ctx, f.key, epoch, time.Now().Add(holdFor))
	if err != nil {
		return err
	}
	f.status = status
	ctx, stop := context.WithCancel(ctx)
	held := make(chan struct{})
	go func() {
		defer close(held)
		f.hold(ctx, stop, status)
	}()
	f.announce.now(ctx, f.status.Revision.N)
	err = f.follow(ctx, once)
	if ctx.Err() != nil {
		err = nil // whatever the end of ctx looked like from below
	}
	stop()
	<-held
	f.leave(ctx)
	return err
}

// hold keeps the word of the follower good, and stops it when it is not
// wanted as a writer any more.
func (f *follower[R]) hold(ctx context.Context, stop context.CancelFunc, status Status) {
	tick := time.NewTicker(holdFor / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := f.config.Keys.Hold(ctx, status, time.Now().Add(holdFor)); errors.Is(err, work.ErrLeaseLost) {
				stop()
				return
			}
		}
	}
}

// leave writes the state in which nobody follows the key.
func (f *follower[R]) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	err := f.config.Keys.Leave(ctx, f.status, time.Now())
	if err != nil && !errors.Is(err, work.ErrLeaseLost) {
		f.config.Log.WarnContext(ctx, "leave a mirrored key",
			slog.String("key", f.key.String()), slog.String("error", err.Error()))
	}
	f.announce.now(ctx, f.status.Revision.N)
}

// follow lists and watches, and lists again whenever the cluster has forgotten
// the version from which the watch must go on.
func (f *follower[R]) follow(ctx context.Context, once bool) error {
	for expiries := 0; ; expiries++ {
		version, err := f.relist(ctx)
		if err == nil && once {
			return nil
		}
		began := time.Now()
		if err == nil {
			err = f.watch(ctx, version)
		}
		switch {
		case ctx.Err() != nil, errors.Is(err, work.ErrLeaseLost):
			return err
		case !errors.Is(err, ErrExpired):
			return f.unreachable(ctx, err)
		}
		if time.Since(began) > pauseMax {
			expiries = 0
		}
		if err := f.save(ctx, Stale, ""); err != nil {
			return err
		}
		if !pause(ctx, expiries) {
			return errStopped
		}
	}
}

// unreachable records why the key cannot be followed. An open breaker says
// less than the failure that opened it. Of a cluster that is not registered any
// more nothing is kept.
func (f *follower[R]) unreachable(ctx context.Context, cause error) error {
	code := apperr.CodeOf(cause)
	if code == apperr.NotFound {
		return errors.Join(cause, f.config.Keys.Forget(ctx, f.key.Cluster))
	}
	if code == apperr.ClusterBreakerOpen && f.status.Code != "" {
		code = f.status.Code
	}
	if err := f.save(ctx, Unreachable, code); err != nil {
		return errors.Join(cause, err)
	}
	return cause
}

// save writes a change of state and tells it.
func (f *follower[R]) save(ctx context.Context, state State, code apperr.Code) error {
	f.status.State, f.status.Code = state, code
	if err := f.config.Keys.Save(ctx, f.status); err != nil {
		return err
	}
	f.announce.now(ctx, f.status.Revision.N)
	return nil
}

// next is the revision of the next change.
func (f *follower[R]) next() int64 {
	f.status.Revision.N++
	return f.status.Revision.N
}

// pause waits after the nth failure in a row, counted from zero, with jitter.
// It reports false when ctx ended.
func pause(ctx context.Context, failures int) bool {
	d := min(pauseMax, pauseMin<<min(failures, 6))
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
