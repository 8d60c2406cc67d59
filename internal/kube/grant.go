package kube

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/namespace"
)

// grant gives a tenant its rights, and ends what an earlier grant of another kind gave. It returns the binding
// that it is about, even when it fails.
func (c *Client) grant(ctx context.Context, s namespace.Spec) (*rbacv1.RoleBinding, error) {
	grant, err := c.grantFor(ctx, s)
	binding := manifest.RoleBinding(s, grant)
	if err != nil {
		return binding, err
	}
	if grant == manifest.GrantRole {
		if _, err := c.Apply(ctx, manifest.Role(s)); err != nil {
			return binding, err
		}
	}
	if _, err := c.Apply(ctx, binding); err != nil {
		return binding, err
	}
	for _, stale := range manifest.OtherGrants(grant) {
		ref := Ref{Group: rbacv1.GroupName, Kind: "RoleBinding", Namespace: s.Name, Name: manifest.BindingName(stale)}
		if err := c.Delete(ctx, ref, DeleteOptions{}); err != nil {
			return binding, err
		}
	}
	return binding, nil
}

// grantFor prefers the cluster role of our printed manifest, where a cluster administrator applied it; else it
// takes a role in the namespace, which our account can only write where it may do nearly everything.
func (c *Client) grantFor(ctx context.Context, s namespace.Spec) (manifest.Grant, error) {
	if s.Profile == namespace.GitLab {
		return manifest.GrantAdmin, nil
	}
	role := &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "ClusterRole"},
	}
	err := c.Get(ctx, "", manifest.TenantRole, role)
	if code := apperr.CodeOf(err); code == apperr.ClusterNotFound || code == apperr.ClusterForbidden {
		return manifest.GrantRole, nil
	}
	return manifest.GrantShared, err
}
