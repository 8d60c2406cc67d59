package manifest

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LeaseSecret builds the empty Secret that a tenant's token is bound to.
// Deleting it ends the token.
func LeaseSecret(namespace, name string) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace, Labels: map[string]string{ManagedByLabel: ManagedBy},
		},
		Type:      corev1.SecretTypeOpaque,
		Immutable: new(true),
	}
}
