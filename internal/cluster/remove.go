package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// removePoll is how often a cluster being removed looks whether its namespaces
// are gone.
const removePoll = 2 * time.Second

// StepRemove advances the removal of a cluster. Our own identity there goes
// last: everything else is taken away with it.
func (s *Service) StepRemove(ctx context.Context, claim work.Claim) (work.Next, error) {
	cleared, err := s.Dependents.Clear(ctx, claim.Object)
	if err != nil {
		return work.Next{}, fmt.Errorf("clear cluster %d: %w", claim.Object, err)
	}
	if !cleared {
		return work.After(removePoll), nil
	}
	if err := s.dissolve(ctx, claim.Object); err != nil {
		return work.Next{}, fmt.Errorf("take our identity out of cluster %d: %w", claim.Object, err)
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		tx.Notify("clusters")
		tx.Notify(topic(claim.Object))
		return tx.DeleteCluster(ctx, claim.Object)
	})
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return work.Next{}, fmt.Errorf("delete cluster %d: %w", claim.Object, err)
	}
	return work.Done(), nil
}

// dissolve takes our own identity out of a cluster. Once that has begun, the
// credential dies with it: a cluster that does not know us any more is done.
func (s *Service) dissolve(ctx context.Context, clusterID int64) error {
	i, err := s.Identity(ctx, clusterID)
	if err != nil || len(i.Features) == 0 {
		return err // none was ever asked for
	}
	spec := s.specOf(i)
	uid, err := s.Accounts.Find(ctx, spec)
	switch code := apperr.CodeOf(err); {
	case code == apperr.ClusterNotFound,
		code == apperr.ClusterUnauthorized && i.State == IdentityLeaving,
		code == apperr.ClusterForbidden && !i.InUse(): // what may not look there has made nothing there
		return nil
	case err != nil:
		return err
	}
	if i.State != IdentityLeaving {
		if err := s.replace(ctx, i, i.enter(IdentityLeaving, s.Now())); err != nil {
			return err
		}
	}
	return s.Accounts.Remove(ctx, spec, uid)
}
