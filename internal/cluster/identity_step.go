package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// Times of an identity.
const (
	// rotateEvery is the life of a token, of which a tenth at random is cut off,
	// so that clusters attached together are not rotated together.
	rotateEvery = 30 * 24 * time.Hour
	// provePatience is how long a cluster may take to fill a token Secret and to
	// apply new rights, which it does behind our back.
	provePatience = 30 * time.Second
	provePoll     = 250 * time.Millisecond
	// tidyAfter leaves those calls their old token that are about to be sent.
	tidyAfter = 3 * time.Second
	// disabledPoll is how often the identity of a disabled cluster is looked at.
	disabledPoll = time.Hour
)

// errMoved says that the cluster or the identity changed under a step.
var errMoved = errors.New("the cluster was changed meanwhile")

// StepIdentity advances our own identity in one cluster: what is known of it,
// then the one action that it calls for.
func (s *Service) StepIdentity(ctx context.Context, claim work.Claim) (work.Next, error) {
	i, err := s.Store.Identity(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read the identity of cluster %d: %w", claim.Object, err)
	}
	c, err := s.Store.Cluster(ctx, claim.Object)
	if err != nil {
		return work.Next{}, fmt.Errorf("read cluster %d: %w", claim.Object, err)
	}
	if c.State != Attached {
		return work.Done(), nil
	}
	if !c.Enabled {
		return work.After(disabledPoll), nil
	}
	next, err := s.advance(ctx, c, i)
	if errors.Is(err, errMoved) {
		return work.After(0), nil
	}
	return next, err
}

func (s *Service) advance(ctx context.Context, c Cluster, i Identity) (work.Next, error) {
	spec := s.specOf(i)
	switch i.State {
	case IdentityPreparing:
		return s.prepare(ctx, c, i, spec)
	case IdentityProving, IdentityRotating:
		return s.renew(ctx, c, i, spec)
	case IdentityOwn:
		return s.tend(ctx, c, i, spec)
	default:
		return work.Done(), nil
	}
}

func (s *Service) specOf(i Identity) IdentitySpec {
	spec := s.IdentitySpec(i.ClusterID, i.Features)
	spec.UID = i.UID
	return spec
}

// prepare makes the account and its rights, if the pasted credential may.
func (s *Service) prepare(ctx context.Context, c Cluster, i Identity, spec IdentitySpec) (work.Next, error) {
	missing, err := s.Accounts.Missing(ctx, spec)
	if err != nil {
		return s.unready(ctx, i, err)
	}
	if len(missing) > 0 {
		return s.unready(ctx, i, apperr.Of(apperr.RightsMissing), missing...)
	}
	uid, err := s.Accounts.Make(ctx, spec)
	if err != nil {
		return s.unready(ctx, i, err)
	}
	made := i.enter(IdentityProving, s.Now())
	made.UID = uid
	if err := s.replace(ctx, i, made); err != nil {
		return work.Next{}, err
	}
	return s.renew(ctx, c, made, s.specOf(made))
}

// renew makes the next token, has it prove itself, and switches to it. Until
// then the stored credential stays as it is.
func (s *Service) renew(ctx context.Context, c Cluster, i Identity, spec IdentitySpec) (work.Next, error) {
	token, err := s.Accounts.Token(ctx, spec, i.Serial+1)
	if err != nil {
		return s.unready(ctx, i, err)
	}
	if token.IsEmpty() {
		return s.unproven(ctx, i, apperr.Of(apperr.IdentityNoToken))
	}
	missing, err := s.Accounts.Prove(ctx, spec, token)
	switch code := apperr.CodeOf(err); {
	case code == apperr.ClusterUnauthorized, code == apperr.ClusterForbidden, code == apperr.IdentityUnproven:
		return s.unproven(ctx, i, apperr.Of(apperr.IdentityUnproven).With(err))
	case err != nil:
		return s.unready(ctx, i, err)
	case len(missing) > 0:
		return s.unproven(ctx, i, apperr.Of(apperr.RightsMissing), missing...)
	}
	return s.switchTo(ctx, c, i, token)
}

// switchTo seals the proven token in place of the credential before it, all in
// one transaction. That is the moment at which what was pasted is forgotten.
func (s *Service) switchTo(ctx context.Context, c Cluster, i Identity, token secret.Value) (work.Next, error) {
	sealed, err := s.Sealer.Seal(token, TokenContext(c))
	if err != nil {
		return work.Next{}, fmt.Errorf("seal the token of cluster %d: %w", c.ID, err)
	}
	now := s.Now()
	own := i.enter(IdentityOwn, now)
	own.Serial, own.Untidy, own.TokenSince = i.Serial+1, true, now
	own.RotateAt = now.Add(rotateEvery - rand.N(rotateEvery/10))
	if i.State == IdentityProving {
		own.Since = now
	}
	proven := c.Generation
	c.Generation, c.UpdatedAt = c.Generation+1, now
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if fresh, err := tx.Cluster(ctx, c.ID); err != nil || fresh.Generation != proven {
			return errors.Join(err, errMoved)
		}
		if err := unchanged(ctx, tx, i); err != nil {
			return err
		}
		return errors.Join(s.store(ctx, tx, c, sealed), tx.SaveIdentity(ctx, own))
	})
	if err != nil {
		return work.Next{}, fmt.Errorf("switch cluster %d to our own identity: %w", c.ID, err)
	}
	s.invalidate(ctx, c)
	return work.After(tidyAfter), nil
}

// store writes a cluster whose credential changed.
func (s *Service) store(ctx context.Context, tx Tx, c Cluster, sealed []byte) error {
	tx.Notify("clusters")
	tx.Notify(topic(c.ID))
	if err := tx.UpdateCluster(ctx, c); err != nil {
		return err
	}
	return tx.SetSealedToken(ctx, c.ID, sealed)
}

// tend keeps an identity that is in use: the Secrets of older tokens go, and
// the next token is made in time.
func (s *Service) tend(ctx context.Context, c Cluster, i Identity, spec IdentitySpec) (work.Next, error) {
	now := s.Now()
	if i.Untidy {
		if wait := i.TokenSince.Add(tidyAfter).Sub(now); wait > 0 {
			return work.After(wait), nil
		}
		if err := s.Accounts.Tidy(ctx, spec, i.Serial); err != nil {
			return s.unready(ctx, i, err)
		}
		tidy := i.enter(i.State, i.ChangedAt)
		tidy.Untidy = false
		if err := s.replace(ctx, i, tidy); err != nil {
			return work.Next{}, err
		}
		i = tidy
	}
	if wait := i.RotateAt.Sub(now); wait > 0 {
		return work.After(wait), nil
	}
	rotating := i.enter(IdentityRotating, now)
	if err := s.replace(ctx, i, rotating); err != nil {
		return work.Next{}, err
	}
	return s.renew(ctx, c, rotating, spec)
}

// unproven waits for a cluster that may still be busy with what was made, and
// gives up when its time is over.
func (s *Service) unproven(ctx context.Context, i Identity, cause error, detail ...string) (work.Next, error) {
	if s.Now().Sub(i.ChangedAt) < provePatience {
		return work.After(provePoll), nil
	}
	return s.unready(ctx, i, cause, detail...)
}

// unready records why an identity is not further. What only another credential
// or a person can mend ends an adoption; everything else, and whatever befalls
// an identity in use, is tried again.
func (s *Service) unready(ctx context.Context, i Identity, cause error, detail ...string) (work.Next, error) {
	code := apperr.CodeOf(cause)
	if code == apperr.ClusterForbidden {
		code = apperr.RightsMissing
	}
	after, final := i, !i.InUse() && hopeless(code)
	if final {
		after = i.enter(IdentityRefused, s.Now())
	}
	after.Code, after.Detail = code, detail
	if err := s.replace(ctx, i, after); err != nil {
		return work.Next{}, err
	}
	if final {
		return work.Done(), nil
	}
	return work.Next{}, fmt.Errorf("advance the identity of cluster %d: %w", i.ClusterID, cause)
}

// hopeless reports whether to try again is of no use.
func hopeless(code apperr.Code) bool {
	switch code {
	case apperr.RightsMissing, apperr.NamespaceForeign, apperr.ClusterInvalid, apperr.IdentityNoToken, apperr.IdentityUnproven:
		return true
	default:
		return false
	}
}

// replace writes an identity unless somebody else did meanwhile.
func (s *Service) replace(ctx context.Context, before, after Identity) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		if err := unchanged(ctx, tx, before); err != nil {
			return err
		}
		tx.Notify(topic(after.ClusterID))
		return tx.SaveIdentity(ctx, after)
	})
	if err != nil {
		return fmt.Errorf("record the identity of cluster %d: %w", after.ClusterID, err)
	}
	return nil
}

func unchanged(ctx context.Context, tx Tx, before Identity) error {
	now, err := tx.Identity(ctx, before.ClusterID)
	if err != nil {
		return err
	}
	if now.State != before.State || now.Serial != before.Serial || !now.ChangedAt.Equal(before.ChangedAt) {
		return errMoved
	}
	return nil
}
