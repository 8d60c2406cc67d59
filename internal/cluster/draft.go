package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// draftLife is how long a draft waits to be saved.
const draftLife = time.Hour

// Save attaches a draft. Saving what is attached changes nothing.
func (s *Service) Save(ctx context.Context, id int64) (c Cluster, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if c, err = tx.Cluster(ctx, id); err != nil {
			return err
		}
		switch c.State {
		case Attached:
			return nil
		case Draft:
		default:
			return apperr.Of(apperr.NotFound)
		}
		now := s.Now()
		c.State, c.StateSince, c.UpdatedAt = Attached, now, now
		tx.Notify("clusters")
		tx.Notify(topic(id))
		if err := tx.UpdateCluster(ctx, c); err != nil {
			return scopeTaken(err)
		}
		return tx.Record(ctx, attachEntry(c))
	})
	if err != nil {
		return Cluster{}, fmt.Errorf("save the draft of cluster %d: %w", id, err)
	}
	return c, nil
}

// SweepDrafts drops the drafts that nobody saved within the hour, and their
// credentials with them.
func (s *Service) SweepDrafts(ctx context.Context) error {
	old, err := s.Store.DraftsBefore(ctx, s.Now().Add(-draftLife))
	if err != nil {
		return fmt.Errorf("list old drafts: %w", err)
	}
	for _, id := range old {
		if err := s.drop(ctx, id); err != nil {
			return fmt.Errorf("drop the draft of cluster %d: %w", id, err)
		}
	}
	return nil
}

// drop deletes a draft, unless it was saved meanwhile.
func (s *Service) drop(ctx context.Context, id int64) error {
	return s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, id)
		if apperr.CodeOf(err) == apperr.NotFound {
			return nil
		}
		if err != nil || c.State != Draft {
			return err
		}
		tx.Notify(topic(id))
		if err := tx.DeleteCluster(ctx, id); err != nil {
			return err
		}
		return tx.Record(ctx, entry("cluster.remove", c, map[string]string{"state": string(Draft)}))
	})
}
