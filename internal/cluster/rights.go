package cluster

// Right is one thing that our identity must be allowed to do in a cluster, in
// the terms of Kubernetes RBAC.
type Right struct {
	Group string
	// Resource may carry a subresource, as "pods/log".
	Resource string
	Verbs    []string
	// Namespace limits the right. Empty means the whole cluster.
	Namespace string
	// Name limits the right to one object. Empty means all.
	Name string
}

// TenantRole is the cluster role that tenants' rights come from. The printed manifest holds it.
const TenantRole = "roadstead-tenant"

// Account is our own identity in a cluster: its service account and the
// namespace it lives in.
const Account = "roadstead"

// ManagedApps is the namespace of install pods. The name is the predecessor's.
const ManagedApps = "gitlab-managed-apps"

// RightsOf lists what a feature needs. The printed manifest grants exactly
// this, and the report card asks for exactly this.
//
// RBAC lets nobody grant what it does not hold. For tenants the verb bind on
// one named cluster role is enough; the roles of install pods differ by catalog
// entry and take escalate and bind on namespaced roles. Cluster roles stay with
// the cluster's administrator.
func RightsOf(f Feature) []Right {
	const core, rbac = "", "rbac.authorization.k8s.io"
	write := []string{"get", "create", "patch"}
	switch f {
	case Namespaces:
		return []Right{
			{Group: core, Resource: "namespaces", Verbs: append(write, "delete")},
			{Group: core, Resource: "serviceaccounts", Verbs: write},
			{Group: core, Resource: "serviceaccounts/token", Verbs: []string{"create"}},
			{Group: core, Resource: "secrets", Verbs: []string{"create", "delete"}},
			{Group: core, Resource: "resourcequotas", Verbs: write},
			{Group: core, Resource: "limitranges", Verbs: write},
			{Group: "networking.k8s.io", Resource: "networkpolicies", Verbs: write},
			{Group: rbac, Resource: "rolebindings", Verbs: append(write, "delete")},
			{Group: rbac, Resource: "clusterroles", Verbs: []string{"get", "bind"}, Name: TenantRole},
		}
	case Applications:
		all := []string{"get", "list", "watch", "create", "patch", "delete"}
		return []Right{
			{Group: core, Resource: "namespaces", Verbs: write},
			{Group: rbac, Resource: "roles", Verbs: append(write, "list", "delete", "escalate", "bind")},
			{Group: rbac, Resource: "rolebindings", Verbs: append(write, "list", "delete")},
			{Group: rbac, Resource: "clusterrolebindings", Verbs: append(write, "list", "delete")},
			{Group: core, Resource: "pods", Verbs: all, Namespace: ManagedApps},
			{Group: core, Resource: "pods/log", Verbs: []string{"get"}, Namespace: ManagedApps},
			{Group: core, Resource: "events", Verbs: []string{"get", "list", "watch"}, Namespace: ManagedApps},
			{Group: core, Resource: "configmaps", Verbs: all, Namespace: ManagedApps},
			{Group: core, Resource: "secrets", Verbs: all, Namespace: ManagedApps},
			{Group: core, Resource: "serviceaccounts", Verbs: all, Namespace: ManagedApps},
			{Group: "coordination.k8s.io", Resource: "leases", Verbs: all, Namespace: ManagedApps},
		}
	case Live:
		read := []string{"get", "list", "watch"}
		return []Right{
			{Group: core, Resource: "pods", Verbs: read},
			{Group: core, Resource: "events", Verbs: read},
			{Group: core, Resource: "nodes", Verbs: read},
			{Group: "apps", Resource: "deployments", Verbs: read},
			{Group: "apps", Resource: "replicasets", Verbs: read},
		}
	}
	return nil
}

// Features lists all features in the order people see them.
func Features() []Feature { return []Feature{Namespaces, Applications, Live} }
