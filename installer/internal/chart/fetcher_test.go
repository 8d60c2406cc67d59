package chart_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/installer/internal/chart"
	"github.com/roadstead/roadstead/installer/internal/charttest"
	"github.com/roadstead/roadstead/internal/egress"
)

// newFetcher makes a fetcher that may reach the servers at the addresses.
func newFetcher(t *testing.T, open ...string) *chart.Fetcher {
	t.Helper()
	var rules []string
	for _, address := range open {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		rules = append(rules, "127.0.0.1/32:"+u.Port())
	}
	allow, err := egress.ParseRules(strings.Join(rules, ","))
	if err != nil {
		t.Fatal(err)
	}
	return chart.NewFetcher(egress.NewGuard(egress.Config{Allow: allow}))
}

// serve starts a server for one test.
func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestFetchFromARepository(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	digest := repository.Add(t, "web", "1.0.0", nil)
	a, err := newFetcher(t, repository.URL).Fetch(t.Context(), chart.Source{
		Repository: repository.URL, Name: "web", Version: "1.0.0", Digest: digest,
	})
	if err != nil || a.Digest != digest {
		t.Fatalf("got %+v, %v", a, err)
	}
	if ch, err := a.Load(); err != nil || ch.Name() != "web" {
		t.Errorf("got %+v, %v", ch, err)
	}
}

func TestBusyRepositoryIsAskedAgain(t *testing.T) {
	t.Parallel()
	repository := charttest.NewRepository(t)
	repository.Add(t, "web", "1.0.0", nil)
	calls := 0
	front := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if calls++; calls%2 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		repository.ServeHTTP(w, r)
	})
	if _, err := newFetcher(t, front).Fetch(t.Context(), chart.Source{Repository: front, Name: "web", Version: "1.0.0"}); err != nil {
		t.Error(err)
	}
}

func TestWhatARepositoryMayNotDo(t *testing.T) {
	t.Parallel()
	victim := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("the victim was asked") })
	index := func(address, digest string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/index.yaml" {
				_, _ = w.Write(charttest.Pack(t, "web", charttest.Chart("web", "1.0.0", nil)))
				return
			}
			_, _ = fmt.Fprintf(w, "entries:\n  web:\n  - version: 1.0.0\n    digest: %q\n    urls: [%q]\n", digest, address)
		}
	}
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    error
	}{
		"redirect to an address that is not open": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, victim+"/index.yaml", http.StatusFound)
			}, chart.ErrAddress,
		},
		"redirect to the metadata service": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
			}, chart.ErrAddress,
		},
		"redirect for ever": {
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/again"+r.URL.Path, http.StatusFound)
			}, chart.ErrUnreachable,
		},
		"archive at an address that is not open": {index(victim+"/web.tgz", ""), chart.ErrAddress},
		"archive on a disk":                      {index("file:///etc/passwd", ""), chart.ErrAddress},
		"archive with a login":                   {index("http://user:secret@127.0.0.1:1/web.tgz", ""), chart.ErrAddress},
		"archive that is not the index's":        {index("web.tgz", strings.Repeat("0", 64)), chart.ErrDigest},
		"page instead of an archive":             {index("index.yaml", ""), chart.ErrInvalid},
		"error":                                  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }, chart.ErrUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address := serve(t, tc.handler)
			_, err := newFetcher(t, address).Fetch(t.Context(), chart.Source{Repository: address, Name: "web", Version: "1.0.0"})
			if !errors.Is(err, tc.want) {
				t.Errorf("want %v, got %v", tc.want, err)
			}
		})
	}
}

func TestSchemasComeThroughTheGuard(t *testing.T) {
	t.Parallel()
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) })
	if text, err := newFetcher(t, address).Schema(address + "/schema.json"); err != nil || string(text) != "{}" {
		t.Errorf("got %q, %v", text, err)
	}
	for _, forbidden := range []string{address + "/schema.json", "file:///etc/passwd", "ftp://example.com/x", "%"} {
		if _, err := newFetcher(t).Schema(forbidden); err == nil {
			t.Errorf("got %s", forbidden)
		}
	}
}
