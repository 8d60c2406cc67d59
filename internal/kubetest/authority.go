package kubetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http/httptest"
	"testing"
	"time"
)

// authority signs the certificates of one stub.
type authority struct {
	t    testing.TB
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

// leaf says how a certificate differs from a good one for loopback.
type leaf struct {
	name    string    // instead of loopback
	expired time.Time // when it ended; zero: it is good for an hour
	from    string    // text in every field that is shown to nobody
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kubetest"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{t: t, cert: cert, key: key, pem: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) sign(t testing.TB, l leaf) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "api " + l.from, Organization: []string{l.from}},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}, DNSNames: []string{"localhost"},
	}
	if l.name != "" {
		template.IPAddresses, template.DNSNames = nil, []string{l.name}
	}
	if !l.expired.IsZero() {
		template.NotAfter = l.expired
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// Expired makes the stub show a certificate that ended an hour ago.
func Expired(s *httptest.Server, a *authority) {
	s.TLS.Certificates = []tls.Certificate{a.sign(a.t, leaf{expired: time.Now().Add(-time.Hour)})}
}

// OtherHost makes the stub show a certificate for another name.
func OtherHost(name string) Option {
	return func(s *httptest.Server, a *authority) {
		s.TLS.Certificates = []tls.Certificate{a.sign(a.t, leaf{name: name, from: name})}
	}
}

// OldTLS makes the stub speak TLS 1.1 at most.
func OldTLS(s *httptest.Server, _ *authority) {
	s.TLS.MinVersion, s.TLS.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
}

// Rotate makes the stub show certificates of another authority from now on, and returns the PEM of that one.
// Connections that are open stay so.
func (s *Server) Rotate() (ca []byte) {
	s.t.Helper()
	next := newAuthority(s.t)
	config := s.http.TLS.Clone()
	config.Certificates = []tls.Certificate{next.sign(s.t, leaf{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.next = config
	return next.pem
}

// rotated is the configuration that Rotate made; nil leaves it at the stub's own.
func (s *Server) rotated(*tls.ClientHelloInfo) (*tls.Config, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.next, nil
}
