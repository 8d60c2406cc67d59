package manifest

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/roadstead/roadstead/internal/cluster"
)

// TokenSecret holds the token of our account until it is given to us.
const TokenSecret = cluster.Account + "-token"

// ClusterAccess builds what a cluster administrator applies before attaching a
// cluster: our namespace, account and token Secret, exactly the rights that the
// features need, and the guardrails when they are among them.
func ClusterAccess(features []cluster.Feature) []runtime.Object {
	objects := []runtime.Object{
		&corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: cluster.Account, Labels: ours(PodSecurity("restricted"))},
		},
		&corev1.ServiceAccount{
			TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
			ObjectMeta:                   metav1.ObjectMeta{Name: cluster.Account, Namespace: cluster.Account, Labels: ours(nil)},
			AutomountServiceAccountToken: new(false),
		},
		&corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{
				Name: TokenSecret, Namespace: cluster.Account, Labels: ours(nil),
				Annotations: map[string]string{corev1.ServiceAccountNameKey: cluster.Account},
			},
			Type: corev1.SecretTypeServiceAccountToken,
		},
	}
	for _, f := range features {
		if f == Guardrails {
			objects = append(objects, guardrailObjects()...)
			continue
		}
		objects = append(objects, featureAccess(f, cluster.Account, accountIn(cluster.Account))...)
	}
	return objects
}

// featureAccess builds what a feature needs in a cluster: what our account relies on there, and its rights, under
// names that begin with prefix.
func featureAccess(f cluster.Feature, prefix string, subjects []rbacv1.Subject) []runtime.Object {
	var objects []runtime.Object
	switch f {
	case cluster.Namespaces:
		objects = append(objects, TenantClusterRole())
	case cluster.Applications:
		objects = append(objects, managedApps())
	case cluster.Live:
	}
	return append(objects, grants(prefix+"-"+string(f), cluster.RightsOf(f), subjects)...)
}

// grants builds roles and bindings of one name: a cluster role, and a role in each namespace that a right is
// limited to.
func grants(name string, rights []cluster.Right, subjects []rbacv1.Subject) []runtime.Object {
	rules := map[string][]rbacv1.PolicyRule{}
	for _, r := range rights {
		granted := rule(r.Group, r.Verbs, r.Resource)
		if r.Name != "" {
			granted.ResourceNames = []string{r.Name}
		}
		rules[r.Namespace] = append(rules[r.Namespace], granted)
	}
	objects := []runtime.Object{
		&rbacv1.ClusterRole{
			TypeMeta:   rbacType("ClusterRole"),
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: ours(nil)},
			Rules:      rules[""],
		},
		&rbacv1.ClusterRoleBinding{
			TypeMeta:   rbacType("ClusterRoleBinding"),
			ObjectMeta: metav1.ObjectMeta{Name: name, Labels: ours(nil)},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
			Subjects:   subjects,
		},
	}
	delete(rules, "")
	for _, inside := range slices.Sorted(maps.Keys(rules)) {
		meta := metav1.ObjectMeta{Name: name, Namespace: inside, Labels: ours(nil)}
		objects = append(objects,
			&rbacv1.Role{TypeMeta: rbacType("Role"), ObjectMeta: meta, Rules: rules[inside]},
			&rbacv1.RoleBinding{
				TypeMeta: rbacType("RoleBinding"), ObjectMeta: meta, Subjects: subjects,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			})
	}
	return objects
}

// managedApps is the namespace of install pods, as installs apply it too.
func managedApps() *corev1.Namespace {
	labels := PodSecurity("restricted")
	labels["app.gitlab.com/managed_by"] = "gitlab"
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: cluster.ManagedApps, Labels: labels},
	}
}

// accountIn is our account, whose namespace is its own in each registration that has an identity of ours.
func accountIn(namespace string) []rbacv1.Subject {
	return []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: cluster.Account, Namespace: namespace}}
}

func rbacType(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind}
}

func ours(labels map[string]string) map[string]string {
	if labels == nil {
		labels = map[string]string{}
	}
	labels[ManagedByLabel] = ManagedBy
	return labels
}

// ParseFeatures reads a comma-separated list of features. Unknown ones are
// returned apart.
func ParseFeatures(list string) (known []cluster.Feature, unknown []string) {
	all := map[string]cluster.Feature{string(Guardrails): Guardrails}
	for _, f := range cluster.Features() {
		all[string(f)] = f
	}
	for text := range strings.SplitSeq(list, ",") {
		if f, ok := all[strings.TrimSpace(text)]; ok {
			known = append(known, f)
		} else {
			unknown = append(unknown, text)
		}
	}
	return known, unknown
}
