package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRemovingAClusterCleansItUp takes a project's namespace out of the cluster
// together with the registration.
func TestRemovingAClusterCleansItUp(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	namespace := s.namespaceOf(t, n)
	s.must(t, "cluster", "remove", n.cluster, "--cleanup")
	if _, err := shared.kubectl(t.Context(), "get", "namespace", namespace); err == nil {
		t.Errorf("namespace %s still stands", namespace)
	}
	if known, err := s.knows("/api/v1/clusters/" + n.cluster); err != nil || known {
		t.Errorf("the cluster is still known: %v %v", known, err)
	}
	// What it did not make stays: the application's namespace.
	if _, err := shared.kubectl(t.Context(), "get", "namespace", n.app); err != nil {
		t.Error(err)
	}
}

// TestRemovingAProjectCleansItUp takes its namespaces out of their clusters.
func TestRemovingAProjectCleansItUp(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	namespace := s.namespaceOf(t, n)
	s.must(t, "project", "remove", n.project)
	if _, err := shared.kubectl(t.Context(), "get", "namespace", namespace); err == nil {
		t.Errorf("namespace %s still stands", namespace)
	}
	if out := s.must(t, "project", "list"); strings.Contains(out, n.project) {
		t.Errorf("the project is still listed:\n%s", out)
	}
}

// TestANamespaceOfSomebodyElseIsLeftAlone has the name taken already.
func TestANamespaceOfSomebodyElseIsLeftAlone(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, "group", "create", n.group)
	s.must(t, "project", "create", n.project)
	taken := strings.TrimPrefix(n.project, n.group+"/") + "-1-production"
	mustKubectl(t, "create", "namespace", taken)
	_, err := s.cli(t.Context(), "namespace", "ensure", "--project", n.project, "--environment", "production")
	if err == nil || !strings.Contains(err.Error(), "namespace_foreign") {
		t.Errorf("ensure: %v, want namespace_foreign", err)
	}
	labels, err := shared.kubectl(t.Context(), "get", "namespace", taken, "-o", "jsonpath={.metadata.labels}")
	if err != nil || strings.Contains(labels, "pod-security") {
		t.Errorf("the namespace was touched: %s %v", labels, err)
	}
}

// TestBackupIsRestored puts the backup of a running server, and its keys, into
// another data folder, and goes on there.
func TestBackupIsRestored(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	file := filepath.Join(t.TempDir(), "roadstead.backup")
	s.must(t, "backup", file, "--data-dir", filepath.Join(s.dir, "data"))
	s.must(t, "restore", file, "--verify")

	again := &server{bin: s.bin, dir: t.TempDir(), token: adminToken}
	again.addEntry(t, n.app, "web", "")
	data := filepath.Join(again.dir, "data")
	s.must(t, "restore", file, "--data-dir", data)
	s.process.Stop()
	if err := os.CopyFS(filepath.Join(data, "keys"), os.DirFS(filepath.Join(s.dir, "data", "keys"))); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{"keys": 0o700, "keys/private": 0o400} {
		if err := os.Chmod(filepath.Join(data, path), mode); err != nil {
			t.Fatal(err)
		}
	}
	again.mustStart(t)
	t.Cleanup(func() { again.process.Kill() })
	again.must(t, "cluster", "check", n.cluster)
	if err := again.appInstalled(n); err != nil {
		t.Error(err)
	}
	again.must(t, "app", "uninstall", n.app, "--cluster", n.cluster)

	if err := os.Truncate(file, 20_000); err != nil {
		t.Fatal(err)
	}
	if out, err := s.cli(t.Context(), "restore", file, "--verify"); err == nil {
		t.Errorf("a torn backup passes: %s", out)
	}
}

// TestServerStopsInTime has a follower, a stream and an idle connection open.
func TestServerStopsInTime(t *testing.T) {
	t.Parallel()
	n := newNames()
	s := newServerWith(t, n.app)
	s.mainJob(t, n)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+"/api/v1/events?topics=clusters", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+s.token)
	stream, err := (&http.Client{}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Body.Close()
	if stream.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("the stream answers %s", stream.Status))
	}
	if !s.process.StopWithin(stopLimit) {
		t.Errorf("the server did not stop within %s", stopLimit)
	}
}
