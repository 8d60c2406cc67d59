package main_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

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

func TestUnreadableRequest(t *testing.T) {
	t.Parallel()
	pod := newInstall(t, "web")
	pod.req.Wait = "legacy"
	if got := pod.run(t, "", ""); got.exit != 2 || got.verdict.Outcome != verdict.Failed {
		t.Errorf("exit %d, verdict %+v", got.exit, got.verdict)
	}
}
