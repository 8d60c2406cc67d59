package pki

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
)

// Pair is a certificate and its private key, both as PEM.
type Pair struct {
	CertPEM []byte
	KeyPEM  []byte
}

// TLS is the pair in the form that crypto/tls uses.
func (p Pair) TLS() (tls.Certificate, error) {
	cert, err := tls.X509KeyPair(p.CertPEM, p.KeyPEM)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("load a key pair: %w", err)
	}
	return cert, nil
}

// Write stores the pair as base.crt and base.key, readable by the owner only.
func (p Pair) Write(base string) error {
	if err := os.WriteFile(base+".crt", p.CertPEM, 0o600); err != nil {
		return fmt.Errorf("write a certificate: %w", err)
	}
	if err := os.WriteFile(base+".key", p.KeyPEM, 0o600); err != nil {
		return fmt.Errorf("write a private key: %w", err)
	}
	return nil
}

// SigningKey makes a private key for signatures without a certificate, as the
// API server needs for service account tokens.
func SigningKey() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("generate a signing key: %w", err)
	}
	return keyPEM(key)
}

func keyPEM(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}), nil
}
