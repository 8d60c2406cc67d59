package chart_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/charttest"
)

// registry is a small OCI registry with one chart, /charts/web:1.0.0, for callers with an anonymous token.
type registry struct {
	layer     string // media type of the layer
	size      int64  // what the manifest says; 0: the truth
	blob      []byte
	authorize bool
	storage   string // where blobs are; empty: here

	address string
	sawAuth string // the credential that came to the storage
}

func (r *registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch {
	case req.URL.Path == "/token":
		_, _ = fmt.Fprint(w, `{"token":"anonymous"}`)
	case r.authorize && req.Header.Get("Authorization") != "Bearer anonymous":
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+r.address+`/token",service="registry"`)
		w.WriteHeader(http.StatusUnauthorized)
	case strings.Contains(req.URL.Path, "/charts/web/manifests/"):
		r.manifest(w, req)
	case strings.Contains(req.URL.Path, "/charts/web/blobs/") && r.storage != "":
		http.Redirect(w, req, r.storage, http.StatusTemporaryRedirect)
	case strings.Contains(req.URL.Path, "/charts/web/blobs/"):
		_, _ = w.Write(r.blob)
	default:
		http.NotFound(w, req)
	}
}

func (r *registry) manifest(w http.ResponseWriter, req *http.Request) {
	if !strings.HasSuffix(req.URL.Path, "/1.0.0") && !strings.Contains(req.URL.Path, "sha256:") {
		http.NotFound(w, req)
		return
	}
	size := r.size
	if size == 0 {
		size = int64(len(r.blob))
	}
	text, _ := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": map[string]any{"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": charttest.Digest(nil), "size": 0},
		"layers": []any{map[string]any{"mediaType": r.layer, "digest": charttest.Digest(r.blob), "size": size}},
	})
	w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	w.Header().Set("Docker-Content-Digest", charttest.Digest(text))
	_, _ = w.Write(text)
}

// newRegistry starts a registry that speaks HTTP, on loopback.
func newRegistry(t *testing.T) *registry {
	t.Helper()
	r := &registry{
		layer: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
		blob:  charttest.Pack(t, "web", charttest.Chart("web", "1.0.0", nil)),
	}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.address = server.URL
	return r
}

func (r *registry) fetch(t *testing.T, version string) (*chart.Archive, error) {
	t.Helper()
	return newFetcher(t, r.address, r.storageOr(r.address)).Fetch(t.Context(), chart.Source{
		Repository: "oci" + strings.TrimPrefix(r.address, "http") + "/charts", Name: "web", Version: version,
	})
}

func (r *registry) storageOr(address string) string {
	if r.storage != "" {
		return r.storage
	}
	return address
}

func TestFetchFromARegistry(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*registry){
		"open":                    func(*registry) {},
		"with an anonymous token": func(r *registry) { r.authorize = true },
		"with storage of a third": func(r *registry) {
			r.authorize = true
			r.storage = serve(t, func(w http.ResponseWriter, req *http.Request) {
				r.sawAuth = req.Header.Get("Authorization")
				_, _ = w.Write(r.blob)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			change(r)
			a, err := r.fetch(t, "1.0.0")
			if err != nil || a.Digest != charttest.Digest(r.blob) {
				t.Fatalf("got %+v, %v", a, err)
			}
			if r.sawAuth != "" {
				t.Errorf("the storage was given %q", r.sawAuth)
			}
		})
	}
}

func TestWhatARegistryMayNotDo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change  func(*registry)
		version string
		want    error
	}{
		"no such tag":            {func(*registry) {}, "2.0.0", chart.ErrNotFound},
		"another kind of layer":  {func(r *registry) { r.layer = "application/vnd.oci.image.layer.v1.tar" }, "1.0.0", chart.ErrInvalid},
		"too large a layer":      {func(r *registry) { r.size = 33 << 20 }, "1.0.0", chart.ErrInvalid},
		"another size than said": {func(r *registry) { r.size = 3 }, "1.0.0", chart.ErrUnreachable},
		"a login":                {func(r *registry) { r.authorize, r.address = true, r.address+"/no" }, "1.0.0", chart.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t)
			open := r.address
			tc.change(r)
			_, err := newFetcher(t, open).Fetch(t.Context(), chart.Source{
				Repository: "oci" + strings.TrimPrefix(open, "http") + "/charts", Name: "web", Version: tc.version,
			})
			if !errors.Is(err, tc.want) {
				t.Errorf("want %v, got %v", tc.want, err)
			}
		})
	}
}
