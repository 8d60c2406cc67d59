package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/roadstead/roadstead/devcluster/internal/pki"
)

// serve starts a TLS server that demands a client of the authority and answers
// with that client's name.
func serve(t *testing.T, ca *pki.Authority, hosts ...string) *httptest.Server {
	t.Helper()
	pair, err := ca.Server("server", hosts...)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		subject := r.TLS.PeerCertificates[0].Subject
		_, _ = w.Write([]byte(subject.CommonName + "/" + subject.Organization[0]))
	}))
	server.TLS = &tls.Config{
		Certificates: []tls.Certificate{cert},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    ca.Pool(),
	}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

func client(t *testing.T, ca *pki.Authority, roots *x509.CertPool) *http.Client {
	t.Helper()
	pair, err := ca.Client("alice", "admins")
	if err != nil {
		t.Fatal(err)
	}
	cert, err := pair.TLS()
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}},
	}}
}

func TestClientAndServerTrustEachOther(t *testing.T) {
	t.Parallel()
	ca, err := pki.NewAuthority("test-ca")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, ca, "127.0.0.1", "localhost")
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		response, err := client(t, ca, ca.Pool()).Get("https://" + net.JoinHostPort(host, port))
		if err != nil {
			t.Fatalf("get by %s: %v", host, err)
		}
		var body [64]byte
		n, _ := response.Body.Read(body[:])
		_ = response.Body.Close()
		if got, want := string(body[:n]), "alice/admins"; got != want {
			t.Errorf("by %s the server saw %q, want %q", host, got, want)
		}
	}
}

func TestForeignAuthorityIsRefused(t *testing.T) {
	t.Parallel()
	ours, err := pki.NewAuthority("ours")
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := pki.NewAuthority("foreign")
	if err != nil {
		t.Fatal(err)
	}
	server := serve(t, ours, "127.0.0.1")
	cases := map[string]*http.Client{
		"client of another authority":  client(t, foreign, ours.Pool()),
		"server unknown to the client": client(t, ours, foreign.Pool()),
	}
	for name, c := range cases {
		if response, err := c.Get(server.URL); err == nil {
			_ = response.Body.Close()
			t.Errorf("%s: the connection was accepted", name)
		}
	}
}
