package chart

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestRedirectsCarryNoCredentialsAndKeepTLS(t *testing.T) {
	t.Parallel()
	from := httptest.NewRequest(http.MethodGet, "https://registry.example.com/v2/blob", http.NoBody)
	to := httptest.NewRequest(http.MethodGet, "https://registry.example.com/storage", http.NoBody)
	to.Header.Set("Authorization", "Bearer secret")
	if err := followRedirect(to, []*http.Request{from}); err != nil || to.Header.Get("Authorization") != "" {
		t.Errorf("%v, header %v", err, to.Header)
	}
	down := httptest.NewRequest(http.MethodGet, "http://registry.example.com/storage", http.NoBody)
	if err := followRedirect(down, []*http.Request{from}); !errors.Is(err, ErrAddress) {
		t.Errorf("got %v", err)
	}
}

func TestArchiveMayNotLeaveTLS(t *testing.T) {
	t.Parallel()
	base := httptest.NewRequest(http.MethodGet, "https://charts.example.com/stable", http.NoBody).URL
	for address, want := range map[string]string{
		"web.tgz":                           "https://charts.example.com/stable/web.tgz",
		"/web.tgz":                          "https://charts.example.com/web.tgz",
		"https://cdn.example.com/w.tgz?x=1": "https://cdn.example.com/w.tgz?x=1",
		"oci://ghcr.io/charts/web:1.0.0":    "oci://ghcr.io/charts/web:1.0.0",
		"http://charts.example.com/w.tgz":   "",
		"//[":                               "",
	} {
		u, err := locate(base, address)
		if (err != nil) != (want == "") || err == nil && u.String() != want {
			t.Errorf("%s: got %v, %v", address, u, err)
		}
	}
}

func TestReferencesOfRegistries(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][2]string{
		"oci://ghcr.io/charts/web:1.0.0": {"/charts/web", "1.0.0"},
		"oci://ghcr.io:443/charts/web":   {"/charts/web", "2.0.0_build"},
	} {
		u, err := locate(httptest.NewRequest(http.MethodGet, "https://x.example.com/", http.NoBody).URL, address)
		if err != nil {
			t.Fatal(err)
		}
		if repository, reference := splitReference(u, "2.0.0+build"); repository.Path != want[0] || reference != want[1] {
			t.Errorf("%s: got %s, %s", address, repository.Path, reference)
		}
	}
}
