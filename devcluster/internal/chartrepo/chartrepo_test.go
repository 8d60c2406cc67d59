package chartrepo_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"sigs.k8s.io/yaml"

	"github.com/roadstead/roadstead/devcluster/charts"
	"github.com/roadstead/roadstead/devcluster/internal/chartrepo"
)

func newServer(t *testing.T) *chartrepo.Server {
	t.Helper()
	archives, err := chartrepo.Package(charts.Files)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, err := chartrepo.Serve(listener, archives, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	return server
}

func get(t *testing.T, method, url string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

func sum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func TestEveryChartIsListed(t *testing.T) {
	t.Parallel()
	var got []string
	for _, c := range newServer(t).Charts() {
		got = append(got, c.Name+" "+c.Version)
	}
	want := []string{
		"hook-fails 1.0.0", "kube-system-binding 1.0.0", "never-ready 1.0.0", "platform 1.0.0",
		"privileged-agent 1.0.0", "starter 0.1.0", "web 1.0.0", "web 1.1.0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("charts (-want +got):\n%s", diff)
	}
}

// TestRepository reads the index as Helm does and loads every archive in it.
func TestRepository(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	_, body := get(t, http.MethodGet, server.URL()+"/index.yaml")
	var index struct {
		Entries map[string][]struct {
			Name, Version, Digest string
			URLs                  []string
		}
	}
	if err := yaml.Unmarshal(body, &index); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entries := range index.Entries {
		for _, e := range entries {
			count++
			_, archive := get(t, http.MethodGet, server.URL()+"/"+e.URLs[0])
			if got := sum(archive); got != e.Digest {
				t.Errorf("%s %s: digest %s, the index says %s", e.Name, e.Version, got, e.Digest)
			}
			c, err := loader.LoadArchive(bytes.NewReader(archive))
			if err != nil {
				t.Errorf("%s %s: %v", e.Name, e.Version, err)
				continue
			}
			if c.Name() != e.Name || c.Metadata.Version != e.Version {
				t.Errorf("%s %s: the archive holds %s %s", e.Name, e.Version, c.Name(), c.Metadata.Version)
			}
		}
	}
	if count != len(server.Charts()) {
		t.Errorf("the index has %d charts, want %d", count, len(server.Charts()))
	}
}

// TestRegistry walks from a tag to the archive as an OCI client does.
func TestRegistry(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	base := server.URL()[:len(server.URL())-len("/charts")] + "/v2/"
	if response, _ := get(t, http.MethodGet, base); response.StatusCode != http.StatusOK {
		t.Fatalf("GET /v2/: %s", response.Status)
	}
	_, body := get(t, http.MethodGet, base+"charts/web/tags/list")
	var tags struct{ Tags []string }
	if err := json.Unmarshal(body, &tags); err != nil || !slices.Equal(tags.Tags, []string{"1.0.0", "1.1.0"}) {
		t.Fatalf("tags of web: %s", body)
	}
	response, body := get(t, http.MethodGet, base+"charts/web/manifests/1.1.0")
	reference := response.Header.Get("Docker-Content-Digest")
	if reference != "sha256:"+sum(body) {
		t.Errorf("digest of the manifest is %s, its header says %s", sum(body), reference)
	}
	if head, _ := get(t, http.MethodHead, base+"charts/web/manifests/"+reference); head.ContentLength != int64(len(body)) {
		t.Errorf("HEAD of the manifest by digest: %s, %d bytes", head.Status, head.ContentLength)
	}
	var manifest struct {
		Layers []struct{ MediaType, Digest string }
	}
	if err := json.Unmarshal(body, &manifest); err != nil || len(manifest.Layers) != 1 {
		t.Fatalf("manifest: %s", body)
	}
	_, archive := get(t, http.MethodGet, base+"charts/web/blobs/"+manifest.Layers[0].Digest)
	c, err := loader.LoadArchive(bytes.NewReader(archive))
	if err != nil || c.Metadata.Version != "1.1.0" {
		t.Errorf("load the layer: %v, %v", c, err)
	}
}

func TestRegistryCannotBeWritten(t *testing.T) {
	t.Parallel()
	server := newServer(t)
	base := server.URL()[:len(server.URL())-len("/charts")] + "/v2/charts/"
	for path, method := range map[string]string{
		"web/blobs/uploads/":  http.MethodPost,
		"web/manifests/1.1.0": http.MethodPut,
	} {
		if response, _ := get(t, method, base+path); response.StatusCode/100 != 4 {
			t.Errorf("%s %s: %s", method, path, response.Status)
		}
	}
	for _, path := range []string{"web/manifests/9.9.9", "web/blobs/sha256:00", "another/tags/list"} {
		if response, body := get(t, http.MethodGet, base+path); response.StatusCode != http.StatusNotFound || !bytes.Contains(body, []byte("UNKNOWN")) {
			t.Errorf("GET %s: %s %s", path, response.Status, body)
		}
	}
}

// TestArchivesAreReproducible pins that a recorded digest outlives a restart.
func TestArchivesAreReproducible(t *testing.T) {
	t.Parallel()
	first, err := chartrepo.Package(charts.Files)
	if err != nil {
		t.Fatal(err)
	}
	second, err := chartrepo.Package(charts.Files)
	if err != nil {
		t.Fatal(err)
	}
	for i := range first {
		if !bytes.Equal(first[i].Data, second[i].Data) {
			t.Errorf("%s was packaged differently the second time", first[i].FileName())
		}
	}
}

// TestStarterRunsAsNonRoot pins the one way in which the starter chart differs
// from what Helm creates.
func TestStarterRunsAsNonRoot(t *testing.T) {
	t.Parallel()
	archives, err := chartrepo.Package(charts.Files)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(archives, func(a chartrepo.Archive) bool { return a.Metadata.Name == "starter" })
	c, err := loader.LoadArchive(bytes.NewReader(archives[at].Data))
	if err != nil {
		t.Fatal(err)
	}
	pod, _ := c.Values["podSecurityContext"].(map[string]any)
	image, _ := c.Values["image"].(map[string]any)
	if pod["runAsNonRoot"] != true || image["repository"] != "nginxinc/nginx-unprivileged" {
		t.Errorf("values: %v", c.Values)
	}
}
