package manifest

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/internal/cluster"
)

// IdentityTokenLabel marks the token Secrets of our own identity.
const IdentityTokenLabel = "roadstead.dev/identity-token"

// Identity builds all of our own identity in a cluster, as people see it before it is made: its namespace, what is in
// IdentityAccess, and its first token Secret.
func Identity(s cluster.IdentitySpec) []runtime.Object {
	objects := append([]runtime.Object{IdentityNamespace(s)}, IdentityAccess(s)...)
	return append(objects, IdentityToken(s, 1))
}

// IdentityNamespace builds the namespace of our own identity.
func IdentityNamespace(s cluster.IdentitySpec) *corev1.Namespace {
	return &corev1.Namespace{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{
			Name: s.Namespace, Labels: ours(PodSecurity("restricted")),
			Annotations: map[string]string{OwnerAnnotation: s.Owner},
		},
	}
}

// IdentityAccess builds the account of our own identity and its rights. What is made for it alone belongs to its
// namespace, by the uid, and goes with it. What others may use as well stays: the tenants' cluster role and the
// namespace of install pods.
func IdentityAccess(s cluster.IdentitySpec) []runtime.Object {
	subjects := accountIn(s.Namespace)
	objects := append([]runtime.Object{
		account(metav1.ObjectMeta{Name: cluster.Account, Namespace: s.Namespace, Labels: ours(nil)}),
	}, grants(s.Namespace, s.OwnRights(), subjects)...)
	for _, f := range s.Features {
		objects = append(objects, featureAccess(f, s.Namespace, subjects)...)
	}
	for _, o := range objects {
		belong(o, s)
	}
	return objects
}

// belong makes an object a dependent of the identity's namespace, unless it is shared.
func belong(o runtime.Object, s cluster.IdentitySpec) {
	object, err := meta.Accessor(o)
	if err != nil || s.UID == "" || !strings.HasPrefix(object.GetName(), s.Namespace) {
		return
	}
	object.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: "v1", Kind: "Namespace", Name: s.Namespace, UID: types.UID(s.UID),
	}})
}

// IdentityToken builds a token Secret, which the cluster fills.
func IdentityToken(s cluster.IdentitySpec, serial int64) *corev1.Secret {
	return &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{
			Name: s.TokenSecret(serial), Namespace: s.Namespace, Labels: ours(map[string]string{IdentityTokenLabel: "true"}),
			Annotations: map[string]string{corev1.ServiceAccountNameKey: cluster.Account},
		},
		Type: corev1.SecretTypeServiceAccountToken,
	}
}
