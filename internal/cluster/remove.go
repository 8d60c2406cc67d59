package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
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
	// Code says why cleaning up goes no further; empty while it does.
	Code apperr.Code `json:"code,omitempty"`
}

const (
	// removePoll is how often a cluster being removed looks whether its namespaces
	// are gone.
	removePoll = 2 * time.Second
	// keepForgotten is how long a forgotten cluster may take to come back. It is
	// looked for after half a minute first, then ever more rarely.
	keepForgotten = 30 * 24 * time.Hour
	seekFirst     = 30 * time.Second
	seekMost      = time.Hour
)

// Remove ends a registration. A removal that is under way can be asked for in
// another way: to go on without the cluster, for example.
func (s *Service) Remove(ctx context.Context, id int64, o RemoveOptions) error {
	if err := s.consented(ctx, id, o); err != nil {
		return fmt.Errorf("remove cluster %d: %w", id, err)
	}
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, id)
		switch {
		case err != nil:
			return err
		case !c.visibleTo(ctx):
			return apperr.Of(apperr.NotFound)
		case c.State == Draft || o.Mode == LeaveAll:
			return s.end(ctx, tx, c, entry("cluster.remove", c, map[string]string{"mode": string(LeaveAll)}))
		}
		return s.leave(ctx, tx, c, o)
	})
	if err != nil {
		return fmt.Errorf("remove cluster %d: %w", id, err)
	}
	return nil
}

// consented refuses options that nobody knows, and to uninstall with all rights
// what nobody agreed to.
func (s *Service) consented(ctx context.Context, id int64, o RemoveOptions) error {
	switch o.Mode {
	case LeaveAll, CleanUpFirst, ForgetNow:
	default:
		return invalid("mode", "Choose from leave, clean_up and forget.")
	}
	if !o.Applications || o.Admin || o.Mode == LeaveAll {
		return nil
	}
	items, err := s.Inventory(ctx, id)
	for _, item := range items {
		if item.Admin {
			return apperr.New(apperr.RightsMissing, "The application "+item.Name+" can only be uninstalled with all rights in the cluster.",
				"Agree to that, or leave the applications where they are.")
		}
	}
	return err
}

// end deletes the row, and the credential with it.
func (s *Service) end(ctx context.Context, tx Tx, c Cluster, e audit.Entry) error {
	tx.Notify("clusters")
	tx.Notify(topic(c.ID))
	if err := tx.DeleteCluster(ctx, c.ID); err != nil {
		return err
	}
	return tx.Record(ctx, e)
}

// leave has a worker clean up.
func (s *Service) leave(ctx context.Context, tx Tx, c Cluster, o RemoveOptions) error {
	now := s.Now()
	state := Removing
	if o.Mode == ForgetNow {
		state, c.Enabled = Forgotten, false
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

// StepRemove advances the removal of a cluster.
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
	if c.State == Forgotten && s.Now().Sub(c.StateSince) > keepForgotten {
		return work.Done(), s.giveUp(ctx, c)
	}
	cleared, err := s.clear(ctx, c)
	if mark := s.mark(ctx, c, apperr.CodeOf(err)); mark != nil {
		return work.Next{}, mark
	}
	switch {
	case err != nil && c.State == Forgotten:
		return work.Next{}, seekLater(err, claim.Failures)
	case err != nil:
		return work.Next{}, fmt.Errorf("clean up cluster %d: %w", c.ID, err)
	case !cleared:
		return work.After(removePoll), nil
	}
	done := entry("cluster.forgotten", c, map[string]string{"mode": string(c.Removal.Mode)})
	err = s.Store.Atomically(ctx, func(tx Tx) error { return s.end(ctx, tx, c, done) })
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return work.Next{}, fmt.Errorf("delete cluster %d: %w", c.ID, err)
	}
	return work.Done(), nil
}

// clear takes one step of cleaning up and reports whether nothing is left. Our
// own identity goes last: everything else is taken away with it.
func (s *Service) clear(ctx context.Context, c Cluster) (bool, error) {
	if c.State == Forgotten {
		if err := s.answers(ctx, c.ID); err != nil {
			return false, err
		}
	}
	cleared, err := s.Dependents.Clear(ctx, c)
	if err != nil || !cleared {
		return false, err
	}
	if err := s.dissolve(ctx, c.ID); err != nil {
		return false, fmt.Errorf("take our identity out of it: %w", err)
	}
	return true, nil
}

// answers asks a forgotten cluster for one object, before its many others are
// asked for.
func (s *Service) answers(ctx context.Context, clusterID int64) error {
	i, err := s.Identity(ctx, clusterID)
	if err != nil {
		return err
	}
	_, err = s.Accounts.Find(ctx, s.specOf(i))
	switch code := apperr.CodeOf(err); {
	case code == apperr.ClusterNotFound, code == apperr.ClusterForbidden,
		code == apperr.ClusterUnauthorized && i.State == IdentityLeaving:
		return nil
	}
	return err
}

// seekLater keeps away from a forgotten cluster, longer with each failure.
func seekLater(cause error, failures int) error {
	const doublings = 7 // to an hour
	wait := min(seekMost, seekFirst<<min(failures, doublings))
	return apperr.Of(apperr.CodeOf(cause)).With(cause).WithAfter(wait)
}

// mark notes why cleaning up goes no further, when that is news.
func (s *Service) mark(ctx context.Context, c Cluster, code apperr.Code) error {
	if c.Removal.Code == code || code == apperr.Interrupted {
		return nil
	}
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		fresh, err := tx.Cluster(ctx, c.ID)
		if err != nil || fresh.Removal == nil {
			return err
		}
		fresh.Removal.Code = code
		tx.Notify("clusters")
		tx.Notify(topic(c.ID))
		return tx.UpdateCluster(ctx, fresh)
	})
	if err != nil {
		return fmt.Errorf("note why cluster %d is not cleaned up: %w", c.ID, err)
	}
	return nil
}

// giveUp drops what is left of a cluster that did not come back in time.
func (s *Service) giveUp(ctx context.Context, c Cluster) error {
	lost := entry("cluster.forgotten", c, map[string]string{"mode": string(c.Removal.Mode), "code": string(c.Removal.Code)})
	if err := s.Store.Atomically(ctx, func(tx Tx) error { return s.end(ctx, tx, c, lost) }); err != nil {
		return fmt.Errorf("give cluster %d up: %w", c.ID, err)
	}
	return nil
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
