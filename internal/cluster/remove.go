package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// RemoveMode says what becomes of what we made in a cluster whose registration
// ends.
type RemoveMode string

// The modes.
const (
	// LeaveAll ends the registration at once and leaves the cluster as it is.
	LeaveAll RemoveMode = "leave"
	// CleanUpFirst takes out of the cluster what we made there, in the
	// background. The registration ends after that.
	CleanUpFirst RemoveMode = "clean_up"
	// ForgetNow ends the registration for people at once, and cleans up if the
	// cluster answers within thirty days.
	ForgetNow RemoveMode = "forget"
)

// RemoveOptions say how a registration ends.
type RemoveOptions struct {
	Mode RemoveMode
	// Applications says that what was installed is uninstalled first; else it
	// goes on running, without us.
	Applications bool
	// Admin consents to all rights in the cluster for those uninstalls that need
	// them.
	Admin bool
}

// Removal is how a registration is ending.
type Removal struct {
	Mode         RemoveMode `json:"mode"`
	Applications bool       `json:"applications,omitempty"`
	Admin        bool       `json:"admin,omitempty"`
	// Code says why the last try to clean up went no further.
	Code apperr.Code `json:"code,omitempty"`
	// Tries counts those in a row that did not reach the cluster.
	Tries int `json:"tries,omitempty"`
}

// removePoll is how often a cluster being removed looks whether its namespaces
// are gone.
const removePoll = 2 * time.Second

// Remove ends a registration. A removal that is under way can be asked for in
// another way: to go on without the cluster, for example.
func (s *Service) Remove(ctx context.Context, id int64, o RemoveOptions) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, id)
		switch {
		case err != nil:
			return err
		case c.State == Forgotten:
			return apperr.Of(apperr.NotFound)
		case c.State == Draft || o.Mode == LeaveAll:
			return s.end(ctx, tx, c, LeaveAll)
		}
		return s.leave(ctx, tx, c, o)
	})
	if err != nil {
		return fmt.Errorf("remove cluster %d: %w", id, err)
	}
	return nil
}

// end deletes the row, and the credential with it.
func (s *Service) end(ctx context.Context, tx Tx, c Cluster, mode RemoveMode) error {
	tx.Notify("clusters")
	tx.Notify(topic(c.ID))
	if err := tx.DeleteCluster(ctx, c.ID); err != nil {
		return err
	}
	return tx.Record(ctx, entry("cluster.remove", c, map[string]string{"mode": string(mode)}))
}

// leave has a worker clean up.
func (s *Service) leave(ctx context.Context, tx Tx, c Cluster, o RemoveOptions) error {
	now := s.Now()
	state := Removing
	if o.Mode == ForgetNow {
		state = Forgotten
	}
	if c.State != state {
		c.State, c.StateSince = state, now
	}
	c.Removal, c.UpdatedAt = &Removal{Mode: o.Mode, Applications: o.Applications, Admin: o.Admin}, now
	tx.Notify("clusters")
	tx.Notify(topic(c.ID))
	if err := tx.UpdateCluster(ctx, c); err != nil {
		return err
	}
	if err := tx.Record(ctx, entry("cluster.remove", c, map[string]string{"mode": string(o.Mode)})); err != nil {
		return err
	}
	return tx.Schedule(ctx, work.Ref{Kind: RemoveKind, Object: c.ID, Cluster: c.ID})
}

// StepRemove advances the removal of a cluster. Our own identity there goes
// last: everything else is taken away with it.
func (s *Service) StepRemove(ctx context.Context, claim work.Claim) (work.Next, error) {
	c, err := s.Store.Cluster(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read cluster %d: %w", claim.Object, err)
	}
	if c.Removal == nil { // by an older release
		c.Removal = &Removal{Mode: CleanUpFirst}
	}
	cleared, err := s.Dependents.Clear(ctx, c.ID, *c.Removal)
	if err != nil {
		return work.Next{}, fmt.Errorf("clear cluster %d: %w", c.ID, err)
	}
	if !cleared {
		return work.After(removePoll), nil
	}
	if err := s.dissolve(ctx, c.ID); err != nil {
		return work.Next{}, fmt.Errorf("take our identity out of cluster %d: %w", c.ID, err)
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error { return s.end(ctx, tx, c, c.Removal.Mode) })
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return work.Next{}, fmt.Errorf("delete cluster %d: %w", c.ID, err)
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
