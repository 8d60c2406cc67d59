package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
)

// TenantRole is the name of the role that a namespace's account holds, as a role of the namespace or as the cluster
// role of the printed manifest.
const TenantRole = cluster.TenantRole

// Role builds the tenant's role. It starts from nothing: workloads, their
// configuration and their logs; no impersonation, no tokens, no policies, no
// way into a running pod, and nothing of RBAC.
func Role(s namespace.Spec) *rbacv1.Role {
	return &rbacv1.Role{
		TypeMeta:   rbacType("Role"),
		ObjectMeta: object(s, TenantRole),
		Rules:      tenantRules(),
	}
}

// TenantClusterRole builds the same rights as a cluster role, which a cluster administrator makes and our account
// may bind, but not change. It holds nothing until it is bound in a namespace.
func TenantClusterRole() *rbacv1.ClusterRole {
	return &rbacv1.ClusterRole{
		TypeMeta:   rbacType("ClusterRole"),
		ObjectMeta: metav1.ObjectMeta{Name: TenantRole, Labels: ours(nil)},
		Rules:      tenantRules(),
	}
}

// tenantRules are the rights of the profiles restricted and baseline, which
// differ by what pods may do, not by what the tenant may.
func tenantRules() []rbacv1.PolicyRule {
	read := []string{"get", "list", "watch"}
	edit := []string{"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"}
	return []rbacv1.PolicyRule{
		rule("", edit, "configmaps", "persistentvolumeclaims", "pods", "secrets", "services"),
		rule("", []string{"get", "list", "watch", "create", "update", "patch", "delete"}, "serviceaccounts"),
		rule("", read, "endpoints", "events", "limitranges", "pods/log", "pods/status", "resourcequotas"),
		rule("apps", edit, "deployments", "replicasets", "statefulsets"),
		rule("apps", []string{"get", "update", "patch"}, "deployments/scale", "replicasets/scale", "statefulsets/scale"),
		rule("batch", edit, "cronjobs", "jobs"),
		rule("autoscaling", edit, "horizontalpodautoscalers"),
		rule("networking.k8s.io", edit, "ingresses"),
		rule("networking.k8s.io", read, "networkpolicies"),
		rule("policy", edit, "poddisruptionbudgets"),
		rule("discovery.k8s.io", read, "endpointslices"),
		rule("events.k8s.io", read, "events"),
	}
}

func rule(group string, verbs []string, resources ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: resources, Verbs: verbs}
}
