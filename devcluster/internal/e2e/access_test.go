package e2e

import (
	"context"
	"errors"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// as is a client that holds nothing but a token.
func as(t *testing.T, token string) kubernetes.Interface {
	t.Helper()
	config := rest.AnonymousClientConfig(shared.config)
	config.BearerToken = token
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func whoIs(t *testing.T, token string) string {
	t.Helper()
	review, err := as(t, token).AuthenticationV1().SelfSubjectReviews().
		Create(t.Context(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return review.Status.UserInfo.Username
}

func requestToken(t *testing.T, ns, account string) string {
	t.Helper()
	answer, err := shared.client.CoreV1().ServiceAccounts(ns).
		CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return answer.Status.Token
}

func TestTokensAuthenticate(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	want := "system:serviceaccount:" + ns + ":default"
	if got := whoIs(t, requestToken(t, ns, "default")); got != want {
		t.Errorf("a requested token is %s's, want %s", got, want)
	}
	secrets := shared.client.CoreV1().Secrets(ns)
	_, err := secrets.Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "token", Annotations: map[string]string{corev1.ServiceAccountNameKey: "default"}},
		Type:       corev1.SecretTypeServiceAccountToken,
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var token string
	eventually(t, func(ctx context.Context) error {
		secret, err := secrets.Get(ctx, "token", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if token = string(secret.Data[corev1.ServiceAccountTokenKey]); token == "" {
			return errors.New("the Secret has no token yet")
		}
		return nil
	})
	if got := whoIs(t, token); got != want {
		t.Errorf("the token in a Secret is %s's, want %s", got, want)
	}
}

func TestRightsAreEnforced(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	client := as(t, requestToken(t, ns, "default"))
	if _, err := client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Fatalf("list pods without rights: %v", err)
	}
	_, err := shared.client.RbacV1().RoleBindings(ns).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "view"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "default", Namespace: ns}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := client.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
		return err
	})
	if _, err := client.CoreV1().Secrets(ns).List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("list secrets with the rights of view: %v", err)
	}
}

func TestPodSecurityIsEnforced(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	yes := true
	privileged := newPod("privileged", func(p *corev1.Pod) {
		p.Spec.Containers[0].SecurityContext = &corev1.SecurityContext{Privileged: &yes}
	})
	if _, err := shared.client.CoreV1().Pods(ns).Create(t.Context(), privileged, metav1.CreateOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("create a privileged pod in a restricted namespace: %v", err)
	}
}
