package cluster

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// IdentityState is where our own identity in a cluster stands.
type IdentityState string

// The states, in the order of a life.
const (
	// IdentityPasted has no identity in use: the credential is what was pasted.
	IdentityPasted IdentityState = "pasted"
	// IdentityPreparing is being made; what was pasted is used meanwhile.
	IdentityPreparing IdentityState = "preparing"
	// IdentityProving stands, and its first token must prove itself.
	IdentityProving IdentityState = "proving"
	// IdentityRefused could not be made or did not prove itself, for the reason
	// in the code. What was pasted stays in use.
	IdentityRefused IdentityState = "refused"
	// IdentityOwn is in use, and nothing else is stored.
	IdentityOwn IdentityState = "own"
	// IdentityRotating is in use, and its next token is on the way.
	IdentityRotating IdentityState = "rotating"
	// IdentityLeaving is being taken out of a cluster that is being removed.
	IdentityLeaving IdentityState = "leaving"
)

// Identity is our own identity in a cluster: a service account of ours with a
// token Secret, instead of a credential that somebody pasted.
type Identity struct {
	ClusterID int64
	State     IdentityState
	// Features are what its rights are for.
	Features []Feature
	// UID is that of its namespace, once that stands.
	UID string
	// Serial numbers the token Secret in use; the next one is Serial+1.
	Serial int64
	// Untidy says that other token Secrets than the one in use may be left.
	Untidy bool
	// Code says why the last step did not succeed, Detail what was missing.
	Code   apperr.Code
	Detail []string
	// Since is when the identity came into use, TokenSince when its present
	// token did, RotateAt when the next one is due.
	Since, TokenSince, RotateAt time.Time
	// ChangedAt is when the state was entered.
	ChangedAt time.Time
}

// InUse reports whether the stored credential is that of the identity.
func (i Identity) InUse() bool {
	return i.State == IdentityOwn || i.State == IdentityRotating || i.State == IdentityLeaving
}

// Settled reports whether the identity stands still until somebody asks for
// something or a timer ends.
func (i Identity) Settled() bool {
	return i.State == IdentityPasted || i.State == IdentityRefused || i.State == IdentityOwn
}

// enter is the identity in another state, without the trouble of the last one.
func (i Identity) enter(state IdentityState, now time.Time) Identity {
	i.State, i.Code, i.Detail, i.ChangedAt = state, "", nil, now
	return i
}

// OwnIdentity is an identity that came into use with the cluster, with its first token.
func OwnIdentity(clusterID int64, features []Feature, uid string, now time.Time) Identity {
	return Identity{
		ClusterID: clusterID, State: IdentityOwn, Features: features, UID: uid, Serial: 1,
		Since: now, TokenSince: now, RotateAt: now.Add(rotateEvery - rand.N(rotateEvery/10)), ChangedAt: now,
	}
}

// IdentitySpec is everything that the identity consists of in a cluster, in
// plain words.
type IdentitySpec struct {
	ClusterID int64
	// Namespace holds the account and its token Secrets, and owns the cluster
	// roles and bindings, whose names begin with it. No two registrations have
	// the same, so that installations do not meet.
	Namespace string
	// Owner names whom the namespace belongs to: <installation>/<cluster>.
	Owner    string
	Features []Feature
	// UID is that of the namespace; empty before it stands.
	UID string
}

// User is the name that the cluster knows the account by.
func (s IdentitySpec) User() string { return "system:serviceaccount:" + s.Namespace + ":" + Account }

// TokenSecret is the name of the Secret that holds a token.
func (s IdentitySpec) TokenSecret(serial int64) string {
	return Account + "-token-" + strconv.FormatInt(serial, 10)
}

// OwnRights are what the account needs for itself: to make its next token, and
// to take itself out of the cluster.
func (s IdentitySpec) OwnRights() []Right {
	return []Right{
		{Resource: "secrets", Verbs: []string{"get", "list", "create", "delete"}, Namespace: s.Namespace},
		{Resource: "namespaces", Verbs: []string{"get", "delete"}, Name: s.Namespace},
	}
}

// Rights are all that the account is granted.
func (s IdentitySpec) Rights() []Right {
	rights := s.OwnRights()
	for _, f := range s.Features {
		rights = append(rights, RightsOf(f)...)
	}
	return rights
}

// IdentitySpec says what our own identity consists of in a cluster. Without
// features it has the rights for all of them.
func (s *Service) IdentitySpec(clusterID int64, features []Feature) IdentitySpec {
	if len(features) == 0 {
		features = Features()
	}
	const enough = 8 // hexadecimal digits of the installation: the owner annotation tells for sure
	id := strconv.FormatInt(clusterID, 10)
	return IdentitySpec{
		ClusterID: clusterID, Features: features, Owner: s.Installation + "/" + id,
		Namespace: Account + "-" + s.Installation[:min(enough, len(s.Installation))] + "-" + id,
	}
}

// Identity tells how we sign in to a cluster.
func (s *Service) Identity(ctx context.Context, clusterID int64) (Identity, error) {
	i, err := s.Store.Identity(ctx, clusterID)
	return orPasted(i, clusterID, err)
}

// orPasted turns "there is none" into the identity that is not in use.
func orPasted(i Identity, clusterID int64, err error) (Identity, error) {
	if apperr.CodeOf(err) == apperr.NotFound {
		return Identity{ClusterID: clusterID, State: IdentityPasted}, nil
	}
	return i, err
}

// Adopt has a worker make our own identity in a cluster with the pasted
// credential, and drop that once the identity has proven itself. Without
// features it gets the rights for all of them.
func (s *Service) Adopt(ctx context.Context, clusterID int64, features []Feature) (i Identity, err error) {
	if err := checkFeatures(features); err != nil {
		return Identity{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		c, err := tx.Cluster(ctx, clusterID)
		if err != nil {
			return err
		}
		if i, err = s.adopt(ctx, tx, c, features); err != nil {
			return err
		}
		return tx.Record(ctx, entry("identity.adopt", c, nil))
	})
	if err != nil {
		return Identity{}, fmt.Errorf("adopt an identity in cluster %d: %w", clusterID, err)
	}
	return i, nil
}

func (s *Service) adopt(ctx context.Context, tx Tx, c Cluster, features []Feature) (Identity, error) {
	i, err := tx.Identity(ctx, c.ID)
	if i, err = orPasted(i, c.ID, err); err != nil {
		return Identity{}, err
	}
	switch {
	case i.InUse():
		return Identity{}, apperr.Of(apperr.Conflict).WithMessage("The cluster is used with an identity of our own already.").
			WithHint("To give it other rights, enter an administrator's token with `roadstead cluster edit` and adopt again.")
	case c.State != Attached:
		return Identity{}, apperr.Of(apperr.Conflict).WithMessage("The cluster is being removed.")
	}
	i = i.enter(IdentityPreparing, s.Now())
	i.Features = s.IdentitySpec(c.ID, features).Features
	return i, s.saveIdentity(ctx, tx, i)
}

// Rotate has a worker make a new token for our own identity now.
func (s *Service) Rotate(ctx context.Context, clusterID int64) (i Identity, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if i, err = tx.Identity(ctx, clusterID); err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return err
		}
		if !i.InUse() || i.State == IdentityLeaving {
			return apperr.Of(apperr.Conflict).WithMessage("The cluster is not used with an identity of our own.").
				WithHint("`roadstead cluster identity adopt` makes one.")
		}
		c, err := tx.Cluster(ctx, clusterID)
		if err != nil {
			return err
		}
		i = i.enter(IdentityRotating, s.Now())
		if err := s.saveIdentity(ctx, tx, i); err != nil {
			return err
		}
		return tx.Record(ctx, entry("identity.rotate", c, nil))
	})
	if err != nil {
		return Identity{}, fmt.Errorf("rotate the token of cluster %d: %w", clusterID, err)
	}
	return i, nil
}

// saveIdentity writes an identity and has a worker look at it.
func (s *Service) saveIdentity(ctx context.Context, tx Tx, i Identity) error {
	tx.Notify(topic(i.ClusterID))
	if err := tx.SaveIdentity(ctx, i); err != nil {
		return err
	}
	return tx.Schedule(ctx, work.Ref{Kind: IdentityKind, Object: i.ClusterID, Cluster: i.ClusterID})
}

// IdentityRightsMissing says what missing rights mean for an identity, and what
// to do about it.
func IdentityRightsMissing() (message, hint string) {
	return "The credential in use may not make, or was not given, all rights of our own account.",
		"Enter an administrator's token with `roadstead cluster edit` and adopt again. Or have an administrator apply what " +
			"`roadstead cluster manifest` prints, and enter the token of that account."
}

func checkFeatures(features []Feature) error {
	for _, f := range features {
		if !slices.Contains(Features(), f) {
			return invalid("list of features", "Choose from namespaces, applications and live.")
		}
	}
	return nil
}
