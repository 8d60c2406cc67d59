package cluster

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// Kinds of work on clusters.
const (
	// RemoveKind takes a cluster's namespaces away, then its registration.
	RemoveKind work.Kind = "cluster.remove"
	// ForgetKind drops the live state of a cluster whose address changed.
	ForgetKind work.Kind = "cluster.forget"
	// IdentityKind makes and keeps our own identity in a cluster.
	IdentityKind work.Kind = "cluster.identity"
)

// ConnectionValue names the polled value that holds a cluster's Connection.
const ConnectionValue = "connection"

// Sealer seals a credential so that only workers can open it.
type Sealer interface {
	Seal(plaintext secret.Value, ctx secret.Context) ([]byte, error)
}

// Values refreshes and voids the polled values of a cluster.
type Values interface {
	// Refresh asks for a new value as soon as possible.
	Refresh(ctx context.Context, clusterID int64, name string) error
	// Invalidate asks for every value anew that is of an older generation.
	Invalidate(ctx context.Context, clusterID, generation int64) error
}

// Mirror is our copy of the live state of clusters.
type Mirror interface {
	// Forget drops everything about a cluster.
	Forget(ctx context.Context, clusterID int64) error
}

// Dependents are what stands in a cluster because of us.
type Dependents interface {
	// Clear takes it away step by step and reports whether nothing is left.
	Clear(ctx context.Context, clusterID int64) (bool, error)
}

// Keeper keeps the platforms of clusters that were made for people, not attached by them.
type Keeper interface {
	// Managed reports whether a cluster is such a one.
	Managed(ctx context.Context, clusterID int64) (bool, error)
}

// Service answers for registered clusters.
type Service struct {
	Store  Store
	Guard  *egress.Guard
	Sealer Sealer
	Values Values
	Mirror Mirror
	// Installation names this installation of Roadstead.
	Installation string
	Keeper       Keeper
	// Dependents and Accounts are called by workers only.
	Dependents Dependents
	Accounts   Accounts
	Now        func() time.Time

	attempts attempts
}

// AttachRequest is what it takes to register an existing cluster.
type AttachRequest struct {
	Name             string
	Level            Level
	GroupID          int64
	ProjectID        int64
	EnvironmentScope string
	APIURL           string
	CAPEM            string
	Token            secret.Value
	// OwnIdentity lists the features that an identity of our own shall have the
	// rights for. It takes the place of the token; empty: the token stays.
	OwnIdentity []Feature
}

// Attach registers a cluster and asks for its first check. Nothing is dialled:
// an address that turns out dead, slow or lying is marked by that check.
func (s *Service) Attach(ctx context.Context, r AttachRequest) (Cluster, error) {
	platform, err := s.validate(&r)
	if err != nil {
		return Cluster{}, err
	}
	now := s.Now()
	if err := s.attempts.allow(ctx, platform.APIURL, now); err != nil {
		return Cluster{}, err
	}
	c := Cluster{
		Name: r.Name, Level: r.Level, GroupID: r.GroupID, ProjectID: r.ProjectID,
		EnvironmentScope: r.EnvironmentScope, Enabled: true, State: Attached, Generation: 1,
		Platform: platform, CreatedAt: now, UpdatedAt: now,
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if c.ID, err = tx.NextClusterID(ctx); err != nil {
			return fmt.Errorf("reserve cluster id: %w", err)
		}
		sealed, err := s.Sealer.Seal(r.Token, TokenContext(c))
		if err != nil {
			return fmt.Errorf("seal token: %w", err)
		}
		tx.Notify("clusters")
		if err := tx.InsertCluster(ctx, c, sealed); err != nil || len(r.OwnIdentity) == 0 {
			return err
		}
		_, err = s.adopt(ctx, tx, c, r.OwnIdentity)
		return err
	})
	if err != nil {
		return Cluster{}, fmt.Errorf("attach cluster: %w", err)
	}
	// The cluster is attached, whatever becomes of this: clusters that were never
	// checked are looked for every half minute.
	_ = s.Values.Refresh(ctx, c.ID, ConnectionValue)
	return c, nil
}

// Cluster finds a cluster by id, or by name where only one has it.
func (s *Service) Cluster(ctx context.Context, idOrName string) (Cluster, error) {
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return s.Store.Cluster(ctx, id)
	}
	found, err := s.Named(ctx, idOrName)
	if err != nil {
		return Cluster{}, err
	}
	return Only(found)
}

// Named lists every cluster of a name, whatever its level.
func (s *Service) Named(ctx context.Context, name string) ([]Cluster, error) {
	found, err := s.Store.ClustersByName(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("find cluster %q: %w", name, err)
	}
	return found, nil
}

// Only returns the one cluster that was found by a name.
func Only(found []Cluster) (Cluster, error) {
	switch len(found) {
	case 0:
		return Cluster{}, apperr.Of(apperr.NotFound)
	case 1:
		return found[0], nil
	}
	return Cluster{}, apperr.Of(apperr.AmbiguousName).WithHint("Use the id instead: " + ids(found) + ".")
}

// Clusters lists clusters in order of id, after the given one.
func (s *Service) Clusters(ctx context.Context, after int64, limit int) ([]Cluster, error) {
	return s.Store.Clusters(ctx, after, limit)
}

// Check asks for a new check of the connection as soon as possible.
func (s *Service) Check(ctx context.Context, id int64) error {
	c, err := s.Store.Cluster(ctx, id)
	if err != nil {
		return fmt.Errorf("find the cluster to check: %w", err)
	}
	if err := s.attempts.allow(ctx, c.Platform.APIURL, s.Now()); err != nil {
		return err
	}
	return s.Values.Refresh(ctx, id, ConnectionValue)
}

// Remove ends a registration. With cleanup, the namespaces that Roadstead made
// are taken out of the cluster first, in the background; without, the cluster
// is left as it is.
func (s *Service) Remove(ctx context.Context, id int64, cleanup bool) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		tx.Notify("clusters")
		tx.Notify(topic(id))
		if !cleanup {
			return tx.DeleteCluster(ctx, id)
		}
		c, err := tx.Cluster(ctx, id)
		if err != nil {
			return err
		}
		c.State, c.UpdatedAt = Removing, s.Now()
		if err := tx.UpdateCluster(ctx, c); err != nil {
			return err
		}
		return tx.Schedule(ctx, work.Ref{Kind: RemoveKind, Object: id, Cluster: id})
	})
	if err != nil {
		return fmt.Errorf("remove cluster %d: %w", id, err)
	}
	return nil
}

// TokenContext is what a cluster's sealed token is bound to: its row, its
// owner, and the address and CA it was given for. A row that was changed behind
// our back cannot send the token elsewhere.
func TokenContext(c Cluster) secret.Context {
	return secret.Context{
		Table: "clusters", Row: c.ID, Column: "token",
		Owner:  fmt.Sprintf("%s:%d:%d", c.Level, c.GroupID, c.ProjectID),
		Target: c.Platform.APIURL, CAHash: secret.HashCA([]byte(c.Platform.CAPEM)),
	}
}

func topic(id int64) string { return "cluster/" + strconv.FormatInt(id, 10) }

func ids(clusters []Cluster) string {
	texts := make([]string, len(clusters))
	for i, c := range clusters {
		texts[i] = fmt.Sprintf("%d (%s)", c.ID, c.Level)
	}
	return strings.Join(texts, ", ")
}
