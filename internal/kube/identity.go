package kube

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/secret"
)

// Accounts makes our own identity in clusters. It implements cluster.Accounts.
type Accounts struct{ Clients *Clients }

// Make makes namespace, account, roles and bindings. The namespace comes first: the others belong to it.
func (a Accounts) Make(ctx context.Context, spec cluster.IdentitySpec) (uid string, err error) {
	c, err := a.client(ctx, spec)
	if err != nil {
		return "", err
	}
	return c.makeIdentity(ctx, spec)
}

func (c *Client) makeIdentity(ctx context.Context, spec cluster.IdentitySpec) (uid string, err error) {
	if spec.UID, err = c.ensureIdentityNamespace(ctx, spec); err != nil {
		return "", err
	}
	for _, o := range manifest.IdentityAccess(spec) {
		object, ok := o.(Object)
		if !ok {
			return "", fmt.Errorf("making our identity: a %T has no name", o)
		}
		if _, err := c.Apply(ctx, object); err != nil {
			return "", err
		}
	}
	return spec.UID, nil
}

// ensureIdentityNamespace makes the namespace, or finds the one that is ours.
func (c *Client) ensureIdentityNamespace(ctx context.Context, spec cluster.IdentitySpec) (string, error) {
	made := manifest.IdentityNamespace(spec)
	err := c.Create(ctx, made)
	if err == nil {
		return string(made.UID), nil
	}
	if !errors.Is(err, ErrExists) {
		return "", err
	}
	found, err := c.identityNamespace(ctx, spec)
	switch {
	case err != nil:
		return "", err
	case found.DeletionTimestamp != nil:
		return "", apperr.Of(apperr.NamespaceTerminating)
	case found.Annotations[manifest.OwnerAnnotation] != spec.Owner:
		return "", apperr.Of(apperr.NamespaceForeign)
	}
	return string(found.UID), nil
}

func (c *Client) identityNamespace(ctx context.Context, spec cluster.IdentitySpec) (*corev1.Namespace, error) {
	var found corev1.Namespace
	if err := c.Get(ctx, "", spec.Namespace, &found); err != nil {
		return nil, err
	}
	return &found, nil
}

// Token makes a token Secret, or finds it from an earlier try, and reads its token once the cluster has filled it.
func (a Accounts) Token(ctx context.Context, spec cluster.IdentitySpec, serial int64) (secret.Value, error) {
	c, err := a.client(ctx, spec)
	if err != nil {
		return secret.Value{}, err
	}
	return c.identityToken(ctx, spec, serial)
}

func (c *Client) identityToken(ctx context.Context, spec cluster.IdentitySpec, serial int64) (secret.Value, error) {
	found := manifest.IdentityToken(spec, serial)
	err := c.Create(ctx, found)
	if errors.Is(err, ErrExists) {
		found = &corev1.Secret{}
		err = c.Get(ctx, spec.Namespace, spec.TokenSecret(serial), found)
	}
	if err != nil {
		return secret.Value{}, err
	}
	return secret.NewValue(found.Data[corev1.ServiceAccountTokenKey]), nil
}

// Tidy deletes every token Secret of the identity but the one that is named.
func (a Accounts) Tidy(ctx context.Context, spec cluster.IdentitySpec, keep int64) error {
	c, err := a.client(ctx, spec)
	if err != nil {
		return err
	}
	newList := func() *metav1.PartialObjectMetadataList {
		return &metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "SecretList"}}
	}
	options := ListOptions{Namespace: spec.Namespace, Labels: manifest.IdentityTokenLabel}
	for page, err := range Pages(ctx, c, newList, options) {
		if err != nil {
			return err
		}
		for _, s := range page.Items {
			if s.Name == spec.TokenSecret(keep) {
				continue
			}
			ref := Ref{Kind: "Secret", Namespace: spec.Namespace, Name: s.Name}
			if err := c.Delete(ctx, ref, DeleteOptions{UID: string(s.UID)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Find returns the uid of the identity's namespace.
func (a Accounts) Find(ctx context.Context, spec cluster.IdentitySpec) (uid string, err error) {
	c, err := a.client(ctx, spec)
	if err != nil {
		return "", err
	}
	found, err := c.identityNamespace(ctx, spec)
	if err != nil {
		return "", err
	}
	if found.Annotations[manifest.OwnerAnnotation] != spec.Owner {
		return "", apperr.Of(apperr.ClusterNotFound)
	}
	return string(found.UID), nil
}

// Remove deletes the namespace of that uid. The cluster's garbage collector takes what belongs to it.
func (a Accounts) Remove(ctx context.Context, spec cluster.IdentitySpec, uid string) error {
	c, err := a.client(ctx, spec)
	if err != nil {
		return err
	}
	return c.Delete(ctx, Ref{Kind: "Namespace", Name: spec.Namespace}, DeleteOptions{UID: uid})
}

func (a Accounts) client(ctx context.Context, spec cluster.IdentitySpec) (*Client, error) {
	c, err := a.Clients.For(ctx, spec.ClusterID)
	if err != nil {
		return nil, fmt.Errorf("connect to cluster %d: %w", spec.ClusterID, err)
	}
	return c, nil
}
