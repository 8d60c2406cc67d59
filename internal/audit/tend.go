package audit

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// tend makes the checkpoint of the hour, and deletes what has been kept for long enough.
func (s *shift) tend(ctx context.Context) error {
	now := s.Now()
	all, err := s.Store.Checkpoints(ctx)
	if err != nil {
		return fmt.Errorf("list audit checkpoints: %w", err)
	}
	var last Checkpoint
	if len(all) > 0 {
		last = all[len(all)-1]
	}
	if next := last.At.Add(checkpointEvery); now.Before(next) && !next.After(now.Add(checkpointEvery)) {
		s.due = next
		return nil
	}
	if err := s.check(ctx, last); err != nil {
		return err
	}
	s.due = now.Add(checkpointEvery)
	keep, err := s.Keep(ctx)
	if err != nil {
		return fmt.Errorf("see how long the audit record is kept: %w", err)
	}
	return s.prune(ctx, all, now.Add(-keep))
}

// check makes a checkpoint of the end of the chain, unless that is where the last one is.
func (s *shift) check(ctx context.Context, last Checkpoint) error {
	var made Checkpoint
	err := s.Store.Atomically(ctx, func(tx ChainTx) error {
		made = Checkpoint{}
		head, err := s.last(ctx, tx)
		if err != nil || head.N <= last.N {
			return err
		}
		if made, err = newCheckpoint(s.Signer, head, s.Now(), false); err != nil {
			return err
		}
		return tx.PutCheckpoint(ctx, made)
	})
	if err != nil {
		return fmt.Errorf("make an audit checkpoint: %w", err)
	}
	if made.N > 0 {
		s.ship(ctx, made)
	}
	return nil
}

// prune deletes what was chained up to the last checkpoint before a time. That checkpoint becomes the start of the chain
// first, so that it can be verified whenever the deleting is interrupted.
func (s *shift) prune(ctx context.Context, all []Checkpoint, before time.Time) error {
	cut, err := s.cut(all, before)
	if err != nil || cut.N == 0 {
		return err
	}
	if !cut.Pruned {
		if err := s.anchor(ctx, cut.Head); err != nil {
			return err
		}
	}
	for deleted := batch; deleted == batch; {
		err := s.Store.Atomically(ctx, func(tx ChainTx) (err error) {
			deleted, err = tx.Prune(ctx, cut.N, batch)
			return err
		})
		if err != nil {
			return fmt.Errorf("delete old audit rows: %w", err)
		}
	}
	return nil
}

// cut returns the last checkpoint that was made before a time, or before which was pruned already; the zero one when there
// is none. One that is not ours deletes nothing.
func (s *shift) cut(all []Checkpoint, before time.Time) (Checkpoint, error) {
	for _, c := range slices.Backward(all) {
		if !c.Pruned && !c.At.Before(before) {
			continue
		}
		if ours, err := c.genuine(s.Signer); ours || err != nil {
			return c, err
		}
	}
	return Checkpoint{}, nil
}

// anchor makes the chain begin after a link.
func (s *shift) anchor(ctx context.Context, head Head) error {
	c, err := newCheckpoint(s.Signer, head, s.Now(), true)
	if err != nil {
		return err
	}
	err = s.Store.Atomically(ctx, func(tx ChainTx) error { return tx.PutCheckpoint(ctx, c) })
	if err != nil {
		return fmt.Errorf("let the audit chain begin at %d: %w", head.N, err)
	}
	s.ship(ctx, c)
	return nil
}
