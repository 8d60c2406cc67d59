package namespace

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

// Limits of credentials. Ten minutes is the least the Kubernetes API grants;
// twenty live ones a namespace and ten unanswered ones a cluster keep a loop in
// somebody's script from flooding a cluster with Secrets.
const (
	DefaultLifetime = time.Hour
	minLifetime     = 10 * time.Minute
	maxLifetime     = 24 * time.Hour
	maxLive         = 20
	maxPending      = 10
	// answerWait is how long a handler waits for a worker.
	answerWait = 10 * time.Second
	// unreadAfter is how long an answer is kept for a handler that went away.
	unreadAfter = time.Minute
)

// SealTo seals a value to the public half of a one-time key.
type SealTo func(public []byte, v secret.Value, info []byte) ([]byte, error)

// Grant is a short-lived credential in the hands of whoever asked.
type Grant struct {
	Token     secret.Value
	ExpiresAt time.Time
	Namespace Namespace
	Cluster   cluster.Cluster
}

// RequestCredential has a worker mint a token for a namespace and waits for it
// at most ten seconds: not at all when the cluster is left alone for longer than
// that. The token travels sealed to a key that only this call holds.
func (s *Service) RequestCredential(ctx context.Context, namespaceID int64, lifetime time.Duration) (Grant, error) {
	if lifetime == 0 {
		lifetime = DefaultLifetime
	}
	if lifetime < minLifetime || lifetime > maxLifetime {
		return Grant{}, apperr.Of(apperr.ValidationFailed).
			WithMessage("The lifetime is not acceptable.").WithHint("A token lives between ten minutes and 24 hours.")
	}
	n, err := s.Store.Namespace(ctx, namespaceID)
	if err != nil {
		return Grant{}, fmt.Errorf("find namespace %d: %w", namespaceID, err)
	}
	if !n.Managed {
		return Grant{}, apperr.Of(apperr.Conflict).WithMessage("The cluster is not managed by Roadstead.").
			WithHint("It makes no accounts there, and hands the cluster's own credential to nobody: use one of the cluster's.")
	}
	if n.State != Ready {
		return Grant{}, apperr.Of(apperr.Conflict).WithMessage("The namespace is not ready.").
			WithHint("`roadstead namespace show` says why.")
	}
	if err := s.inUse(ctx, n); err != nil {
		return Grant{}, err
	}
	home, err := s.Clusters.Store.Cluster(ctx, n.ClusterID)
	if err != nil {
		return Grant{}, fmt.Errorf("find cluster %d: %w", n.ClusterID, err)
	}
	if err := s.reachable(ctx, n.ClusterID, answerWait); err != nil {
		return Grant{}, err
	}
	box, err := secret.NewBox()
	if err != nil {
		return Grant{}, fmt.Errorf("make one-time key: %w", err)
	}
	credential, err := s.ask(ctx, n, box.Public(), lifetime)
	if err != nil {
		return Grant{}, err
	}
	return s.await(ctx, credential.ID, box, Grant{Namespace: n, Cluster: home})
}

// inUse ends in a conflict for the namespace of a stopped environment.
func (s *Service) inUse(ctx context.Context, n Namespace) error {
	if n.EnvironmentID == 0 {
		return nil // the project's other environments use it
	}
	e, err := s.Tenants.EnvironmentByID(ctx, n.ProjectID, n.EnvironmentID)
	if err != nil {
		return fmt.Errorf("find environment %d: %w", n.EnvironmentID, err)
	}
	if e.State == tenant.Stopped {
		return apperr.Of(apperr.Conflict).WithMessage("The environment is stopped.").
			WithHint("Start it again to get credentials for it.")
	}
	return nil
}

// reachable ends in the error of a cluster whose work waits for that long or
// longer.
func (s *Service) reachable(ctx context.Context, clusterID int64, long time.Duration) error {
	held, code, err := s.Store.Held(ctx, clusterID)
	switch {
	case err != nil:
		return fmt.Errorf("see whether cluster %d is held: %w", clusterID, err)
	case code == "" || held < long:
		return nil
	default:
		return apperr.Of(code).WithAfter(held)
	}
}

// ask records the request and queues it.
func (s *Service) ask(ctx context.Context, n Namespace, public []byte, lifetime time.Duration) (c Credential, err error) {
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if err := checkLimits(ctx, tx, n); err != nil {
			return err
		}
		c, err = tx.InsertCredential(ctx, Credential{
			NamespaceID: n.ID, ClusterID: n.ClusterID, PublicKey: public,
			Lifetime: lifetime, State: CredentialPending, CreatedAt: s.Now(),
		})
		if err != nil {
			return err
		}
		asked := n.entry("credential.request")
		asked.Detail["lifetime"] = lifetime.String()
		if err := tx.Record(ctx, asked); err != nil {
			return err
		}
		return tx.Schedule(ctx, c.ref())
	})
	if err != nil {
		return Credential{}, fmt.Errorf("ask for a credential: %w", err)
	}
	return c, nil
}

func checkLimits(ctx context.Context, tx Tx, n Namespace) error {
	live, err := tx.LiveCredentials(ctx, n.ID)
	if err != nil {
		return err
	}
	pending, err := tx.PendingCredentials(ctx, n.ClusterID)
	if err != nil {
		return err
	}
	if live >= maxLive || pending >= maxPending {
		return apperr.Of(apperr.CredentialLimit)
	}
	return nil
}

// await waits for the answer: woken by the bus, with a look every second in
// case a notice was lost.
func (s *Service) await(ctx context.Context, id int64, box *secret.Box, g Grant) (Grant, error) {
	notices, unsubscribe := s.Bus.Subscribe(ctx, event.Topics(credentialTopic(id)))
	defer unsubscribe()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	over := time.After(answerWait)
	for {
		c, err := s.Store.Credential(ctx, id)
		if err != nil {
			return Grant{}, fmt.Errorf("read credential %d: %w", id, err)
		}
		if c.State == CredentialAnswered {
			return s.take(ctx, c, box, g)
		}
		if c.State == CredentialFailed {
			return Grant{}, apperr.Of(c.Code)
		}
		select {
		case <-notices:
		case <-tick.C:
		case <-over:
			if err := s.reachable(ctx, g.Cluster.ID, 0); err != nil {
				return Grant{}, err
			}
			return Grant{}, apperr.Of(apperr.CredentialTimeout)
		case <-ctx.Done():
			return Grant{}, fmt.Errorf("wait for credential %d: %w", id, ctx.Err())
		}
	}
}

// take opens the answer and erases it.
func (s *Service) take(ctx context.Context, c Credential, box *secret.Box, g Grant) (Grant, error) {
	token, err := box.Open(c.Sealed, c.info())
	if err != nil {
		return Grant{}, fmt.Errorf("open credential %d: %w", c.ID, err)
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		row, err := tx.Credential(ctx, c.ID)
		if err != nil {
			return err
		}
		row.State, row.Sealed = CredentialDelivered, nil
		if err := tx.UpdateCredential(ctx, row); err != nil {
			return err
		}
		return tx.ScheduleAt(ctx, row.ref(), row.ExpiresAt)
	})
	if err != nil {
		return Grant{}, fmt.Errorf("take credential %d: %w", c.ID, err)
	}
	g.Token, g.ExpiresAt = token, c.ExpiresAt
	return g, nil
}

func (c Credential) ref() work.Ref {
	return work.Ref{Kind: CredentialKind, Object: c.ID, Cluster: c.ClusterID}
}

// info binds a sealed answer to its row.
func (c Credential) info() []byte { return []byte("credential/" + strconv.FormatInt(c.ID, 10)) }

func (c Credential) lease() string { return "roadstead-lease-" + strconv.FormatInt(c.ID, 10) }

func credentialTopic(id int64) string { return "credential/" + strconv.FormatInt(id, 10) }
