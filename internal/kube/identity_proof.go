package kube

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/secret"
)

var _ cluster.Accounts = Accounts{}

// everything is the right to do anything, which a cluster's administrator has.
func everything() Access { return Access{Verb: "*", Group: "*", Resource: "*"} }

// Prove signs in with the token alone, asks who that is, and for every right of the identity.
func (a Accounts) Prove(ctx context.Context, spec cluster.IdentitySpec, token secret.Value) ([]string, error) {
	target, err := a.Clients.config.Directory.Target(ctx, spec.ClusterID)
	if err != nil {
		return nil, fmt.Errorf("opening the connection data of cluster %d: %w", spec.ClusterID, err)
	}
	target.Token = token
	return a.Clients.prove(ctx, target, spec)
}

// prove signs in to a target and asks who that is, and for every right of the identity.
func (cs *Clients) prove(ctx context.Context, target Target, spec cluster.IdentitySpec) ([]string, error) {
	c, err := cs.Dial(target)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	who, err := c.WhoAmI(ctx)
	if err != nil {
		return nil, err
	}
	if who.String() != spec.User() {
		return nil, apperr.Of(apperr.IdentityUnproven)
	}
	return c.lacking(ctx, accessOf(spec.Rights()))
}

// Missing lists what the stored credential lacks to make the identity. RBAC lets nobody grant what he does not hold,
// unless he may escalate and bind.
func (a Accounts) Missing(ctx context.Context, spec cluster.IdentitySpec) ([]string, error) {
	c, err := a.client(ctx, spec)
	if err != nil {
		return nil, err
	}
	if lacking, err := c.lacking(ctx, []Access{everything()}); err != nil || len(lacking) == 0 {
		return nil, err
	}
	wanted := accessOf(makingRights(spec))
	handOn := accessOf([]cluster.Right{{
		Group: "rbac.authorization.k8s.io", Resource: "clusterroles", Verbs: []string{"escalate", "bind"},
	}})
	if lacking, err := c.lacking(ctx, handOn); err != nil {
		return nil, err
	} else if len(lacking) > 0 {
		wanted = append(wanted, accessOf(spec.Rights())...)
	}
	return c.lacking(ctx, wanted)
}

// makingRights is what it takes to write the identity's objects.
func makingRights(spec cluster.IdentitySpec) []cluster.Right {
	const rbac = "rbac.authorization.k8s.io"
	write := []string{"create", "patch"}
	return []cluster.Right{
		{Resource: "namespaces", Verbs: []string{"create", "get"}},
		{Resource: "serviceaccounts", Verbs: write, Namespace: spec.Namespace},
		{Resource: "secrets", Verbs: []string{"create", "get"}, Namespace: spec.Namespace},
		{Group: rbac, Resource: "clusterroles", Verbs: write},
		{Group: rbac, Resource: "clusterrolebindings", Verbs: write},
		{Group: rbac, Resource: "roles", Verbs: write, Namespace: spec.Namespace},
		{Group: rbac, Resource: "rolebindings", Verbs: write, Namespace: spec.Namespace},
	}
}

// lacking lists, in words of ours, the wanted rights that the client's account does not have.
func (c *Client) lacking(ctx context.Context, wanted []Access) ([]string, error) {
	allowed, err := c.Allowed(ctx, wanted)
	if err != nil {
		return nil, err
	}
	var missing []string
	for i, a := range wanted {
		if !allowed[i] {
			missing = append(missing, a.String())
		}
	}
	return missing, nil
}

// adminFinding recommends to swap a credential that may do everything. The identity we make never may.
func adminFinding(ctx context.Context, c *Client) ([]cluster.Finding, error) {
	lacking, err := c.lacking(ctx, []Access{everything()})
	if err != nil || len(lacking) > 0 {
		return nil, err
	}
	return []cluster.Finding{{Check: cluster.CheckCredential, Outcome: cluster.Warning, Code: apperr.CredentialAdmin}}, nil
}
