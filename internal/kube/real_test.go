package kube_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/secret"
)

// admin is a client of the real control plane that may do everything.
func admin(t *testing.T) *kube.Client {
	t.Helper()
	return as(t, kubetest.Devcluster(t).Token)
}

func as(t *testing.T, token string) *kube.Client {
	t.Helper()
	c := kubetest.Devcluster(t)
	client, _ := dialTarget(t, kube.Target{APIURL: c.APIURL, CAPEM: c.CA, Token: secret.NewValue([]byte(token))})
	return client
}

// newNamespace makes a namespace of the test's own.
func newNamespace(t *testing.T, c *kube.Client, name string) string {
	t.Helper()
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if err := c.Create(t.Context(), ns); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Delete(context.Background(), kube.Ref{Kind: "Namespace", Name: name}, kube.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	return name
}

func configMap(namespace, name, value string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Data: map[string]string{"key": value}}
}

// eventually polls until check is content, for at most half a minute.
func eventually(t *testing.T, what string, check func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !check() {
		select {
		case <-ctx.Done():
			t.Fatalf("waited in vain: %s", what)
		case <-tick.C:
		}
	}
}

func TestRealServerTellsWhatItIs(t *testing.T) {
	t.Parallel()
	c := admin(t)
	v, err := c.Version(t.Context())
	if err != nil || !strings.HasPrefix(v.Name, "v1.") || v.Old() {
		t.Errorf("version %+v, %v", v, err)
	}
	if err := c.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	if who, err := c.WhoAmI(t.Context()); err != nil || who != "system:serviceaccount:kube-system:kubetest-admin" {
		t.Errorf("we are %q, %v", who, err)
	}
	_, err = as(t, "not a token").WhoAmI(t.Context())
	wantCode(t, err, apperr.ClusterUnauthorized)
}

func TestRealApplyIsIdempotentAndTakesItsFieldsBack(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-apply")
	first, err := c.Apply(t.Context(), configMap(ns, "a", "ours"))
	if err != nil || first.UID == "" {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := c.Apply(t.Context(), configMap(ns, "a", "ours"))
	if err != nil || again != first {
		t.Errorf("applied again: %+v, %v; want %+v", again, err, first)
	}
	cs, err := kubetest.Devcluster(t).Clientset()
	if err != nil {
		t.Fatal(err)
	}
	foreign := configMap(ns, "a", "theirs")
	foreign.Data["other"] = "theirs"
	if _, err := cs.CoreV1().ConfigMaps(ns).Update(t.Context(), foreign, metav1.UpdateOptions{FieldManager: "kubectl"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), configMap(ns, "a", "ours")); err != nil {
		t.Fatal(err)
	}
	got := &corev1.ConfigMap{}
	if err := c.Get(t.Context(), ns, "a", got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"key": "ours", "other": "theirs"}, got.Data); diff != "" {
		t.Error(diff)
	}
	other := configMap(ns, "a", "ours")
	other.UID = types.UID("00000000-0000-0000-0000-000000000000")
	if _, err := c.Apply(t.Context(), other); apperr.CodeOf(err) != apperr.ClusterConflict && apperr.CodeOf(err) != apperr.ClusterInvalid {
		t.Errorf("another object's uid: %v", err)
	}
	bad := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "b", "namespace": ns}, "dataa": map[string]any{},
	}}
	if _, err := c.Apply(t.Context(), bad); err == nil {
		t.Error("an unknown field is accepted")
	}
}

func TestRealObjectsAreMadeReadAndDeleted(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-objects")
	made := configMap(ns, "a", "v")
	if err := c.Create(t.Context(), made); err != nil || made.UID == "" {
		t.Fatalf("uid %q, %v", made.UID, err)
	}
	if err := c.Create(t.Context(), configMap(ns, "a", "w")); !errors.Is(err, kube.ErrExists) {
		t.Errorf("made twice: %v", err)
	}
	partial := &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}}
	if err := c.Get(t.Context(), ns, "a", partial); err != nil || partial.UID != made.UID {
		t.Errorf("partial: uid %q, %v", partial.UID, err)
	}
	loose := &unstructured.Unstructured{}
	loose.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	if err := c.Get(t.Context(), ns, "a", loose); err != nil || loose.GetUID() != made.UID {
		t.Errorf("unstructured: uid %q, %v", loose.GetUID(), err)
	}
	ref := kube.Ref{Kind: "ConfigMap", Namespace: ns, Name: "a"}
	if err := c.Delete(t.Context(), ref, kube.DeleteOptions{UID: "00000000-0000-0000-0000-000000000000"}); err != nil {
		t.Errorf("deleting another object: %v", err)
	}
	if err := c.Get(t.Context(), ns, "a", partial); err != nil {
		t.Errorf("the wrong object was deleted: %v", err)
	}
	for range 2 {
		if err := c.Delete(t.Context(), ref, kube.DeleteOptions{UID: string(made.UID)}); err != nil {
			t.Error(err)
		}
	}
	wantCode(t, c.Get(t.Context(), ns, "a", partial), apperr.ClusterNotFound)
}

func TestRealListComesInPagesAndIsFollowed(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-list")
	for i := range 25 {
		if err := c.Create(t.Context(), configMap(ns, fmt.Sprintf("c-%02d", i), "v")); err != nil {
			t.Fatal(err)
		}
	}
	pages, names, version := 0, 0, ""
	newList := func() *corev1.ConfigMapList { return &corev1.ConfigMapList{} }
	for page, err := range kube.Pages(t.Context(), c, newList, kube.ListOptions{Namespace: ns, Limit: 10, Fields: "metadata.name!=kube-root-ca.crt"}) {
		if err != nil {
			t.Fatal(err)
		}
		pages, names, version = pages+1, names+len(page.Items), page.ResourceVersion
	}
	if pages != 3 || names != 25 {
		t.Errorf("%d names in %d pages", names, pages)
	}
	if err := c.Create(t.Context(), configMap(ns, "late", "v")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Apply(t.Context(), configMap(ns, "late", "w")); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), kube.Ref{Kind: "ConfigMap", Namespace: ns, Name: "late"}, kube.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	var seen []watch.EventType
	options := kube.WatchOptions{Namespace: ns, ResourceVersion: version, Fields: "metadata.name=late"}
	for e, err := range kube.Watch[corev1.ConfigMap](t.Context(), c, options) {
		if err != nil {
			t.Fatal(err)
		}
		if seen = append(seen, e.Type); e.Type == watch.Deleted {
			break
		}
	}
	if diff := cmp.Diff([]watch.EventType{watch.Added, watch.Modified, watch.Deleted}, seen); diff != "" {
		t.Error(diff)
	}
}

func TestRealRightsAreAnswered(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-rights")
	token := weakToken(t, c, ns)
	wanted := []kube.Access{
		{Verb: "get", Resource: "secrets", Namespace: "kube-system"},
		{Verb: "create", Group: "authentication.k8s.io", Resource: "selfsubjectreviews"},
		{Verb: "get", NonResourceURL: "/version"},
	}
	allowed, err := as(t, token).Allowed(t.Context(), wanted)
	if diff := cmp.Diff([]bool{false, true, true}, allowed); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// Whatever way the rights are found out, the answers are those of the cluster's own reviews, and the calls few.
func TestRealRightsTakeFewCalls(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-rules")
	token := weakToken(t, c, ns)
	role := &rbacv1.Role{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "some"},
		Rules:      []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods", "pods/log"}, Verbs: []string{"get", "list"}}},
	}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "some"},
		RoleRef:    rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "Role", Name: "some"},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: ns, Name: "weak"}},
	}
	for _, obj := range []kube.Object{role, binding} {
		if err := c.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	var wanted []kube.Access
	for _, in := range []string{"", ns} {
		for _, resource := range []string{"pods", "secrets"} {
			for _, verb := range []string{"get", "list", "create", "get"} {
				wanted = append(wanted, kube.Access{Verb: verb, Resource: resource, Namespace: in})
			}
		}
		wanted = append(wanted, kube.Access{Verb: "get", Resource: "pods", Subresource: "log", Namespace: in})
	}
	for name, tc := range map[string]struct {
		token string
		most  int
	}{
		"administrator": {kubetest.Devcluster(t).Token, 1},
		"weak account":  {token, 3 + 10}, // two lists of rules; the denied are asked again where the rules may be incomplete
	} {
		dev := kubetest.Devcluster(t)
		client, log := dialTarget(t, kube.Target{APIURL: dev.APIURL, CAPEM: dev.CA, Token: secret.NewValue([]byte(tc.token))})
		want := make([]bool, len(wanted))
		for i := range wanted {
			one, err := client.Allowed(t.Context(), wanted[i:i+1])
			if err != nil {
				t.Fatal(err)
			}
			want[i] = one[0]
		}
		asked := len(log.all())
		got, err := client.Allowed(t.Context(), wanted)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
		calls := len(log.all()) - asked
		t.Logf("%s: %d rights in %d calls", name, len(wanted), calls)
		if calls > tc.most {
			t.Errorf("%s: %d calls for %d rights", name, calls, len(wanted))
		}
	}
}

// weakToken is the token of an account without rights, bound to a Secret named lease.
func weakToken(t *testing.T, c *kube.Client, ns string) string {
	t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "weak"}}
	lease := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "lease"}}
	for _, obj := range []kube.Object{account, lease} {
		if err := c.Create(t.Context(), obj); err != nil {
			t.Fatal(err)
		}
	}
	value, expires, err := c.CreateToken(t.Context(), ns, "weak", kube.TokenRequest{
		Lifetime: 10 * time.Minute, SecretName: "lease", SecretUID: string(lease.UID),
	})
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(expires); left < 9*time.Minute || left > 11*time.Minute {
		t.Errorf("the token lives %s", left)
	}
	var token string
	value.Reveal(func(b []byte) { token = string(b) })
	return token
}

func TestRealTokenDiesWithItsLease(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-token")
	weak := as(t, weakToken(t, c, ns))
	if _, err := weak.WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Delete(t.Context(), kube.Ref{Kind: "Secret", Namespace: ns, Name: "lease"}, kube.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the token to die", func() bool {
		_, err := weak.WhoAmI(t.Context())
		return apperr.CodeOf(err) == apperr.ClusterUnauthorized
	})
}

func TestRealLogIsFollowed(t *testing.T) {
	t.Parallel()
	c := admin(t)
	ns := newNamespace(t, c, "kube-log")
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "p"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "example.com/app:1"}}},
	}
	eventually(t, "the default service account", func() bool { return c.Create(t.Context(), pod) == nil })
	eventually(t, "the pod to run", func() bool {
		return c.Get(t.Context(), ns, "p", pod) == nil && pod.Status.Phase == corev1.PodRunning
	})
	log, err := c.PodLog(t.Context(), ns, "p", "main", kube.LogOptions{Follow: true})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if line, err := bufio.NewReader(log).ReadString('\n'); err != nil || line == "" {
		t.Errorf("first line %q, %v", line, err)
	}
	_, err = c.PodLog(t.Context(), ns, "gone", "main", kube.LogOptions{})
	wantCode(t, err, apperr.ClusterNotFound)
}

func TestRealForeignGroupIsRefused(t *testing.T) {
	t.Parallel()
	csr := &unstructured.Unstructured{}
	csr.SetAPIVersion("certificates.k8s.io/v1")
	csr.SetKind("CertificateSigningRequest")
	wantCode(t, admin(t).Get(t.Context(), "", "a", csr), apperr.ClusterUnsupported)
	gateway := &unstructured.Unstructured{}
	gateway.SetAPIVersion("gateway.networking.k8s.io/v1")
	gateway.SetKind("Gateway")
	wantCode(t, admin(t).Get(t.Context(), "a", "a", gateway), apperr.ClusterNotFound)
}
