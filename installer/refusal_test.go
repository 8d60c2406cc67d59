package main_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

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
	// Without these, Helm's watch would see nothing and wait until time is over.
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "list deployments.apps")
	grant(t, namespace, rbacv1.PolicyRule{APIGroups: []string{"apps"}, Resources: []string{"*"}, Verbs: []string{"list", "watch"}})
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "list pods")
	grant(t, namespace, rbacv1.PolicyRule{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list"}})
	pod.run(t, "", "").failed(t, verdict.RightsMissing, "patch deployments.apps")
	grant(t, namespace, rbacv1.PolicyRule{APIGroups: []string{"apps"}, Resources: []string{"*"}, Verbs: []string{"patch", "create"}})
	pod.run(t, "", "").succeeded(t)
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
