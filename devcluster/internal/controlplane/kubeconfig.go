//go:build !race

package controlplane

import (
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// clusterName is the name of cluster, context and user in every kubeconfig.
const clusterName = "devcluster"

// writeKubeconfig stores a kubeconfig at path that authenticates user of
// groups by a client certificate, everything embedded.
func (c *credentials) writeKubeconfig(path, server, user string, groups ...string) error {
	pair, err := c.authority.Client(user, groups...)
	if err != nil {
		return err
	}
	config := api.NewConfig()
	config.Clusters[clusterName] = &api.Cluster{Server: server, CertificateAuthorityData: c.authority.CertPEM()}
	config.AuthInfos[clusterName] = &api.AuthInfo{ClientCertificateData: pair.CertPEM, ClientKeyData: pair.KeyPEM}
	config.Contexts[clusterName] = &api.Context{Cluster: clusterName, AuthInfo: clusterName}
	config.CurrentContext = clusterName
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write the kubeconfig of %s: %w", user, err)
	}
	return nil
}

// writeWebhook stores how the API server calls the webhook that reviews bearer
// tokens, and returns the flags for it; none without a webhook. What it said is
// kept for a second: a test that ends an access sees that at once.
func (c *credentials) writeWebhook(url string) (flags []string, err error) {
	if url == "" {
		return nil, nil
	}
	config, path := api.NewConfig(), c.path("token-webhook.kubeconfig")
	config.Clusters[clusterName] = &api.Cluster{Server: url}
	config.Contexts[clusterName] = &api.Context{Cluster: clusterName}
	config.CurrentContext = clusterName
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return nil, fmt.Errorf("write the kubeconfig of the token webhook: %w", err)
	}
	return []string{
		"--authentication-token-webhook-config-file=" + path,
		"--authentication-token-webhook-version=v1",
		"--authentication-token-webhook-cache-ttl=1s",
	}, nil
}

// restConfig is a client configuration of user with no rate limit of its own
// and the compact encoding.
func (c *credentials) restConfig(server, user string, groups ...string) (*rest.Config, error) {
	pair, err := c.authority.Client(user, groups...)
	if err != nil {
		return nil, err
	}
	return &rest.Config{
		Host: server,
		TLSClientConfig: rest.TLSClientConfig{
			CAData: c.authority.CertPEM(), CertData: pair.CertPEM, KeyData: pair.KeyPEM,
		},
		ContentConfig: rest.ContentConfig{
			ContentType:        "application/vnd.kubernetes.protobuf",
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
		},
		QPS:       -1,
		UserAgent: user,
	}, nil
}
