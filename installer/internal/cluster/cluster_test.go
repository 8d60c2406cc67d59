package cluster_test

import (
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/installer/internal/cluster"
)

// server starts an API server of one handler, and returns its address with a credential for it.
func server(t *testing.T, handler http.HandlerFunc) cluster.Address {
	t.Helper()
	s := httptest.NewTLSServer(handler)
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	a := cluster.Address{
		Host: u.Hostname(), Port: u.Port(), TokenFile: filepath.Join(dir, "token"), CAFile: filepath.Join(dir, "ca.crt"),
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	for path, text := range map[string]string{a.TokenFile: "the-token", a.CAFile: string(ca)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return a
}

func TestConnectionUsesTheMountedFilesAlone(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
	t.Setenv("KUBECONFIG", "/nonexistent")
	var warned string
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer the-token" {
			t.Errorf("got credential %q", got)
		}
		w.Header().Set("Warning", `299 - "mind the gap"`)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"gitVersion":"v1.37.2"}`))
	})
	c, err := cluster.Connect(a, "web", func(text string) { warned = text })
	if err != nil {
		t.Fatal(err)
	}
	if version, err := c.Version(); err != nil || version != "v1.37.2" {
		t.Errorf("got %q, %v", version, err)
	}
	if warned != "mind the gap" {
		t.Errorf("warned of %q", warned)
	}
	if namespace, _, err := c.ToRawKubeConfigLoader().Namespace(); err != nil || namespace != "web" {
		t.Errorf("got namespace %q, %v", namespace, err)
	}
}

func TestRedirectsOfTheAPIServerAreNotFollowed(t *testing.T) {
	t.Parallel()
	victim := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the victim was asked") }))
	t.Cleanup(victim.Close)
	a := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, victim.URL, http.StatusTemporaryRedirect)
	})
	c, err := cluster.Connect(a, "web", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Version(); err == nil || !strings.Contains(err.Error(), "redirect") {
		t.Errorf("got %v", err)
	}
}

func TestConnectNeedsItsFiles(t *testing.T) {
	t.Parallel()
	good := server(t, http.NotFound)
	for name, change := range map[string]func(*cluster.Address){
		"no host":          func(a *cluster.Address) { a.Host = "" },
		"no certificates":  func(a *cluster.Address) { a.CAFile = filepath.Join(t.TempDir(), "none") },
		"other than these": func(a *cluster.Address) { a.CAFile = a.TokenFile },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := good
			change(&a)
			if _, err := cluster.Connect(a, "web", func(string) {}); err == nil {
				t.Error("connected")
			}
		})
	}
}
