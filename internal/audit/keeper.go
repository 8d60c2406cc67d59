package audit

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/work"
)

const (
	// linkEvery bounds how long an event waits for its place in the chain.
	linkEvery = time.Second
	// checkpointEvery is how often the chain gets a checkpoint, unless nothing happened.
	checkpointEvery = time.Hour
	// batch is how many links one transaction writes or deletes.
	batch = 500
)

// Keeper chains the record. One of all workers does so at a time; should two think it is them, the store refuses what the
// second one writes.
type Keeper struct {
	Store  ChainStore
	Signer Signer
	// Keep says how long rows are kept. It is asked each time that old ones are deleted.
	Keep func(ctx context.Context) (time.Duration, error)
	// Ship gets each checkpoint as a line.
	Ship io.Writer
	Log  *slog.Logger
	Now  func() time.Time
}

// Wanted implements work.Wanted: the record is always to be chained.
func (k *Keeper) Wanted(context.Context) ([]work.Follower, error) {
	return []work.Follower{{Key: "audit", Run: func(ctx context.Context, _ int64) error {
		return (&shift{Keeper: k}).run(ctx)
	}}}, nil
}

// shift is the time for which one worker is the keeper.
type shift struct {
	*Keeper

	// head is how far this worker has come, by its own memory.
	head Head
	// due is when the next checkpoint is to be made.
	due time.Time
}

func (s *shift) run(ctx context.Context) error {
	tick := time.NewTicker(linkEvery)
	defer tick.Stop()
	for {
		if err := s.turn(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// turn chains what waits, and makes a checkpoint when it is time.
func (s *shift) turn(ctx context.Context) error {
	waiting, err := s.Store.Waiting(ctx)
	for linked := batch; err == nil && waiting > 0 && linked == batch; {
		linked, err = s.link(ctx)
	}
	if err != nil || s.Now().Before(s.due) {
		return err
	}
	return s.tend(ctx)
}

// link chains the first events that wait and returns how many.
func (s *shift) link(ctx context.Context) (count int, err error) {
	var head Head
	err = s.Store.Atomically(ctx, func(tx ChainTx) error {
		if head, err = s.last(ctx, tx); err != nil {
			return err
		}
		events, err := tx.Pending(ctx, batch)
		if err != nil {
			return err
		}
		count = len(events)
		head, err = s.extend(ctx, tx, head, events)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("chain the audit record: %w", err)
	}
	s.head = head
	return count, nil
}

// last returns the end of the chain. If that is not where this worker left it, somebody cut the chain: a checkpoint of
// what the worker remembers goes on record, so that the cut is found for ever after.
func (s *shift) last(ctx context.Context, tx ChainTx) (Head, error) {
	head, err := tx.Head(ctx)
	if err != nil {
		return Head{}, err
	}
	if head.N == 0 {
		head = start()
	}
	if head.N > s.head.N || (head.N == s.head.N && (head.N == 0 || bytes.Equal(head.Hash, s.head.Hash))) {
		return head, nil
	}
	s.Log.ErrorContext(ctx, "the audit chain was cut", slog.Int64("was", s.head.N), slog.Int64("is", head.N))
	seen, err := newCheckpoint(s.Signer, s.head, s.Now(), false)
	if err != nil {
		return Head{}, err
	}
	s.ship(ctx, seen)
	return head, tx.PutCheckpoint(ctx, seen)
}

// extend adds the events to the chain and returns its new end.
func (s *shift) extend(ctx context.Context, tx ChainTx, head Head, events []Event) (Head, error) {
	key := s.Signer.Newest()
	for _, e := range events {
		link, err := head.next(s.Signer, key, e)
		if err != nil {
			return Head{}, err
		}
		if err := tx.Append(ctx, link); err != nil {
			return Head{}, err
		}
		head = Head{link.N, link.Hash}
	}
	return head, nil
}

// ship writes a checkpoint to the log of them. A log that cannot be written does not keep the chain from going on.
func (s *shift) ship(ctx context.Context, c Checkpoint) {
	if _, err := s.Ship.Write(c.Line()); err != nil {
		s.Log.WarnContext(ctx, "write the log of audit checkpoints", slog.String("error", err.Error()))
	}
}
