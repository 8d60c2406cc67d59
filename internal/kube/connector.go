package kube

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

var _ provision.Connector = Connector{}

// Connector works inside clusters that are being made, or taken down, with a bearer of their cloud. Its clients are made
// for one use each: the bearer is good for minutes.
type Connector struct{ Clients *Clients }

// enter runs do with a client of the new cluster.
func (n Connector) enter(a provision.Access, do func(c *Client) error) error {
	c, err := n.Clients.Dial(targetOf(a))
	if err != nil {
		return err
	}
	defer c.Close()
	return do(c)
}

func targetOf(a provision.Access) Target {
	return Target{Cluster: a.ClusterID, APIURL: a.APIURL, CAPEM: a.CAPEM, Token: a.Bearer}
}

// Reach proves that the API server answers and knows the bearer.
func (n Connector) Reach(ctx context.Context, a provision.Access) error {
	return n.enter(a, func(c *Client) error {
		if _, err := c.Version(ctx); err != nil {
			return err
		}
		_, err := c.WhoAmI(ctx)
		return err
	})
}

// Identify makes our own identity, and has its first token prove itself.
func (n Connector) Identify(
	ctx context.Context, a provision.Access, spec cluster.IdentitySpec,
) (token secret.Value, uid string, err error) {
	err = n.enter(a, func(c *Client) error {
		if uid, err = c.makeIdentity(ctx, spec); err != nil {
			return err
		}
		spec.UID = uid
		token, err = c.identityToken(ctx, spec, 1)
		return err
	})
	switch {
	case err != nil:
		return token, "", err
	case token.IsEmpty():
		return token, "", apperr.Of(apperr.IdentityNoToken) // the cluster fills it behind our back
	}
	target := targetOf(a)
	target.Token = token
	missing, err := n.Clients.prove(ctx, target, spec)
	if err == nil && len(missing) > 0 {
		err = apperr.Of(apperr.RightsMissing) // new rights take a moment to be known everywhere
	}
	return token, uid, err
}

// Nodes counts the machines that joined, and those that are ready.
func (n Connector) Nodes(ctx context.Context, a provision.Access) (ready, joined int, err error) {
	err = n.enter(a, func(c *Client) error {
		for page, err := range Pages(ctx, c, func() *corev1.NodeList { return &corev1.NodeList{} }, ListOptions{}) {
			if err != nil {
				return fmt.Errorf("counting machines: %w", err)
			}
			joined += len(page.Items)
			for i := range page.Items {
				if isReady(&page.Items[i]) {
					ready++
				}
			}
		}
		return nil
	})
	return ready, joined, err
}

func isReady(node *corev1.Node) bool {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
