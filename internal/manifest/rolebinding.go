package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/namespace"
)

// RoleBinding gives the tenant's account its role, or the cluster role admin
// under the profile of the predecessor. The name tells which: a binding's role
// cannot be changed.
func RoleBinding(s namespace.Spec) *rbacv1.RoleBinding {
	name, ref := TenantRole, rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: TenantRole}
	if s.Profile == namespace.GitLab {
		name, ref = TenantRole+"-admin", rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "admin"}
	}
	return &rbacv1.RoleBinding{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"},
		ObjectMeta: object(s, name),
		RoleRef:    ref,
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: s.ServiceAccount, Namespace: s.Name}},
	}
}
