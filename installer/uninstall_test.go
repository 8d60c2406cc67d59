package main_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/installer/internal/request"
	"github.com/roadstead/roadstead/installer/internal/verdict"
)

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

// definitions is the API of custom resource definitions.
func definitions() dynamic.ResourceInterface {
	return dynamic.NewForConfigOrDie(bench.admin).Resource(schema.GroupVersionResource{
		Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
	})
}
