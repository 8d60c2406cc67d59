package manifest

import (
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
)

// ClusterAdmin is the cluster role of the rights level cluster-admin.
const ClusterAdmin = "cluster-admin"

// InstallClusterRole is the name of the cluster role that an install pod gets
// at the levels cluster and cluster-admin; empty at the level namespaced.
func InstallClusterRole(e application.Entry) string {
	switch e.Rights.Level {
	case application.RightsCluster:
		return cluster.Account + "-app-" + e.Name
	case application.RightsClusterAdmin:
		return ClusterAdmin
	default:
		return ""
	}
}

// InstallRole builds the role in the release's namespace: the entry's rules
// and what Helm itself needs there.
func InstallRole(s InstallSpec) *rbacv1.Role {
	return &rbacv1.Role{
		TypeMeta:   rbacType("Role"),
		ObjectMeta: s.meta(s.Operation.Entry.Namespace, InstallObjectName(s.Operation)),
		Rules:      append(helmRules(), policyRules(s.Operation.Entry.Rights.Rules)...),
	}
}

// helmRules let Helm keep its releases in Secrets and see how far pods are.
func helmRules() []rbacv1.PolicyRule {
	read := []string{"get", "list", "watch"}
	return []rbacv1.PolicyRule{
		rule("", []string{"get", "list", "watch", "create", "update", "patch", "delete"}, "secrets"),
		rule("", read, "pods", "pods/log", "events"),
		rule("apps", read, "replicasets"),
	}
}

func policyRules(rules []application.Rule) []rbacv1.PolicyRule {
	out := make([]rbacv1.PolicyRule, 0, len(rules))
	for _, r := range rules {
		out = append(out, rbacv1.PolicyRule{
			APIGroups: r.Groups, Resources: r.Resources, ResourceNames: r.Names,
			NonResourceURLs: r.NonResourceURLs, Verbs: r.Verbs,
		})
	}
	return out
}

// InstallRoleBinding gives the operation's account its role.
func InstallRoleBinding(s InstallSpec) *rbacv1.RoleBinding {
	name := InstallObjectName(s.Operation)
	return &rbacv1.RoleBinding{
		TypeMeta:   rbacType("RoleBinding"),
		ObjectMeta: s.meta(s.Operation.Entry.Namespace, name),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
		Subjects:   s.subjects(),
	}
}

// InstallClusterRoleBinding gives the operation's account the cluster role of
// its level, or is nil when there is none.
func InstallClusterRoleBinding(s InstallSpec) *rbacv1.ClusterRoleBinding {
	role := InstallClusterRole(s.Operation.Entry)
	if role == "" {
		return nil
	}
	return &rbacv1.ClusterRoleBinding{
		TypeMeta:   rbacType("ClusterRoleBinding"),
		ObjectMeta: s.meta("", InstallObjectName(s.Operation)),
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   s.subjects(),
	}
}

func (s InstallSpec) subjects() []rbacv1.Subject {
	return []rbacv1.Subject{{
		Kind: rbacv1.ServiceAccountKind, Name: InstallObjectName(s.Operation), Namespace: cluster.ManagedApps,
	}}
}

// ApplicationRules are the rules that the cluster role of an entry must have.
func ApplicationRules(e application.Entry) []rbacv1.PolicyRule {
	return policyRules(e.Rights.ClusterRules)
}

// ApplicationAccess builds what a cluster administrator applies so that the
// entry can be installed: our rights for applications and, beyond the level
// namespaced, the entry's cluster role with our right to hand it on. home is
// the namespace of our account in that cluster.
func ApplicationAccess(e application.Entry, home string) []runtime.Object {
	objects := featureAccess(cluster.Applications, home, accountIn(home))
	role := InstallClusterRole(e)
	if role == "" {
		return objects
	}
	if e.Rights.Level == application.RightsCluster {
		objects = append(objects, &rbacv1.ClusterRole{
			TypeMeta: rbacType("ClusterRole"), ObjectMeta: metav1.ObjectMeta{Name: role, Labels: ours(nil)},
			Rules: ApplicationRules(e),
		})
	}
	return append(objects, mayBind(role, home)...)
}

// mayBind lets us read and bind exactly one cluster role.
func mayBind(role, home string) []runtime.Object {
	name := home + "-bind-" + role
	binding := rule(rbacv1.GroupName, []string{"get", "bind"}, "clusterroles")
	binding.ResourceNames = []string{role}
	return []runtime.Object{
		&rbacv1.ClusterRole{
			TypeMeta: rbacType("ClusterRole"), ObjectMeta: metav1.ObjectMeta{Name: name, Labels: ours(nil)},
			Rules: []rbacv1.PolicyRule{binding},
		},
		&rbacv1.ClusterRoleBinding{
			TypeMeta: rbacType("ClusterRoleBinding"), ObjectMeta: metav1.ObjectMeta{Name: name, Labels: ours(nil)},
			RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects: accountIn(home),
		},
	}
}
