package kube

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// maxDependents is how many objects of each kind are listed; a person does not read more.
const maxDependents = 500

// Dependents lists what holds load balancers or volumes in the account.
func (n Connector) Dependents(ctx context.Context, a provision.Access) (found provision.Dependents, err error) {
	err = n.enter(a, func(c *Client) error {
		balancers, err := c.balancers(ctx, true)
		if err != nil {
			return err
		}
		found.Balancers = namesOf(balancers)
		volumes, err := c.refs(ctx, Ref{Kind: "PersistentVolumeClaim"})
		found.Volumes = namesOf(volumes)
		return err
	})
	return found, err
}

// DropBalancers deletes what holds load balancers, and reports whether none is left. A finalizer of the cloud keeps each
// until its load balancer is gone.
func (n Connector) DropBalancers(ctx context.Context, a provision.Access) (gone bool, err error) {
	err = n.enter(a, func(c *Client) error {
		balancers, err := c.balancers(ctx, false)
		if err != nil {
			return err
		}
		for _, ref := range balancers {
			if err := c.Delete(ctx, ref, DeleteOptions{}); err != nil {
				return err
			}
		}
		gone = len(balancers) == 0
		return nil
	})
	return gone, err
}

// balancers finds Services of type LoadBalancer, and Ingresses and Gateways, which a controller may have one for.
func (c *Client) balancers(ctx context.Context, lookAround bool) ([]Ref, error) {
	refs, err := c.balancerServices(ctx)
	if err != nil {
		return nil, err
	}
	for _, kind := range []Ref{
		{Group: "networking.k8s.io", Kind: "Ingress"}, {Group: "gateway.networking.k8s.io", Kind: "Gateway"},
	} {
		more, err := c.refs(ctx, kind)
		if code := apperr.CodeOf(err); code == apperr.ClusterNotFound || code == apperr.ClusterForbidden && lookAround {
			continue // the cluster does not have this kind, or who only looks around may not see it
		}
		if err != nil {
			return nil, err
		}
		refs = append(refs, more...)
	}
	return refs, nil
}

func (c *Client) balancerServices(ctx context.Context) (refs []Ref, err error) {
	newList := func() *corev1.ServiceList { return &corev1.ServiceList{} }
	for page, err := range Pages(ctx, c, newList, ListOptions{}) {
		if err != nil {
			return nil, fmt.Errorf("looking for load balancers: %w", err)
		}
		for i := range page.Items {
			if s := &page.Items[i]; s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(refs) < maxDependents {
				refs = append(refs, Ref{Kind: "Service", Namespace: s.Namespace, Name: s.Name})
			}
		}
	}
	return refs, nil
}

// refs lists the objects of a kind, by their metadata alone.
func (c *Client) refs(ctx context.Context, kind Ref) (refs []Ref, err error) {
	g, err := c.group(ctx, kind.Group)
	if err != nil {
		return nil, fmt.Errorf("looking for %s: %w", kind.resource(), err)
	}
	newList := func() *metav1.PartialObjectMetadataList {
		return &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{
			APIVersion: g.version.String(), Kind: kind.Kind + "List",
		}}
	}
	for page, err := range Pages(ctx, c, newList, ListOptions{}) {
		if err != nil {
			return nil, fmt.Errorf("looking for %s: %w", kind.resource(), err)
		}
		for i := range page.Items {
			if len(refs) < maxDependents {
				refs = append(refs, Ref{Group: kind.Group, Kind: kind.Kind, Namespace: page.Items[i].Namespace, Name: page.Items[i].Name})
			}
		}
	}
	return slices.Clip(refs), nil
}

func namesOf(refs []Ref) []apperr.Untrusted {
	const longest = 300 // kind, namespace and name
	names := make([]apperr.Untrusted, len(refs))
	for i, ref := range refs {
		names[i] = apperr.Clean(ref.String(), longest)
	}
	return names
}
