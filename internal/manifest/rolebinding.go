package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/roadstead/roadstead/internal/namespace"
)

// Grant is a way to give a tenant its rights in its namespace.
type Grant string

// The ways. Shared takes the least of us: the right to bind one cluster role, made by a cluster administrator,
// instead of the right to write roles of any content.
const (
	GrantShared Grant = "shared" // the cluster role TenantRole of the printed manifest
	GrantRole   Grant = "role"   // a role of the same rules in the namespace
	GrantAdmin  Grant = "admin"  // the cluster role admin, as the predecessor did
)

// BindingName is the name of a grant's binding. Each grant has its own, since a binding's role cannot be changed.
func BindingName(g Grant) string {
	if g == GrantShared {
		return TenantRole
	}
	return TenantRole + "-" + string(g)
}

// OtherGrants are those that must not stand beside g.
func OtherGrants(g Grant) []Grant {
	var others []Grant
	for _, other := range []Grant{GrantShared, GrantRole, GrantAdmin} {
		if other != g {
			others = append(others, other)
		}
	}
	return others
}

// RoleBinding gives the tenant's account its rights.
func RoleBinding(s namespace.Spec, g Grant) *rbacv1.RoleBinding {
	ref := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: TenantRole}
	switch g {
	case GrantRole:
		ref.Kind = "Role"
	case GrantAdmin:
		ref.Name = "admin"
	case GrantShared:
	}
	return &rbacv1.RoleBinding{
		TypeMeta:   rbacType("RoleBinding"),
		ObjectMeta: object(s, BindingName(g)),
		RoleRef:    ref,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: s.ServiceAccount, Namespace: s.Name}},
	}
}
