package charttest

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Repository is a chart repository on loopback, over HTTP.
type Repository struct {
	URL string

	mu     sync.Mutex
	charts map[string][]byte // by file name: <name>-<version>.tgz
}

// NewRepository starts a repository that stops with the test.
func NewRepository(t testing.TB) *Repository {
	t.Helper()
	r := &Repository{charts: map[string][]byte{}}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// Add packs a chart, offers it, and returns its digest.
func (r *Repository) Add(t testing.TB, name, version string, files Files) string {
	t.Helper()
	packed := Pack(t, name, Chart(name, version, files))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.charts[name+"-"+version+".tgz"] = packed
	return Digest(packed)
}

// ServeHTTP answers for the index and the archives.
func (r *Repository) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.URL.Path == "/index.yaml" {
		_, _ = fmt.Fprint(w, r.indexText())
		return
	}
	packed, ok := r.charts[strings.TrimPrefix(req.URL.Path, "/")]
	if !ok {
		http.NotFound(w, req)
		return
	}
	_, _ = w.Write(packed)
}

// indexText writes the index in the form of Helm's own.
func (r *Repository) indexText() string {
	var b strings.Builder
	b.WriteString("apiVersion: v1\nentries:\n")
	last := ""
	for _, file := range slices.Sorted(maps.Keys(r.charts)) {
		cut := strings.LastIndexByte(file, '-')
		name, version := file[:cut], strings.TrimSuffix(file[cut+1:], ".tgz")
		if name != last {
			fmt.Fprintf(&b, "  %s:\n", name)
			last = name
		}
		fmt.Fprintf(&b, "  - name: %s\n    version: %s\n    digest: %s\n    urls:\n    - %s\n",
			name, version, strings.TrimPrefix(Digest(r.charts[file]), "sha256:"), file)
	}
	b.WriteString("generated: \"2026-01-01T00:00:00Z\"\n")
	return b.String()
}
