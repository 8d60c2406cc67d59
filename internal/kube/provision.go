package kube

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/namespace"
)

// Provisioner writes the objects of namespaces. It implements
// namespace.Provisioner.
type Provisioner struct{ Clients *Clients }

// EnsureNamespace makes the namespace, or finds the one that is ours.
func (p Provisioner) EnsureNamespace(ctx context.Context, clusterID int64, spec namespace.Spec) (string, error) {
	c, err := p.Clients.For(ctx, clusterID)
	if err != nil {
		return "", fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	made := manifest.Namespace(spec, "")
	err = c.Create(ctx, made)
	if err == nil {
		return string(made.UID), nil
	}
	if !errors.Is(err, ErrExists) {
		return "", err
	}
	var found corev1.Namespace
	if err := c.Get(ctx, "", spec.Name, &found); err != nil {
		return "", err
	}
	switch {
	case found.Annotations[manifest.OwnerAnnotation] != spec.Owner:
		return "", apperr.Of(apperr.NamespaceForeign)
	case found.DeletionTimestamp != nil:
		return "", apperr.Of(apperr.NamespaceTerminating)
	}
	return string(found.UID), nil
}

// Apply makes everything in the namespace as the spec says, all at once.
func (p Provisioner) Apply(ctx context.Context, clusterID int64, spec namespace.Spec, uid string) ([]namespace.Object, error) {
	c, err := p.Clients.For(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	objects := tenantObjects(spec, uid)
	outcomes, errs := make([]namespace.Object, len(objects)+1), make([]error, len(objects)+1)
	var wait sync.WaitGroup
	for i, o := range objects {
		wait.Go(func() {
			_, errs[i] = c.Apply(ctx, o)
			outcomes[i] = objectOutcome(o, errs[i])
		})
	}
	wait.Go(func() {
		binding, err := c.grant(ctx, spec)
		outcomes[len(objects)], errs[len(objects)] = objectOutcome(binding, err), err
	})
	wait.Wait()
	return outcomes, errors.Join(errs...)
}

func objectOutcome(o Object, err error) namespace.Object {
	return namespace.Object{
		Kind: o.GetObjectKind().GroupVersionKind().Kind, Name: o.GetName(),
		Applied: err == nil, Code: apperr.CodeOf(err),
	}
}

// tenantObjects are the objects of a namespace but those that give the tenant
// its rights.
func tenantObjects(spec namespace.Spec, uid string) []Object {
	objects := []Object{
		manifest.Namespace(spec, uid),
		manifest.ServiceAccount(spec), manifest.DefaultServiceAccount(spec),
		manifest.ResourceQuota(spec), manifest.LimitRange(spec),
	}
	for _, policy := range manifest.NetworkPolicies(spec) {
		objects = append(objects, policy)
	}
	return objects
}

// DeleteNamespace asks for the deletion of exactly that namespace and reports
// whether it is gone, or replaced by somebody else's.
func (p Provisioner) DeleteNamespace(ctx context.Context, clusterID int64, name, uid string) (bool, error) {
	c, err := p.Clients.For(ctx, clusterID)
	if err != nil {
		return false, fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	var found corev1.Namespace
	err = c.Get(ctx, "", name, &found)
	if apperr.CodeOf(err) == apperr.ClusterNotFound || err == nil && string(found.UID) != uid {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if found.DeletionTimestamp != nil {
		return false, nil
	}
	return false, c.Delete(ctx, Ref{Kind: "Namespace", Name: name}, DeleteOptions{UID: uid})
}

// Mint makes the lease Secret, or finds it from an earlier try, and a token
// bound to it.
func (p Provisioner) Mint(ctx context.Context, clusterID int64, spec namespace.TokenSpec) (namespace.Token, error) {
	c, err := p.Clients.For(ctx, clusterID)
	if err != nil {
		return namespace.Token{}, fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	lease := manifest.LeaseSecret(spec.Namespace, spec.Lease)
	if err := c.Create(ctx, lease); err != nil && !errors.Is(err, ErrExists) {
		return namespace.Token{}, err
	}
	value, expires, err := c.CreateToken(ctx, spec.Namespace, spec.ServiceAccount, TokenRequest{
		Lifetime: spec.Lifetime, SecretName: spec.Lease, SecretUID: string(lease.UID),
	})
	if err != nil {
		return namespace.Token{}, err
	}
	return namespace.Token{Value: value, LeaseUID: string(lease.UID), ExpiresAt: expires}, nil
}

// Revoke deletes the lease Secret, and with it the token.
func (p Provisioner) Revoke(ctx context.Context, clusterID int64, inNamespace, lease string) error {
	c, err := p.Clients.For(ctx, clusterID)
	if err != nil {
		return fmt.Errorf("connect to cluster %d: %w", clusterID, err)
	}
	return c.Delete(ctx, Ref{Kind: "Secret", Namespace: inNamespace, Name: lease}, DeleteOptions{})
}
