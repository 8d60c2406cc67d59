package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"k8s.io/client-go/rest"
)

// Address says where the API server is and which files hold the credential.
type Address struct {
	Host      string // KUBERNETES_SERVICE_HOST
	Port      string // KUBERNETES_SERVICE_PORT
	TokenFile string // read again as the kubelet renews it
	CAFile    string
}

// restConfig is the configuration of every client. They share one transport and so one set of connections.
func restConfig(a Address, warn func(string)) (*rest.Config, error) {
	if a.Host == "" || a.Port == "" {
		return nil, errors.New("the environment has no address of the API server")
	}
	roots, err := readRoots(a.CAFile)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host:            "https://" + net.JoinHostPort(a.Host, a.Port),
		BearerTokenFile: a.TokenFile,
		Transport:       noRedirect{transport(roots)},
		UserAgent:       "roadstead-installer",
		WarningHandler:  warnings(warn),
		QPS:             -1, // the API server's own fairness limits us; a chart's objects are few
	}, nil
}

func readRoots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the API server's certificates: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading the API server's certificates: %s holds none", path)
	}
	return roots, nil
}

// transport has a limit on everything but the body: watches stay open for as long as the operation runs.
func transport(roots *x509.CertPool) *http.Transport {
	//nolint:forbidigo // the guard is for addresses that people give; this one comes from the kubelet
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ResponseHeaderTimeout:  60 * time.Second, // admission webhooks may take 30 s
		MaxResponseHeaderBytes: 64 << 10,
		IdleConnTimeout:        90 * time.Second,
	}
}

// noRedirect refuses redirects, which client-go would follow with our token.
type noRedirect struct{ next http.RoundTripper }

// RoundTrip sends a request once.
func (n noRedirect) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(req)
	if err != nil {
		return nil, err //nolint:wrapcheck // a transport hands errors on
	}
	if resp.Header.Get("Location") != "" && resp.StatusCode >= 300 && resp.StatusCode < 400 {
		return nil, errors.Join(errors.New("the API server answers with a redirect"), resp.Body.Close())
	}
	return resp, nil
}

// warnings hands the API server's warnings on, such as those of Pod Security.
type warnings func(string)

// HandleWarningHeader takes one warning; 299 is the only code that the API server uses.
func (w warnings) HandleWarningHeader(code int, _, text string) {
	if code == 299 && text != "" {
		w(text)
	}
}
