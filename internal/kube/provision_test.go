package kube_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/manifest"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
)

// provisioned runs the steps of one namespace with one identity.
type provisioned struct {
	namespace.Provisioner
	t    *testing.T
	spec namespace.Spec
}

func (p *provisioned) apply() string {
	p.t.Helper()
	uid, err := p.EnsureNamespace(p.t.Context(), 1, p.spec)
	if err != nil {
		p.t.Fatal(err)
	}
	objects, err := p.Apply(p.t.Context(), 1, p.spec, uid)
	if err != nil {
		p.t.Fatalf("%v: %+v", err, objects)
	}
	return uid
}

func (p *provisioned) mint(lease string) *kube.Client {
	p.t.Helper()
	token, err := p.Mint(p.t.Context(), 1, namespace.TokenSpec{
		Namespace: p.spec.Name, ServiceAccount: p.spec.ServiceAccount, Lease: lease, Lifetime: 10 * time.Minute,
	})
	if err != nil {
		p.t.Fatal(err)
	}
	var text string
	token.Value.Reveal(func(b []byte) { text = string(b) })
	return as(p.t, text)
}

// withIdentity provisions as the holder of a token.
func withIdentity(t *testing.T, token string, name string) *provisioned {
	t.Helper()
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: identity(t, token)})
	t.Cleanup(clients.Close)
	return &provisioned{Provisioner: kube.Provisioner{Clients: clients}, t: t, spec: namespace.Spec{
		Name: name, ServiceAccount: name + "-service-account", Profile: namespace.Restricted,
		Owner: "test/1/7/" + name, App: "acme-shop", Env: "production",
	}}
}

func identity(t *testing.T, token string) *directory {
	t.Helper()
	c := kubetest.Devcluster(t)
	d := &directory{targets: map[int64]kube.Target{}}
	d.set(kube.Target{Cluster: 1, Generation: 1, APIURL: c.APIURL, CAPEM: c.CA, Token: secret.NewValue([]byte(token))})
	return d
}

// TestPrintedManifestIsEnough attaches the way an administrator does: apply what is printed, take the token from
// the Secret. Everything that the features need must then work, with that account and nothing more.
func TestPrintedManifestIsEnough(t *testing.T) {
	t.Parallel()
	a := admin(t)
	beforeManifest(t, a)
	for _, o := range manifest.ClusterAccess(append(cluster.Features(), manifest.Guardrails)) {
		if _, err := a.Apply(t.Context(), o.(kube.Object)); err != nil {
			t.Fatal(err)
		}
	}
	token := accountToken(t, a)
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: identity(t, token)})
	t.Cleanup(clients.Close)
	checkReport(t, kube.Prober{Clients: clients})

	p := withIdentity(t, token, "shop-7-production")
	uid := p.apply()
	if again := p.apply(); again != uid {
		t.Errorf("uid %s became %s", uid, again)
	}
	wantBindings(t, a, p.spec.Name, "roadstead-tenant -> ClusterRole roadstead-tenant")
	tenant := p.mint("lease-1")
	checkTenant(t, tenant, p.spec.Name)
	checkGuardrails(t, tenant, p.spec.Name)
	checkForeign(t, p)

	if err := p.Revoke(t.Context(), 1, p.spec.Name, "lease-1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tenant's token to die", func() bool {
		_, err := tenant.WhoAmI(t.Context())
		return apperr.CodeOf(err) == apperr.ClusterUnauthorized
	})
	eventually(t, "the namespace to go", func() bool {
		gone, err := p.DeleteNamespace(t.Context(), 1, p.spec.Name, uid)
		if err != nil {
			t.Error(err)
		}
		return gone
	})
}

// beforeManifest provisions as an administrator where nobody applied the manifest, then changes the profile.
func beforeManifest(t *testing.T, a *kube.Client) {
	t.Helper()
	p := withIdentity(t, kubetest.Devcluster(t).Token, "shop-8-review")
	uid := p.apply()
	wantBindings(t, a, p.spec.Name, "roadstead-tenant-role -> Role roadstead-tenant")
	p.spec.Profile = namespace.GitLab
	p.apply()
	wantBindings(t, a, p.spec.Name, "roadstead-tenant-admin -> ClusterRole admin")
	p.spec.Profile = namespace.Restricted
	p.apply()
	wantBindings(t, a, p.spec.Name, "roadstead-tenant-role -> Role roadstead-tenant")
	if _, err := p.DeleteNamespace(t.Context(), 1, p.spec.Name, uid); err != nil {
		t.Error(err)
	}
	if _, err := p.EnsureNamespace(t.Context(), 1, p.spec); apperr.CodeOf(err) != apperr.NamespaceTerminating {
		t.Logf("the namespace was gone at once: %v", err)
	}
}

func wantBindings(t *testing.T, a *kube.Client, ns string, want ...string) {
	t.Helper()
	list := &rbacv1.RoleBindingList{}
	if err := a.Page(t.Context(), list, kube.ListOptions{Namespace: ns}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range list.Items {
		got = append(got, b.Name+" -> "+b.RoleRef.Kind+" "+b.RoleRef.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func accountToken(t *testing.T, a *kube.Client) string {
	t.Helper()
	s := &corev1.Secret{}
	eventually(t, "the account's token", func() bool {
		return a.Get(t.Context(), cluster.Account, manifest.TokenSecret, s) == nil && len(s.Data["token"]) > 0
	})
	return string(s.Data["token"])
}

func checkReport(t *testing.T, p kube.Prober) {
	t.Helper()
	data, err := p.Poll(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	var report cluster.Connection
	if err := json.Unmarshal(data, &report); err != nil {
		t.Fatal(err)
	}
	if !report.Connected || !strings.HasPrefix(report.Version, "v1.") {
		t.Errorf("report %+v", report)
	}
	for _, f := range report.Findings {
		if f.Outcome != cluster.OK {
			t.Errorf("finding %+v", f)
		}
	}
}

// checkTenant holds the tenant's token against what it must and must not do.
func checkTenant(t *testing.T, tenant *kube.Client, ns string) {
	t.Helper()
	may := []kube.Access{
		{Verb: "create", Group: "apps", Resource: "deployments", Namespace: ns},
		{Verb: "create", Resource: "secrets", Namespace: ns},
		{Verb: "create", Resource: "serviceaccounts", Namespace: ns},
		{Verb: "get", Resource: "pods", Subresource: "log", Namespace: ns},
		{Verb: "create", Group: "networking.k8s.io", Resource: "ingresses", Namespace: ns},
	}
	mayNot := []kube.Access{
		{Verb: "impersonate", Resource: "serviceaccounts", Namespace: ns},
		{Verb: "create", Resource: "serviceaccounts", Subresource: "token", Namespace: ns},
		{Verb: "create", Resource: "pods", Subresource: "exec", Namespace: ns},
		{Verb: "create", Group: "networking.k8s.io", Resource: "networkpolicies", Namespace: ns},
		{Verb: "delete", Group: "networking.k8s.io", Resource: "networkpolicies", Namespace: ns},
		{Verb: "delete", Resource: "resourcequotas", Namespace: ns},
		{Verb: "create", Group: "rbac.authorization.k8s.io", Resource: "rolebindings", Namespace: ns},
		{Verb: "patch", Resource: "namespaces", Name: ns},
		{Verb: "get", Resource: "secrets", Namespace: "kube-system"},
		{Verb: "list", Resource: "namespaces"},
	}
	allowed, err := tenant.Allowed(t.Context(), append(may, mayNot...))
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range append(may, mayNot...) {
		if allowed[i] != (i < len(may)) {
			t.Errorf("%s: allowed is %v", a, allowed[i])
		}
	}
	checkAdmission(t, tenant, ns)
}

// checkAdmission tries what RBAC allows and the namespace's own rules must not.
func checkAdmission(t *testing.T, tenant *kube.Client, ns string) {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: ns, Name: "x"}
	host := corev1.PodSpec{HostNetwork: true, Containers: []corev1.Container{{Name: "c", Image: "example.com/app:1"}}}
	wantCode(t, tenant.Create(t.Context(), &corev1.Pod{ObjectMeta: meta, Spec: host}), apperr.ClusterForbidden)
	balancer := corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, Ports: []corev1.ServicePort{{Port: 80}}}
	wantCode(t, tenant.Create(t.Context(), &corev1.Service{ObjectMeta: meta, Spec: balancer}), apperr.ClusterForbidden)
	wantCode(t, tenant.Create(t.Context(), &networkingv1.NetworkPolicy{ObjectMeta: meta}), apperr.ClusterForbidden)
	labels := map[string]string{"app": "x"}
	web := &appsv1.Deployment{ObjectMeta: meta, Spec: appsv1.DeploymentSpec{
		Selector: &metav1.LabelSelector{MatchLabels: labels},
		Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{Name: "c", Image: "example.com/app:1", SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			}}},
		}},
	}}
	if err := tenant.Create(t.Context(), web); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the tenant's deployment", func() bool {
		return tenant.Get(t.Context(), ns, "x", web) == nil && web.Status.ReadyReplicas == 1
	})
}

// checkGuardrails tries what only the admission policies refuse. They take effect some time after they are made.
func checkGuardrails(t *testing.T, tenant *kube.Client, ns string) {
	t.Helper()
	meta := func(name string) metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: ns, Name: name} }
	container := corev1.Container{Name: "c", Image: "example.com/app:1", SecurityContext: &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}}
	pod := func(change func(*corev1.PodSpec)) *corev1.Pod {
		p := &corev1.Pod{ObjectMeta: meta("guarded"), Spec: corev1.PodSpec{
			Containers: []corev1.Container{container},
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot: new(true), SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
		}}
		change(&p.Spec)
		return p
	}
	ports := []corev1.ServicePort{{Port: 80}}
	for name, obj := range map[string]kube.Object{
		"node by name":     pod(func(s *corev1.PodSpec) { s.NodeName = "node-1" }),
		"tolerate all":     pod(func(s *corev1.PodSpec) { s.Tolerations = []corev1.Toleration{{Operator: corev1.TolerationOpExists}} }),
		"external address": &corev1.Service{ObjectMeta: meta("s"), Spec: corev1.ServiceSpec{Ports: ports, ExternalIPs: []string{"203.0.113.1"}}},
		"external name":    &corev1.Service{ObjectMeta: meta("s"), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "kubernetes.default.svc"}},
		"endless token": &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: ns, Name: "t", Annotations: map[string]string{corev1.ServiceAccountNameKey: "default"}},
			Type:       corev1.SecretTypeServiceAccountToken,
		},
		"chosen volume": &corev1.PersistentVolumeClaim{ObjectMeta: meta("v"), Spec: corev1.PersistentVolumeClaimSpec{
			VolumeName: "others", AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")}},
		}},
	} {
		eventually(t, "a guardrail to refuse: "+name, func() bool {
			err := tenant.Create(t.Context(), obj)
			if err == nil { // not in effect yet
				ref, refErr := kube.RefOf(obj)
				if err := errors.Join(refErr, tenant.Delete(t.Context(), ref, kube.DeleteOptions{Grace: new(time.Duration)})); err != nil {
					t.Error(err)
				}
			}
			return apperr.CodeOf(err) == apperr.ClusterForbidden
		})
	}
	eventually(t, "the default account to stay as it is", func() bool {
		account := &corev1.ServiceAccount{ObjectMeta: meta("default"), AutomountServiceAccountToken: new(true)}
		_, err := tenant.Apply(t.Context(), account)
		return apperr.CodeOf(err) == apperr.ClusterForbidden
	})
	lease := kube.Ref{Kind: "Secret", Namespace: ns, Name: "lease-1"}
	wantCode(t, tenant.Delete(t.Context(), lease, kube.DeleteOptions{}), apperr.ClusterForbidden)
	eventually(t, "an ordinary pod to be made, once one that was let in too early is gone", func() bool {
		return tenant.Create(t.Context(), pod(func(*corev1.PodSpec) {})) == nil
	})
}

// checkForeign takes the namespace's name for another owner.
func checkForeign(t *testing.T, p *provisioned) {
	t.Helper()
	other := p.spec
	other.Owner = "another/1/7/3"
	_, err := p.EnsureNamespace(t.Context(), 1, other)
	wantCode(t, err, apperr.NamespaceForeign)
}
