package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// draftLife is how long a draft waits to be saved.
const draftLife = time.Hour

// mayDraft reports whether the caller in ctx may look at a draft, save it and
// drop it: its maker, whose credential it holds and who alone knows for whom he
// pasted it, and administrators. Work without a caller is ours.
func mayDraft(ctx context.Context, maker int64) bool {
	who, called := auth.FromContext(ctx)
	return !called || who.Admin || who.UserID == maker
}

// visibleTo reports whether a cluster is there for the caller in ctx.
func (c Cluster) visibleTo(ctx context.Context) bool {
	return c.State != Forgotten && (c.State != Draft || mayDraft(ctx, c.CreatedBy))
}

// Save attaches a draft. Saving what is attached changes nothing.
func (s *Service) Save(ctx context.Context, id int64) (c Cluster, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if c, err = tx.Cluster(ctx, id); err != nil {
			return err
		}
		switch {
		case c.State == Attached:
			return nil
		case c.State != Draft || !c.visibleTo(ctx):
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
