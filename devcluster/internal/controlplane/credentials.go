//go:build !race

package controlplane

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/roadstead/roadstead/devcluster/internal/pki"
)

// credentials is every key and certificate of the cluster, as files under dir.
// The authorities' own keys are not among them.
type credentials struct {
	dir        string
	authority  *pki.Authority
	frontProxy *pki.Authority
}

// newCredentials makes the authorities and writes all pairs but those of
// kubeconfigs, which embed theirs. host is where the API server listens.
func newCredentials(dir, host string) (*credentials, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the key folder: %w", err)
	}
	authority, err := pki.NewAuthority("devcluster-ca")
	if err != nil {
		return nil, err
	}
	frontProxy, err := pki.NewAuthority("devcluster-front-proxy-ca")
	if err != nil {
		return nil, err
	}
	c := &credentials{dir: dir, authority: authority, frontProxy: frontProxy}
	if err := c.writePairs(host); err != nil {
		return nil, err
	}
	return c, c.writeRest()
}

func (c *credentials) writePairs(host string) error {
	pairs := []struct {
		base string
		make func() (pki.Pair, error)
	}{
		{"apiserver", func() (pki.Pair, error) {
			return c.authority.Server("kube-apiserver", apiServerNames(host)...)
		}},
		{"kubelet-client", func() (pki.Pair, error) {
			return c.authority.Client(KubeletClient, "system:masters")
		}},
		{"front-proxy", func() (pki.Pair, error) {
			return c.frontProxy.Client(frontProxyClient)
		}},
	}
	for _, p := range pairs {
		pair, err := p.make()
		if err != nil {
			return err
		}
		if err := pair.Write(c.path(p.base)); err != nil {
			return err
		}
	}
	return nil
}

func (c *credentials) writeRest() error {
	signing, err := pki.SigningKey()
	if err != nil {
		return err
	}
	for name, data := range map[string][]byte{
		"ca.crt":              c.authority.CertPEM(),
		"front-proxy-ca.crt":  c.frontProxy.CertPEM(),
		"service-account.key": signing,
	} {
		if err := os.WriteFile(c.path(name), data, 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

func (c *credentials) path(name string) string { return filepath.Join(c.dir, name) }

// apiServerNames is where clients may find the API server: where it listens, on
// loopback, under the names of the Service "kubernetes", and at its address.
func apiServerNames(host string) []string {
	return []string{
		host, loopback, "::1", "localhost", serviceAddress,
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
	}
}
