package workload

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

const (
	// A watch is ended by us after watchLifetime and up to a quarter more, so
	// that no connection lives for ever and not all end together.
	watchLifetime = 8 * time.Minute
	// silentAfter is how long a watch may say nothing, not even a bookmark,
	// which API servers send every minute.
	silentAfter = 5 * time.Minute
	// watchAttempts is how many watches may fail in a row before the key counts
	// as unreachable.
	watchAttempts = 3

	// flushEvery bounds how often a busy watch writes. A change that comes after
	// a quiet time is written at once.
	flushEvery = 10 * time.Millisecond
	batchSize  = 500
	// watchBuffer is how many events wait while a batch is being written. When
	// it is full the cluster has to wait.
	watchBuffer = 256

	// countEvery is how many changes may come in before the rows are counted
	// against the limit.
	countEvery = 10_000
	// incompleteEvery is how often a key that holds too much is listed again: it
	// is not watched.
	incompleteEvery = 5 * time.Minute
)

// watch keeps the rows current from a version on, over as many streams as it
// takes. It returns when ctx ends, the version expires or the cluster fails.
func (f *follower[R]) watch(ctx context.Context, version string) error {
	if f.status.Incomplete {
		return f.rest(ctx)
	}
	for failures := 0; ; failures++ {
		s := &stream[R]{follower: f, version: version, began: time.Now()}
		err := s.run(ctx)
		version = s.version
		if s.healthy() {
			failures = 0
		}
		if err := f.lost(ctx, err, failures); err != nil {
			return err
		}
		if lasted := time.Since(s.began); err == nil && lasted > pauseMin {
			continue
		}
		if !pause(ctx, failures) {
			return errStopped
		}
	}
}

// lost decides what the end of a stream means after so many failures: nil says
// that another one may go on from there.
func (f *follower[R]) lost(ctx context.Context, err error, failures int) error {
	switch {
	case ctx.Err() != nil:
		return errStopped
	case err == nil:
		return nil
	case errors.Is(err, ErrExpired), errors.Is(err, work.ErrLeaseLost), failures+1 >= watchAttempts:
		return err
	}
	return f.save(ctx, Stale, apperr.CodeOf(err))
}

// rest waits until a key that holds too much is to be listed again.
func (f *follower[R]) rest(ctx context.Context) error {
	if err := f.save(ctx, Stale, ""); err != nil {
		return err
	}
	timer := time.NewTimer(incompleteEvery)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return errStopped
	case <-timer.C:
		return ErrExpired
	}
}

// stream is one watch from its beginning to its end.
type stream[R any] struct {
	*follower[R]
	// version is where the next stream goes on: everything up to it is written.
	version string
	// progressed says that something came after the stream was opened.
	progressed bool
	began      time.Time
	pending    pending[R]
	flushed    time.Time
	changes    int
}

// healthy reports whether the stream did better than to fail at once.
func (s *stream[R]) healthy() bool { return s.progressed || time.Since(s.began) > pauseMax }

// run reads the stream until it ends: nil means that it ended in good order.
func (s *stream[R]) run(ctx context.Context) error {
	reading, stop := context.WithTimeout(ctx, watchLifetime+rand.N(watchLifetime/4))
	events := make(chan Event[R], watchBuffer)
	var ended error
	go func() {
		defer close(events)
		ended = s.source.Watch(reading, s.key, s.version, func(e Event[R]) error {
			select {
			case events <- e:
				return nil
			case <-reading.Done():
				return errStopped
			}
		})
	}()
	defer func() {
		stop()
		for range events { // until the watch has ended
		}
	}()
	if err := s.read(ctx, events); err != nil {
		return err
	}
	if reading.Err() != nil {
		return nil // our own deadline, or we are being stopped
	}
	return ended
}

// read writes the events in batches until there are no more.
func (s *stream[R]) read(ctx context.Context, events <-chan Event[R]) error {
	silence := time.NewTimer(silentAfter)
	defer silence.Stop()
	tell := time.NewTimer(0)
	defer tell.Stop()
	for {
		select {
		case <-ctx.Done():
			return errStopped
		case <-silence.C:
			return apperr.Of(apperr.ClusterTimeout)
		case <-tell.C:
		case e, open := <-events:
			if !open {
				return nil
			}
			s.pending.add(e, &s.past)
			s.gather(events)
			if err := s.flush(ctx); err != nil {
				return err
			}
			silence.Reset(silentAfter)
		}
		if wait := s.announce.due(ctx); wait > 0 {
			tell.Reset(wait)
		}
	}
}

// gather adds what has come in meanwhile, and on a busy stream what comes in
// until the next write is due.
func (s *stream[R]) gather(events <-chan Event[R]) {
	due := time.NewTimer(time.Until(s.flushed.Add(flushEvery)))
	defer due.Stop()
	for len(s.pending.objects) < batchSize {
		select {
		case e, open := <-events:
			if !open {
				return
			}
			s.pending.add(e, &s.past)
			continue
		default:
		}
		if time.Since(s.flushed) >= flushEvery {
			return
		}
		select {
		case e, open := <-events:
			if !open {
				return
			}
			s.pending.add(e, &s.past)
		case <-due.C:
			return
		}
	}
}

// flush writes what is pending and tells it.
func (s *stream[R]) flush(ctx context.Context) error {
	p := s.pending.take()
	batch := Batch[R]{Mark: s.mark}
	for ref, o := range p.objects {
		if o.removed {
			batch.Gone = append(batch.Gone, Gone{Ref: ref, Version: o.item.Version, N: s.next()})
			continue
		}
		o.item.N = s.next()
		batch.Items = append(batch.Items, o.item)
	}
	opened := p.opened && (s.status.State != Live || s.status.Code != "")
	if opened {
		s.status.State, s.status.Code = Live, ""
	}
	if p.progressed {
		s.status.AsOf, s.progressed = time.Now(), true
	}
	if err := s.rows.Write(ctx, s.status, batch); err != nil {
		return err
	}
	s.flushed = time.Now()
	s.version = later(s.version, p.version)
	s.reached = s.version
	switch {
	case opened:
		s.announce.now(ctx, s.status.Revision.N)
	case len(p.objects) > 0:
		s.announce.change(ctx, s.status.Revision.N)
	}
	return s.count(ctx, len(batch.Items))
}

// count makes the key be listed again when it has grown beyond the limit.
func (s *stream[R]) count(ctx context.Context, changed int) error {
	s.changes += changed
	if s.changes < countEvery {
		return nil
	}
	s.changes = 0
	n, err := s.rows.Count(ctx, s.status.ID)
	if err != nil {
		return err
	}
	if n > s.config.MaxItems {
		return ErrExpired
	}
	return nil
}
