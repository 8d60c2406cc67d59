package cluster

import (
	"context"
	"errors"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// ErrTokenAgain says that a change of address or CA came without the token. It
// is the cause of a validation error.
var ErrTokenAgain = errors.New("the token must be given again")

// EditRequest changes what is not nil of a cluster.
type EditRequest struct {
	Name             *string
	EnvironmentScope *string
	Enabled          *bool
	APIURL           *string
	CAPEM            *string
	// Token takes the place of the stored credential, unless it is empty. It is
	// needed when address or CA change: whoever may edit a cluster shall not get
	// its credential by pointing it at himself.
	Token secret.Value
}

// Edit changes a registration. When the platform changed, whatever was known of
// the cluster by the old one is void, and the first check follows.
func (s *Service) Edit(ctx context.Context, id int64, r EditRequest) (edited Cluster, err error) {
	if err = s.checkKeeper(ctx, id, r); err != nil {
		return Cluster{}, fmt.Errorf("edit cluster %d: %w", id, err)
	}
	var before Cluster
	allowed := false // counted once, however often the transaction is run
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if before, err = tx.Cluster(ctx, id); err != nil {
			return err
		}
		if edited, err = s.edited(before, r); err != nil {
			return err
		}
		if edited.Generation != before.Generation && !allowed {
			if err = s.attempts.allow(ctx, edited.Platform.APIURL, s.Now()); err != nil {
				return err
			}
			allowed = true
		}
		return s.record(ctx, tx, before, edited, r.Token)
	})
	if err != nil {
		return Cluster{}, fmt.Errorf("edit cluster %d: %w", id, err)
	}
	if edited.Generation != before.Generation {
		s.invalidate(ctx, edited)
	}
	return edited, nil
}

// checkKeeper refuses to change the platform of a cluster that is not for people to keep. It looks outside of the
// transaction: a cluster never begins or ceases to be managed while it is registered.
func (s *Service) checkKeeper(ctx context.Context, id int64, r EditRequest) error {
	c, err := s.Store.Cluster(ctx, id)
	if err != nil || or(r.APIURL, c.Platform.APIURL) == c.Platform.APIURL &&
		or(r.CAPEM, c.Platform.CAPEM) == c.Platform.CAPEM && r.Token.IsEmpty() {
		return err
	}
	managed, err := s.Keeper.Managed(ctx, id)
	if err != nil {
		return fmt.Errorf("ask who keeps it: %w", err)
	}
	if managed {
		return apperr.Of(apperr.CloudManaged)
	}
	return nil
}

// invalidate asks for what is known of a cluster by its new platform. What was
// known by the old one is hidden already, and comes back by its timers if this
// is lost.
func (s *Service) invalidate(ctx context.Context, c Cluster) {
	_ = s.Values.Invalidate(ctx, c.ID, c.Generation)
}

// edited is the cluster as the request wants it.
func (s *Service) edited(c Cluster, r EditRequest) (Cluster, error) {
	before, now := c, s.Now()
	var err error
	if c.Name, err = checkName(or(r.Name, c.Name)); err != nil {
		return Cluster{}, err
	}
	if c.EnvironmentScope, err = checkScope(or(r.EnvironmentScope, c.EnvironmentScope)); err != nil {
		return Cluster{}, err
	}
	c.Enabled, c.UpdatedAt = or(r.Enabled, c.Enabled), now
	wanted := Platform{APIURL: or(r.APIURL, c.Platform.APIURL), CAPEM: or(r.CAPEM, c.Platform.CAPEM)}
	if wanted != c.Platform {
		if c.Platform, err = s.checkPlatform(wanted.APIURL, wanted.CAPEM); err != nil {
			return Cluster{}, err
		}
	}
	if c.Platform != before.Platform && r.Token.IsEmpty() {
		return Cluster{}, apperr.Of(apperr.ValidationFailed).With(ErrTokenAgain).
			WithMessage("The token must be given again when the API URL or the CA changes.").
			WithHint("Give the token that belongs to the new address in the same request.")
	}
	if !r.Token.IsEmpty() {
		if err := checkToken(r.Token); err != nil {
			return Cluster{}, err
		}
		c.Generation++
	}
	return c, nil
}

// record writes the edited cluster, and its token sealed to where it may go.
func (s *Service) record(ctx context.Context, tx Tx, before, edited Cluster, token secret.Value) error {
	tx.Notify("clusters")
	tx.Notify(topic(edited.ID))
	if err := tx.UpdateCluster(ctx, edited); err != nil {
		return err
	}
	if edited.Enabled != before.Enabled || !token.IsEmpty() {
		if err := s.reconsider(ctx, tx, before, edited); err != nil {
			return err
		}
	}
	if token.IsEmpty() {
		return nil
	}
	sealed, err := s.Sealer.Seal(token, TokenContext(edited))
	if err != nil {
		return fmt.Errorf("seal token: %w", err)
	}
	if err := tx.SetSealedToken(ctx, edited.ID, sealed); err != nil || edited.Platform == before.Platform {
		return err
	}
	return tx.Schedule(ctx, work.Ref{Kind: ForgetKind, Object: edited.ID, Cluster: edited.ID})
}

// reconsider is what an edited cluster means to our own identity there. A
// pasted token takes its place; one that is being made goes on with it.
func (s *Service) reconsider(ctx context.Context, tx Tx, before, edited Cluster) error {
	i, err := tx.Identity(ctx, edited.ID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if edited.Generation == before.Generation {
		return s.saveIdentity(ctx, tx, i)
	}
	switch i.State {
	case IdentityLeaving:
	case IdentityPreparing, IdentityProving:
		i = i.enter(IdentityPreparing, s.Now())
	default:
		i = i.enter(IdentityPasted, s.Now())
	}
	if edited.Platform != before.Platform {
		i.UID = "" // perhaps another cluster, where nothing stands
	}
	return s.saveIdentity(ctx, tx, i)
}

// StepForget drops the live state of a cluster that is perhaps another one now.
func (s *Service) StepForget(ctx context.Context, claim work.Claim) (work.Next, error) {
	return work.Done(), s.Mirror.Forget(ctx, claim.Object)
}

func or[T any](given *T, otherwise T) T {
	if given == nil {
		return otherwise
	}
	return *given
}
