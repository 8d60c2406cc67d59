package cluster

import (
	"context"
	"fmt"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/work"
)

// EditRequest changes what is not nil of a cluster.
type EditRequest struct {
	Name                    *string
	EnvironmentScope        *string
	Domain                  *string
	Enabled                 *bool
	Managed                 *bool
	NamespacePerEnvironment *bool
	ManagementProjectID     *int64 // zero: none
	APIURL                  *string
	CAPEM                   *string
	Namespace               *string
	// Token takes the place of the stored credential, unless it is empty. It is
	// needed when address or CA change: whoever may edit a cluster shall not get
	// its credential by pointing it at himself.
	Token secret.Value
}

// apply is the cluster as the request wants it, not checked yet.
func (r EditRequest) apply(c Cluster) Cluster {
	c.Name, c.EnvironmentScope, c.Domain = or(r.Name, c.Name), or(r.EnvironmentScope, c.EnvironmentScope), or(r.Domain, c.Domain)
	c.Enabled, c.Managed = or(r.Enabled, c.Enabled), or(r.Managed, c.Managed)
	c.NamespacePerEnvironment = or(r.NamespacePerEnvironment, c.NamespacePerEnvironment)
	c.ManagementProjectID = or(r.ManagementProjectID, c.ManagementProjectID)
	c.Platform = Platform{
		APIURL: or(r.APIURL, c.Platform.APIURL), CAPEM: or(r.CAPEM, c.Platform.CAPEM),
		Namespace: or(r.Namespace, c.Platform.Namespace),
	}
	return c
}

// Edit changes a registration. When the platform changed, whatever was known of
// the cluster by the old one is void, and the first check follows. What is wrong
// with the request comes as [Problems].
func (s *Service) Edit(ctx context.Context, id int64, r EditRequest) (edited Cluster, err error) {
	before, err := s.visible(ctx, id)
	if err != nil {
		return Cluster{}, fmt.Errorf("find the cluster to edit: %w", err)
	}
	stranger, err := s.checkManagement(ctx, r.apply(before), before)
	if err != nil {
		return Cluster{}, fmt.Errorf("edit cluster %d: %w", id, err)
	}
	allowed := false // counted once, however often the transaction is run
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if before, err = tx.Cluster(ctx, id); err != nil {
			return err
		}
		if edited, err = s.edited(before, r, stranger); err != nil {
			return err
		}
		if edited.Generation != before.Generation && !allowed {
			if err = s.attempts.allow(ctx, edited.Platform.APIURL, s.Now()); err != nil {
				return err
			}
			allowed = true
		}
		return s.save(ctx, tx, before, edited, r.Token)
	})
	if err != nil {
		return Cluster{}, fmt.Errorf("edit cluster %d: %w", id, err)
	}
	if edited.Generation != before.Generation {
		s.invalidate(ctx, edited)
	}
	return edited, nil
}

// invalidate asks for what is known of a cluster by its new platform. What was
// known by the old one is hidden already, and comes back by its timers if this
// is lost.
func (s *Service) invalidate(ctx context.Context, c Cluster) {
	_ = s.Values.Invalidate(ctx, c.ID, c.Generation)
}

// edited is the cluster as the request wants it. The stranger is what is wrong
// with its management project.
func (s *Service) edited(before Cluster, r EditRequest, stranger string) (Cluster, error) {
	c := r.apply(before)
	if before.Provider == ByAWS && (!r.Token.IsEmpty() || !c.Platform.sameTarget(before.Platform)) {
		return Cluster{}, apperr.Of(apperr.CloudManaged).
			With(Problems{{AttributeBase, []string{"Cannot modify managed Kubernetes cluster"}}})
	}
	if err := s.check(&c, before, r.Token, stranger); err != nil {
		return Cluster{}, err
	}
	if !r.Token.IsEmpty() {
		c.Generation++
	}
	if c != before {
		c.UpdatedAt = s.Now()
	}
	return c, nil
}

// save writes the edited cluster, and its token sealed to where it may go.
func (s *Service) save(ctx context.Context, tx Tx, before, edited Cluster, token secret.Value) error {
	if edited == before {
		return nil
	}
	tx.Notify("clusters")
	tx.Notify(topic(edited.ID))
	if err := tx.UpdateCluster(ctx, edited); err != nil {
		return scopeTaken(err)
	}
	if err := recordEdit(ctx, tx, before, edited); err != nil {
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
	if err := tx.SetSealedToken(ctx, edited.ID, sealed); err != nil || edited.Platform.sameTarget(before.Platform) {
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
	if !edited.Platform.sameTarget(before.Platform) {
		i.UID = "" // perhaps another cluster, where nothing stands
	}
	return s.saveIdentity(ctx, tx, i)
}

// recordEdit records the names of what changed, never the values.
func recordEdit(ctx context.Context, tx Tx, before, edited Cluster) error {
	if edited.Enabled != before.Enabled {
		action := "cluster.disable"
		if edited.Enabled {
			action = "cluster.enable"
		}
		if err := tx.Record(ctx, entry(action, edited, nil)); err != nil {
			return err
		}
	}
	changed := changes(before, edited)
	if len(changed) == 0 {
		return nil
	}
	return tx.Record(ctx, entry("cluster.update", edited, map[string]string{"changed": strings.Join(changed, ", ")}))
}

// changes names what differs, but for being enabled.
func changes(before, edited Cluster) (names []string) {
	for _, field := range []struct {
		name    string
		changed bool
	}{
		{AttributeName, edited.Name != before.Name},
		{AttributeScope, edited.EnvironmentScope != before.EnvironmentScope},
		{AttributeDomain, edited.Domain != before.Domain},
		{"managed", edited.Managed != before.Managed},
		{"namespace_per_environment", edited.NamespacePerEnvironment != before.NamespacePerEnvironment},
		{AttributeManagementProject, edited.ManagementProjectID != before.ManagementProjectID},
		{"api_url", edited.Platform.APIURL != before.Platform.APIURL},
		{"ca_cert", edited.Platform.CAPEM != before.Platform.CAPEM},
		{"namespace", edited.Platform.Namespace != before.Platform.Namespace},
		{"token", edited.Generation != before.Generation},
	} {
		if field.changed {
			names = append(names, field.name)
		}
	}
	return names
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
