package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/namespace"
)

// ServiceAccount builds the account that tenants' tokens are made for. No pod
// gets its token by itself.
func ServiceAccount(s namespace.Spec) *corev1.ServiceAccount {
	return account(object(s, s.ServiceAccount))
}

// DefaultServiceAccount builds the namespace's default account, whose token no
// pod gets either.
func DefaultServiceAccount(s namespace.Spec) *corev1.ServiceAccount {
	return account(metav1.ObjectMeta{Name: "default", Namespace: s.Name})
}

func account(meta metav1.ObjectMeta) *corev1.ServiceAccount {
	return &corev1.ServiceAccount{
		TypeMeta:                     metav1.TypeMeta{APIVersion: "v1", Kind: "ServiceAccount"},
		ObjectMeta:                   meta,
		AutomountServiceAccountToken: new(false),
	}
}
