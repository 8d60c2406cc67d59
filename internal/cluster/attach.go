package cluster

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/secret"
)

// AttachRequest is what it takes to register an existing cluster.
type AttachRequest struct {
	Name             string
	Level            Level
	GroupID          int64
	ProjectID        int64
	EnvironmentScope string // empty: *
	Domain           string
	// Enabled, Managed and NamespacePerEnvironment are true unless they are said
	// to be false.
	Enabled                 *bool
	Managed                 *bool
	NamespacePerEnvironment *bool
	ManagementProjectID     int64
	AuthorizationType       Authorization // empty: RBAC

	APIURL    string
	CAPEM     string
	Namespace string
	Token     secret.Value
	// OwnIdentity lists the features that an identity of our own shall have the
	// rights for. It takes the place of the token; empty: the token stays. A
	// draft has none.
	OwnIdentity []Feature
	// Draft says that the cluster is to be looked at first: see [Service.Save].
	Draft bool
}

// cluster is the cluster that is asked for, not checked yet.
func (r AttachRequest) cluster() Cluster {
	c := Cluster{
		Name: r.Name, Level: r.Level, GroupID: r.GroupID, ProjectID: r.ProjectID, EnvironmentScope: r.EnvironmentScope,
		Domain: r.Domain, Enabled: or(r.Enabled, true), Managed: or(r.Managed, true),
		NamespacePerEnvironment: or(r.NamespacePerEnvironment, true),
		ManagementProjectID:     r.ManagementProjectID, AuthorizationType: r.AuthorizationType,
		Platform: Platform{APIURL: r.APIURL, CAPEM: r.CAPEM, Namespace: r.Namespace},
		Provider: ByUser, State: Attached, Generation: 1,
	}
	if r.Draft {
		c.State = Draft
	}
	return c
}

// Attach registers a cluster and asks for its first check. Nothing is dialled:
// an address that turns out dead, slow or lying is marked by that check. What
// is wrong with the request comes as [Problems].
func (s *Service) Attach(ctx context.Context, r AttachRequest) (Cluster, error) {
	c := r.cluster()
	if err := s.acceptable(ctx, &c, r); err != nil {
		return Cluster{}, err
	}
	now := s.Now()
	if err := s.attempts.allow(ctx, c.Platform.APIURL, now); err != nil {
		return Cluster{}, err
	}
	c.CreatedAt, c.UpdatedAt, c.StateSince, c.CreatedBy = now, now, now, audit.ActorFrom(ctx).UserID
	err := s.Store.Atomically(ctx, func(tx Tx) error { return s.insert(ctx, tx, &c, r) })
	if err != nil {
		return Cluster{}, fmt.Errorf("attach cluster: %w", err)
	}
	// The cluster is attached, whatever becomes of this: clusters that were never
	// checked are looked for every half minute.
	_ = s.Values.Refresh(ctx, c.ID, ConnectionValue)
	return c, nil
}

func (s *Service) acceptable(ctx context.Context, c *Cluster, r AttachRequest) error {
	if err := checkLevel(*c); err != nil {
		return err
	}
	if err := checkFeatures(r.OwnIdentity); err != nil {
		return err
	}
	if r.Draft && len(r.OwnIdentity) > 0 {
		return invalid("list of features", "A draft gets no identity of our own; ask for one once it is saved.")
	}
	stranger, err := s.checkManagement(ctx, *c, Cluster{})
	if err != nil {
		return err
	}
	return s.check(c, Cluster{}, r.Token, stranger)
}

func (s *Service) insert(ctx context.Context, tx Tx, c *Cluster, r AttachRequest) (err error) {
	if c.ID, err = tx.NextClusterID(ctx); err != nil {
		return fmt.Errorf("reserve cluster id: %w", err)
	}
	sealed, err := s.Sealer.Seal(r.Token, TokenContext(*c))
	if err != nil {
		return fmt.Errorf("seal token: %w", err)
	}
	tx.Notify("clusters")
	if err := tx.InsertCluster(ctx, *c, sealed); err != nil {
		return scopeTaken(err)
	}
	if err := tx.Record(ctx, attachEntry(*c)); err != nil || len(r.OwnIdentity) == 0 {
		return err
	}
	_, err = s.adopt(ctx, tx, *c, r.OwnIdentity)
	return err
}

// scopeTaken says what it means that a row may not be written twice: the index
// over scopes is the one rule that two requests can break together.
func scopeTaken(err error) error {
	if apperr.CodeOf(err) != apperr.AlreadyExists {
		return err
	}
	p := Problems{{Attribute: AttributeScope, Messages: []string{"cannot add duplicated environment scope"}}}
	return p.Err()
}

func attachEntry(c Cluster) audit.Entry {
	e := entry("cluster.attach", c, map[string]string{"environment_scope": c.EnvironmentScope})
	if c.State == Draft {
		e.Action = "cluster.draft"
	}
	return e
}

// entry is what is recorded of a change of a cluster.
func entry(action string, c Cluster, detail map[string]string) audit.Entry {
	return audit.Entry{
		Action: action, Object: audit.Object{Kind: "cluster", ID: c.ID, Name: c.Name},
		GroupID: c.GroupID, ProjectID: c.ProjectID, Detail: detail,
	}
}
