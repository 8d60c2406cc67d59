package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/namespace"
)

// TenantRole is the name of the role that a namespace's account holds.
const TenantRole = "roadstead-tenant"

// Role builds the tenant's role. It starts from nothing: workloads, their
// configuration and their logs; no impersonation, no tokens, no policies, no
// way into a running pod, and nothing of RBAC.
func Role(s namespace.Spec) *rbacv1.Role {
	return &rbacv1.Role{
		TypeMeta:   metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"},
		ObjectMeta: object(s, TenantRole),
		Rules:      tenantRules(),
	}
}

// tenantRules are the rights of the profiles restricted and baseline, which
// differ by what pods may do, not by what the tenant may.
func tenantRules() []rbacv1.PolicyRule {
	read := []string{"get", "list", "watch"}
	edit := append(read, "create", "update", "patch", "delete", "deletecollection")
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
