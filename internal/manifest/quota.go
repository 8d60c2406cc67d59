package manifest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/namespace"
)

// ResourceQuota bounds what a tenant can use up, and keeps services inside the
// cluster.
func ResourceQuota(s namespace.Spec) *corev1.ResourceQuota {
	return &corev1.ResourceQuota{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ResourceQuota"},
		ObjectMeta: object(s, "roadstead"),
		Spec: corev1.ResourceQuotaSpec{Hard: quantities(map[string]string{
			"requests.cpu": "4", "limits.cpu": "8",
			"requests.memory": "8Gi", "limits.memory": "16Gi",
			"requests.ephemeral-storage": "20Gi", "limits.ephemeral-storage": "40Gi",
			"requests.storage": "100Gi", "persistentvolumeclaims": "10",
			"pods": "50", "configmaps": "100", "secrets": "100",
			"count/jobs.batch": "50", "count/cronjobs.batch": "20",
			"services": "30", "services.nodeports": "0", "services.loadbalancers": "0",
		})},
	}
}

// LimitRange gives containers that ask for nothing their share, since the quota
// makes asking a duty, and bounds the largest.
func LimitRange(s namespace.Spec) *corev1.LimitRange {
	return &corev1.LimitRange{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "LimitRange"},
		ObjectMeta: object(s, "roadstead"),
		Spec: corev1.LimitRangeSpec{Limits: []corev1.LimitRangeItem{{
			Type:           corev1.LimitTypeContainer,
			DefaultRequest: quantities(map[string]string{"cpu": "100m", "memory": "128Mi", "ephemeral-storage": "256Mi"}),
			Default:        quantities(map[string]string{"cpu": "500m", "memory": "512Mi", "ephemeral-storage": "1Gi"}),
			Max:            quantities(map[string]string{"cpu": "4", "memory": "8Gi"}),
		}}},
	}
}

// quantities reads amounts that we wrote: a wrong one is a mistake in this
// package, which its golden files show.
func quantities(amounts map[string]string) corev1.ResourceList {
	list := corev1.ResourceList{}
	for name, amount := range amounts {
		list[corev1.ResourceName(name)] = resource.MustParse(amount)
	}
	return list
}
