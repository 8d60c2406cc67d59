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
	// Inventory lists it, by our own records.
	Inventory(ctx context.Context, clusterID int64) ([]Item, error)
	// Clear takes it away step by step, as the cluster's removal says, and reports
	// whether nothing is left that shall go.
	Clear(ctx context.Context, c Cluster) (bool, error)
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
	Tenants      Tenants
	Access       Access
	// Dependents and Accounts are called by workers only.
	Dependents Dependents
	Accounts   Accounts
	Now        func() time.Time

	attempts attempts
}

// Cluster finds a cluster by id, or by name where only one has it. A draft is
// found by its id alone, by its maker and administrators, and one that is
// forgotten not at all.
func (s *Service) Cluster(ctx context.Context, idOrName string) (Cluster, error) {
	if id, err := strconv.ParseInt(idOrName, 10, 64); err == nil {
		return s.visible(ctx, id)
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

func (s *Service) visible(ctx context.Context, id int64) (Cluster, error) {
	c, err := s.Store.Cluster(ctx, id)
	if err == nil && !c.visibleTo(ctx) {
		return Cluster{}, apperr.Of(apperr.NotFound)
	}
	return c, err
}

// Check asks for a new check of the connection as soon as possible.
func (s *Service) Check(ctx context.Context, id int64) error {
	c, err := s.visible(ctx, id)
	if err != nil {
		return fmt.Errorf("find the cluster to check: %w", err)
	}
	if err := s.attempts.allow(ctx, c.Platform.APIURL, s.Now()); err != nil {
		return err
	}
	return s.Values.Refresh(ctx, id, ConnectionValue)
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
