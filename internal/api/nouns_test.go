package api_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/workload"
)

func TestPages(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	for _, path := range []string{"a", "b", "c"} {
		c.must("POST", "/api/v1/groups", `{"path": "`+path+`"}`)
	}
	var first, second api.Page[api.Group]
	response := c.call("GET", "/api/v1/groups?limit=2", "", &first)
	link, ok := strings.CutSuffix(response.Header.Get("Link"), `>; rel="next"`)
	if !ok || len(first.Items) != 2 || first.Next != 2 {
		t.Fatalf("first page %+v, link %q", first, response.Header.Get("Link"))
	}
	response = c.call("GET", strings.TrimPrefix(link, "<"), "", &second)
	if len(second.Items) != 1 || second.Items[0].Path != "c" || second.Next != 0 || response.Header.Get("Link") != "" {
		t.Errorf("second page %+v, link %q", second, response.Header.Get("Link"))
	}
}

func TestProjectsByIDAndPath(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	for _, path := range []string{"/api/v1/projects/1", "/api/v1/projects/acme%2Fshop"} {
		var got api.Project
		if c.call("GET", path, "", &got); got.Path != "acme/shop" {
			t.Errorf("%s shows %+v", path, got)
		}
	}
}

func TestAttachedClusterShowsItsReportCardAndNoToken(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	var got api.Cluster
	response := c.call("POST", "/api/v1/clusters?wait=10s", newCluster("staging", "https://k8s.example.com"), &got)
	if response.StatusCode != http.StatusCreated || got.Connection.State != workload.Live || !got.Connection.Connected {
		t.Fatalf("status %d, connection %+v", response.StatusCode, got.Connection)
	}
	if got.Connection.Version != "v1.37.2" {
		t.Errorf("version %q still holds what a terminal would obey", got.Connection.Version)
	}
	rights := got.Connection.Findings[3]
	if rights.Error == nil || rights.Error.Hint == "" || !cmp.Equal(rights.Error.Detail, []string{"create pods"}) {
		t.Errorf("finding %+v", rights)
	}
	for _, path := range []string{"/api/v1/clusters", "/api/v1/clusters/staging"} {
		text, err := io.ReadAll(c.call("GET", path, "", nil).Body)
		if err != nil || strings.Contains(string(text)+w.Log.String(), "cluster-token") {
			t.Errorf("%s or the log shows the token (%v)", path, err)
		}
	}
}

func TestUnreachableClusterSaysWhy(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	var got api.Cluster
	c.call("POST", "/api/v1/clusters?wait=10s", newCluster("lost", "https://dead.example.com"), &got)
	if got.Connection.State != workload.Unreachable || got.Connection.Error.Code != "cluster_timeout" {
		t.Errorf("connection %+v", got.Connection)
	}
}

func TestCheckAnswersWithANewCheck(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	var before, got api.Cluster
	c.call("GET", "/api/v1/clusters/staging", "", &before)
	response := c.call("POST", "/api/v1/clusters/staging/check?wait=10s", "", &got)
	if response.StatusCode != http.StatusOK || !got.Connection.CheckedAt.After(before.Connection.CheckedAt) {
		t.Errorf("status %d, checked at %s, before at %s", response.StatusCode,
			got.Connection.CheckedAt, before.Connection.CheckedAt)
	}
}

func TestRemovedClusterIsGone(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{"as it is": "", "with cleanup": "?mode=clean_up"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := newClient(t)
			c.shop()
			c.must("DELETE", "/api/v1/clusters/staging"+query, "")
			var got api.Problem
			if c.call("GET", "/api/v1/clusters/staging?wait=10s", "", &got); got.Code != "not_found" {
				t.Errorf("still there: %+v", got)
			}
		})
	}
}

func TestNamespaceIsEnsuredAndShown(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	const path = "/api/v1/projects/acme%2Fshop/environments/review%2Fone/namespace"
	var got, shown api.Namespace
	response := c.call("PUT", path+"?wait=10s", "", &got)
	if response.StatusCode != http.StatusOK || got.State != "ready" || got.Environment != "review/one" {
		t.Fatalf("status %d, namespace %+v", response.StatusCode, got)
	}
	c.call("GET", path, "", &shown)
	if diff := cmp.Diff(got, shown); diff != "" {
		t.Errorf("shown differs (-ensured +shown):\n%s", diff)
	}
	var all api.Items[api.Namespace]
	if c.call("GET", "/api/v1/projects/1/namespaces", "", &all); len(all.Items) != 1 || all.Items[0].Environment != "review/one" {
		t.Errorf("list %+v", all)
	}
}

func TestKubeconfigIsForTheNamespace(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	c.must("PUT", "/api/v1/projects/1/environments/production/namespace?wait=10s", "")
	var got api.Kubeconfig
	response := c.call("POST", "/api/v1/projects/1/environments/production/kubeconfig", `{"lifetime_seconds": 600}`, &got)
	for _, part := range []string{"server: https://k8s.example.com", "token: minted-token", "namespace: shop-1-production"} {
		if !strings.Contains(got.Kubeconfig, part) {
			t.Errorf("kubeconfig lacks %q:\n%s", part, got.Kubeconfig)
		}
	}
	if response.Header.Get("Cache-Control") != "no-store" {
		t.Error("a cache may keep the token")
	}
	var problem api.Problem
	c.call("POST", "/api/v1/projects/1/environments/production/kubeconfig", `{"lifetime_seconds": 60}`, &problem)
	if problem.Code != "validation_failed" {
		t.Errorf("a lifetime of a minute: %+v", problem)
	}
}

func TestPodsAreShownWithTheirAge(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	c.shop()
	c.must("PUT", "/api/v1/projects/1/environments/production/namespace?wait=10s", "")
	w.Live.Set(workload.Status{State: workload.Stale, Code: "cluster_timeout"},
		workload.Pod{Name: "a"}, workload.Pod{Name: "b"}, workload.Pod{Name: "c"})
	const path = "/api/v1/projects/1/environments/production/pods?limit=2"
	var first, second api.Live[api.Pod]
	c.call("GET", path, "", &first)
	if first.State != workload.Stale || first.Error.Code != "cluster_timeout" || len(first.Items) != 2 {
		t.Fatalf("first page %+v", first)
	}
	c.call("GET", path+"&after="+first.Next, "", &second)
	if len(second.Items) != 1 || second.Items[0].Name != "c" || second.Next != "" {
		t.Errorf("second page %+v", second)
	}
}

func TestInstallAndUninstall(t *testing.T) {
	t.Parallel()
	w, c := newClient(t)
	c.shop()
	const path = "/api/v1/clusters/staging/applications/web"
	var op api.Operation
	response := c.call("POST", path+"/install?wait=10s", `{"values": "replicas: 2"}`, &op)
	if response.StatusCode != http.StatusOK || op.State != "succeeded" || len(op.Steps) == 0 {
		t.Fatalf("status %d, operation %+v", response.StatusCode, op)
	}
	if got := string(w.Applications.Requests[0].Values); got != "replicas: 2" {
		t.Errorf("values %q reached the domain", got)
	}
	var app api.Application
	if c.call("GET", path, "", &app); app.State != "installed" || app.Version != "1.0.0" {
		t.Errorf("application %+v", app)
	}
	if c.call("POST", path+"/uninstall?wait=10s", "", &op); op.Action != "uninstall" || !op.Final {
		t.Errorf("operation %+v", op)
	}
}

func TestFailedOperationSaysWhy(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	c.shop()
	var op api.Operation
	c.call("POST", "/api/v1/clusters/staging/applications/broken/install?wait=10s", "", &op)
	if op.State != "failed" || op.Error.Code != "hook_failed" || !cmp.Equal(op.Error.Detail, []string{"job broken-pre-install"}) {
		t.Errorf("operation %+v, error %+v", op, op.Error)
	}
}

func TestManifest(t *testing.T) {
	t.Parallel()
	_, c := newClient(t)
	response := c.call("GET", "/api/v1/clusters/manifest?features=namespaces,live", "", nil)
	text, err := io.ReadAll(response.Body)
	if want := "kind: ServiceAccount\n# namespaces\n# live\n"; err != nil || string(text) != want {
		t.Errorf("manifest %q, want %q (%v)", text, want, err)
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/yaml" {
		t.Errorf("content type %q", kind)
	}
}
