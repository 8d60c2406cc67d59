package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/installer/internal/pod"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

// succeeded demands success.
func (r result) succeeded(t *testing.T) {
	t.Helper()
	if r.exit != 0 || r.verdict.Outcome != verdict.Succeeded {
		t.Fatalf("exit %d, verdict %+v", r.exit, r.verdict)
	}
}

// failed demands a failure of one code, with the detail given.
func (r result) failed(t *testing.T, code verdict.Code, detail ...string) {
	t.Helper()
	if r.exit != 1 || r.verdict.Outcome != verdict.Failed || r.verdict.Code != code {
		t.Fatalf("want %s, got exit %d, verdict %+v", code, r.exit, r.verdict)
	}
	if diff := cmp.Diff(detail, r.verdict.Detail); diff != "" {
		t.Errorf("detail: %s", diff)
	}
}

// steps are the steps of a log in order.
func (r result) steps() []string {
	var steps []string
	for line := range strings.Lines(r.log) {
		_, rest, _ := strings.Cut(line, " step=")
		steps = append(steps, strings.Fields(rest)[0])
	}
	return slices.Compact(steps)
}

func TestInstallThenUpgradeThenUninstall(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	digest := repository.Add(t, "web", "1.0.0", web(nil))
	repository.Add(t, "web", "1.1.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	pod.req.Chart.Digest = digest

	got := pod.run(t, "greeting: from-the-catalog", "")
	got.succeeded(t)
	want := &verdict.Release{
		Name: "web", Namespace: pod.req.Namespace, Revision: 1, Status: "deployed",
		Chart: "web", ChartVersion: "1.0.0", AppVersion: "1",
	}
	if diff := cmp.Diff(want, got.verdict.Release); diff != "" || got.verdict.Digest != digest {
		t.Errorf("digest %s, release %s", got.verdict.Digest, diff)
	}
	if diff := cmp.Diff([]string{"prepare", "fetch", "values", "apply", "done"}, got.steps()); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(got.log, "the notes of the chart") {
		t.Error("the log shows the notes")
	}

	got = pod.chart(t, repository.URL, "web", "1.1.0").run(t, "", "greeting: from-the-user")
	got.succeeded(t)
	if got.verdict.Release.Revision != 2 || got.verdict.Release.ChartVersion != "1.1.0" {
		t.Errorf("got release %+v", got.verdict.Release)
	}
	d, err := bench.clients.AppsV1().Deployments(pod.req.Namespace).Get(t.Context(), "web", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.Spec.Template.Spec.Containers[0].Env[0].Value != "from-the-user" {
		t.Error("the user's value is not in the cluster")
	}
	managed := func(m metav1.ManagedFieldsEntry) bool {
		return m.Manager == "roadstead" && m.Operation == metav1.ManagedFieldsOperationApply
	}
	if !slices.ContainsFunc(d.ManagedFields, managed) {
		t.Errorf("managed by %+v", d.ManagedFields)
	}

	pod.req.Action = request.Uninstall
	for range 2 { // a release that does not exist is removed already
		got = pod.run(t, "", "")
		got.succeeded(t)
	}
	if diff := cmp.Diff([]string{"prepare", "uninstall", "done"}, got.steps()); diff != "" {
		t.Error(diff)
	}
	left, err := bench.clients.CoreV1().Secrets(pod.req.Namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d revisions are left, %v", len(left.Items), err)
	}
}

func TestUserValuesAreMaskedEverywhere(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(charttest.Files{"templates/hook.yaml": hook}))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	got := pod.run(t, "", "greeting: hunter-2-secret\nhookFail: exit-1\n")
	got.failed(t, verdict.HookFailed, "Job "+pod.req.Namespace+"/web-migrate (BackoffLimitExceeded)")
	if !strings.Contains(got.log, "cannot migrate with [masked]") {
		t.Error("the log does not show the last words of the hook, masked")
	}
	token, err := os.ReadFile(pod.files().Token())
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"hunter-2-secret", string(token)} {
		if strings.Contains(got.log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestFailedInstallIsUpgradedByTheNextTry(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	pod.req.TimeoutSeconds = 8
	got := pod.run(t, "fail: image-pull", "")
	got.failed(t, verdict.NotReadyInTime, "Deployment "+pod.req.Namespace+"/web (ImagePullBackOff)")
	if got.verdict.Release.Status != "failed" {
		t.Errorf("got release %+v", got.verdict.Release)
	}
	if !strings.Contains(got.log, `msg="waiting for Deployment `) {
		t.Error("the log does not tell what it waits for")
	}
	got = pod.run(t, "", "")
	got.succeeded(t)
	if got.verdict.Release.Revision != 2 {
		t.Errorf("got release %+v", got.verdict.Release)
	}
}

func TestValuesThatDoNotFitAreRefusedByPath(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	repository.Add(t, "strict", "1.0.0", charttest.Files{
		"templates/config.yaml": `{{ required "give a domain" .Values.domain }}`,
	})
	repository.Add(t, "loose", "1.0.0", charttest.Files{
		"templates/config.yaml": `{{ .Values.ingress.host.name }}`, "values.yaml": "ingress: {}\n",
	})
	for name, tc := range map[string]struct {
		chart, values string
		detail        []string
	}{
		"by the schema":     {"web", "greeting: 12345678\nreplicas: no-number", []string{"/greeting: want string", "/replicas: want integer"}},
		"no mapping":        {"web", "- a\n- list", []string{"not a YAML mapping"}},
		"by the chart":      {"strict", "", []string{"strict/templates/config.yaml:1"}},
		"as a template can": {"loose", "ingress: {host: some-text}", []string{"/ingress/host/name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newInstall(t, "web").chart(t, repository.URL, tc.chart, "1.0.0").run(t, "", tc.values)
			got.failed(t, verdict.ValuesRefused, tc.detail...)
			if strings.Contains(got.log, "12345678") || strings.Contains(got.log, "no-number") {
				t.Error("the log shows a value")
			}
		})
	}
}

func TestChartThatCannotBeHad(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, tc := range map[string]struct {
		repository, version string
		change              func(*request.Request)
		code                verdict.Code
	}{
		"no such version": {repository.URL, "9.9.9", nil, verdict.ChartNotFound},
		"another digest": {repository.URL, "1.0.0", func(r *request.Request) {
			r.Chart.Digest = "sha256:" + strings.Repeat("0", 64)
		}, verdict.ChartDigestMismatch},
		"address not opened": {repository.URL, "1.0.0", func(r *request.Request) { r.EgressAllow = "" }, verdict.RepositoryAddressRefuse},
		"nobody listens":     {closed.URL, "1.0.0", nil, verdict.RepositoryUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pod := newInstall(t, "web").chart(t, tc.repository, "web", tc.version)
			if tc.change != nil {
				tc.change(&pod.req)
			}
			got := pod.run(t, "", "")
			got.failed(t, tc.code)
			if got.verdict.Step != "fetch" {
				t.Errorf("got step %q", got.verdict.Step)
			}
		})
	}
}

func TestKilledOperationIsRepaired(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	withRepair := []string{"prepare", "fetch", "values", "repair", "apply", "done"}

	pod.kill(t, "fail: never-ready") // leaves it in pending-install
	got := pod.run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff(withRepair, got.steps()); diff != "" || got.verdict.Release.Revision != 2 {
		t.Errorf("release %+v, steps %s", got.verdict.Release, diff)
	}

	pod.kill(t, "fail: never-ready") // leaves it in pending-upgrade, as revision 3
	got = pod.run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff(withRepair, got.steps()); diff != "" || got.verdict.Release.Revision != 5 {
		t.Errorf("release %+v, steps %s", got.verdict.Release, diff)
	}
	if !strings.Contains(got.log, "rolling back to revision 2") {
		t.Error("the log does not tell of the rollback")
	}
}

// kill runs the program until it waits for something that never comes, and kills it.
func (i *install) kill(t *testing.T, values string) {
	t.Helper()
	p := i.start(t, values, "")
	p.waitFor(t, "waiting for Deployment")
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Wait()
}

func TestInterruptedOperationEndsAtOnce(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	p := pod.start(t, "fail: never-ready", "")
	p.waitFor(t, "waiting for Deployment")
	asked := time.Now()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	got := p.wait(t)
	if took := time.Since(asked); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	got.failed(t, verdict.Interrupted)
	if got.verdict.Release == nil || got.verdict.Release.Status != "failed" {
		t.Errorf("got release %+v", got.verdict.Release)
	}
	pod.run(t, "", "").succeeded(t)
}

func TestMissingRightsAreNamed(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	namespace := newNamespace(t, nil)
	account(t, namespace, nil)
	pod := newPod(t, "web", namespace).chart(t, repository.URL, "web", "1.0.0")
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "list secrets")

	grant(t, namespace,
		rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}},
		rbacv1.PolicyRule{APIGroups: []string{"apps"}, Resources: []string{"deployments"}, Verbs: []string{"get"}},
	)
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "patch deployments.apps")
}

func TestForeignObjectIsAConflict(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "plain", "1.0.0", charttest.Files{
		"templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shared}\n",
	})
	pod := newInstall(t, "plain").chart(t, repository.URL, "plain", "1.0.0")
	foreign := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "shared"}}
	if _, err := bench.clients.CoreV1().ConfigMaps(pod.req.Namespace).Create(t.Context(), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod.run(t, "", "").failed(t, verdict.ReleaseConflict, "ConfigMap "+pod.req.Namespace+"/shared")
}

func TestRefusedPodsEndTheWaiting(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	repository.Add(t, "agent", "1.0.0", charttest.Files{"templates/daemonset.yaml": daemonSet})
	for chart, want := range map[string]string{
		"web":   "Deployment %/it (PodSecurity)",
		"agent": "DaemonSet %/it (PodSecurity)",
	} {
		t.Run(chart, func(t *testing.T) {
			t.Parallel()
			namespace := newNamespace(t, map[string]string{"pod-security.kubernetes.io/enforce": "baseline"})
			account(t, namespace, &rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "cluster-admin"})
			pod := newPod(t, "it", namespace).chart(t, repository.URL, chart, "1.0.0")
			got := pod.run(t, "privileged: true", "")
			got.failed(t, verdict.PodRefused, strings.ReplaceAll(want, "%", namespace))
		})
	}
}

func TestDefinitionsAreAppliedOnUpgradeAndKeptOnUninstall(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	for version, column := range map[string]string{"1.0.0": "Old", "1.1.0": "New"} {
		repository.Add(t, "platform", version, charttest.Files{
			"crds/things.yaml": definition("things", column), "templates/thing.yaml": custom("things"),
		})
	}
	pod := newInstall(t, "platform").chart(t, repository.URL, "platform", "1.0.0")
	pod.run(t, "", "").succeeded(t)
	got := pod.chart(t, repository.URL, "platform", "1.1.0").run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff([]verdict.CRD{{Name: "things.e2e.roadstead.dev", Objects: 1}}, got.verdict.CRDs); diff != "" {
		t.Error(diff)
	}
	text := func() string {
		d, err := definitions().Get(t.Context(), "things.e2e.roadstead.dev", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		json, err := d.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		return string(json)
	}
	if !strings.Contains(text(), `"New"`) {
		t.Error("the upgrade did not apply the definition")
	}
	pod.req.Action = request.Uninstall
	got = pod.run(t, "", "")
	got.succeeded(t)
	if diff := cmp.Diff([]verdict.CRD{{Name: "things.e2e.roadstead.dev", Objects: 1}}, got.verdict.CRDs); diff != "" {
		t.Error(diff)
	}
	text() // it is still there
}

func TestUninstallWhenAKindIsGone(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "platform", "1.0.0", charttest.Files{
		"crds/gadgets.yaml": definition("gadgets", "Old"), "templates/gadget.yaml": custom("gadgets"),
		"templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: beside}\n",
	})
	pod := newInstall(t, "platform").chart(t, repository.URL, "platform", "1.0.0")
	pod.run(t, "", "").succeeded(t)
	if err := definitions().Delete(t.Context(), "gadgets.e2e.roadstead.dev", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	pod.req.Action = request.Uninstall
	pod.run(t, "", "").succeeded(t)
	_, err := bench.clients.CoreV1().ConfigMaps(pod.req.Namespace).Get(t.Context(), "beside", metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		t.Errorf("the rest of the release is still there: %v", err)
	}
}

func TestUninstallWithoutRightsForgetsNothing(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", web(nil))
	pod := newInstall(t, "web").chart(t, repository.URL, "web", "1.0.0")
	pod.run(t, "", "").succeeded(t)
	namespace := pod.req.Namespace
	roles := bench.clients.RbacV1()
	bindings, err := roles.ClusterRoleBindings().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range bindings.Items {
		if len(b.Subjects) == 1 && b.Subjects[0].Namespace == namespace {
			if err := roles.ClusterRoleBindings().Delete(t.Context(), b.Name, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	grant(t, namespace, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"secrets"}, Verbs: []string{"*"}})
	pod.req.Action = request.Uninstall
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "get deployments.apps")
	left, err := bench.clients.CoreV1().Secrets(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "owner=helm"})
	if err != nil || len(left.Items) != 1 {
		t.Errorf("%d revisions are left, %v", len(left.Items), err)
	}
}

func TestUnreadableRequest(t *testing.T) {
	t.Parallel()
	pod := newInstall(t, "web")
	pod.req.Wait = "legacy"
	if got := pod.run(t, "", ""); got.exit != 2 || got.verdict.Outcome != verdict.Failed {
		t.Errorf("exit %d, verdict %+v", got.exit, got.verdict)
	}
}

// definitions is the API of custom resource definitions.
func definitions() dynamic.ResourceInterface {
	return dynamic.NewForConfigOrDie(bench.admin).Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
}

func (i *install) files() pod.Layout { return pod.Layout{Root: i.root} }
