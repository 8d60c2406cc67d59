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
}

// Account is our own identity in a cluster: its service account and the
// namespace it lives in.
const Account = "roadstead"

// ManagedApps is the namespace of install pods. The name is the predecessor's.
const ManagedApps = "gitlab-managed-apps"

// RightsOf lists what a feature needs. The printed manifest grants exactly
// this, and the report card asks for exactly this.
//
// Giving a tenant or an install pod rights of its own takes the verbs escalate
// and bind on roles: RBAC lets nobody grant what it does not hold. They reach
// namespaced roles only; cluster roles stay with the cluster's administrator.
func RightsOf(f Feature) []Right {
	write := []string{"get", "create", "patch"}
	switch f {
	case Namespaces:
		return []Right{
			{"", "namespaces", []string{"get", "list", "watch", "create", "patch", "delete"}, ""},
			{"", "serviceaccounts", write, ""},
			{"", "serviceaccounts/token", []string{"create"}, ""},
			{"", "secrets", []string{"create", "delete"}, ""},
			{"", "resourcequotas", write, ""},
			{"", "limitranges", write, ""},
			{"networking.k8s.io", "networkpolicies", write, ""},
			{"rbac.authorization.k8s.io", "roles", append(write, "delete", "escalate", "bind"), ""},
			{"rbac.authorization.k8s.io", "rolebindings", append(write, "delete"), ""},
		}
	case Applications:
		all := []string{"get", "list", "watch", "create", "patch", "update", "delete"}
		return []Right{
			{"", "namespaces", write, ""},
			{"rbac.authorization.k8s.io", "roles", append(write, "list", "delete", "escalate", "bind"), ""},
			{"rbac.authorization.k8s.io", "rolebindings", append(write, "list", "delete"), ""},
			{"rbac.authorization.k8s.io", "clusterrolebindings", append(write, "list", "delete"), ""},
			{"", "pods", all, ManagedApps},
			{"", "pods/log", []string{"get"}, ManagedApps},
			{"", "events", []string{"get", "list", "watch"}, ManagedApps},
			{"", "configmaps", all, ManagedApps},
			{"", "secrets", all, ManagedApps},
			{"", "serviceaccounts", all, ManagedApps},
			{"coordination.k8s.io", "leases", all, ManagedApps},
		}
	case Live:
		read := []string{"get", "list", "watch"}
		return []Right{
			{"", "pods", read, ""},
			{"", "events", read, ""},
			{"", "nodes", read, ""},
			{"apps", "deployments", read, ""},
			{"apps", "replicasets", read, ""},
		}
	}
	return nil
}

// Features lists all features in the order people see them.
func Features() []Feature { return []Feature{Namespaces, Applications, Live} }
