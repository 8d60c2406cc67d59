package egress_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

func TestClientHandsRedirectsBack(t *testing.T) {
	t.Parallel()
	hits := 0
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits++
		http.Redirect(w, r, "/elsewhere", http.StatusFound)
	}))
	defer s.Close()
	client := openedClient(t, s)
	resp, err := client.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusFound || hits != 1 {
		t.Errorf("status %d after %d requests", resp.StatusCode, hits)
	}
}

func openedClient(t *testing.T, s *httptest.Server) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	g := egress.NewGuard(egress.Config{Allow: mustRules(t, "127.0.0.0/8:*,[::1/128]:*")})
	client := g.Client(egress.Options{TLS: &tls.Config{RootCAs: pool}}, 0)
	t.Cleanup(client.CloseIdleConnections)
	return client
}

//nolint:paralleltest // it sets the environment
func TestProxyOfTheEnvironmentIsIgnored(t *testing.T) {
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy"} {
		t.Setenv(name, "http://127.0.0.1:1")
	}
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	resp, err := openedClient(t, s).Get(s.URL)
	if err != nil {
		t.Fatalf("the environment's proxy was used: %v", err)
	}
	resp.Body.Close()
}

func TestCertificateChecksCannotBeTurnedOff(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	g := egress.NewGuard(egress.Config{Allow: mustRules(t, "127.0.0.0/8:*,[::1/128]:*")})
	client := g.Client(egress.Options{TLS: &tls.Config{InsecureSkipVerify: true}}, 0)
	_, err := client.Get(s.URL)
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok {
		t.Errorf("err = %v, want a certificate error", err)
	}
}

func TestRefusalReachesTheCallerOfTheClient(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	_, err := egress.NewGuard(egress.Config{}).Client(egress.Options{}, 0).Get(s.URL)
	refused, ok := errors.AsType[*egress.RefusedError](err)
	if !ok || refused.Class != "loopback" {
		t.Errorf("err = %v, want a refusal", err)
	}
}
