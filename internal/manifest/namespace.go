package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/internal/namespace"
)

// Labels and annotations of our own, and the two of the predecessor that mark
// what belongs to a project and an environment.
const (
	OwnerAnnotation   = "roadstead.dev/owner"
	ManagedByLabel    = "app.kubernetes.io/managed-by"
	ManagedBy         = "roadstead"
	AppLabel          = "app.gitlab.com/app"
	EnvironmentLabel  = "app.gitlab.com/env"
	IngressLabel      = "roadstead.dev/ingress"
	MonitoringLabel   = "roadstead.dev/monitoring"
	podSecurityPrefix = "pod-security.kubernetes.io/"
)

// Namespace builds the namespace object of a spec. With a uid it applies to
// exactly that object.
func Namespace(s namespace.Spec, uid string) *corev1.Namespace {
	labels := PodSecurity(podSecurityLevel(s.Profile))
	labels[ManagedByLabel] = ManagedBy
	labels[AppLabel] = s.App
	labels[EnvironmentLabel] = s.Env
	return &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name: s.Name, UID: types.UID(uid), Labels: labels,
			Annotations: map[string]string{
				OwnerAnnotation: s.Owner, AppLabel: s.App, EnvironmentLabel: s.Env,
			},
		},
	}
}

// PodSecurity returns the labels that enforce a Pod Security level, and warn
// and audit at the same level.
func PodSecurity(level string) map[string]string {
	return map[string]string{
		podSecurityPrefix + "enforce": level,
		podSecurityPrefix + "audit":   level,
		podSecurityPrefix + "warn":    level,
	}
}

// podSecurityLevel is the level of a profile. The predecessor had none, which
// is what "privileged" means.
func podSecurityLevel(p namespace.Profile) string {
	switch p {
	case namespace.Baseline:
		return "baseline"
	case namespace.GitLab:
		return "privileged"
	default:
		return "restricted"
	}
}

// object is the metadata of an object in a tenant's namespace.
func object(s namespace.Spec, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: name, Namespace: s.Name,
		Labels:      map[string]string{ManagedByLabel: ManagedBy},
		Annotations: map[string]string{OwnerAnnotation: s.Owner},
	}
}
