package cluster

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is the connection. It is what Helm calls a RESTClientGetter, and has the clients that we use beside.
type Cluster struct {
	Typed   kubernetes.Interface
	Dynamic dynamic.Interface

	config    *rest.Config
	namespace string
	discovery discovery.CachedDiscoveryInterface
	mapper    meta.ResettableRESTMapper
}

// Connect makes the clients; it calls nobody. Warnings of the API server are handed to warn.
func Connect(a Address, namespace string, warn func(string)) (*Cluster, error) {
	config, err := restConfig(a, warn)
	if err != nil {
		return nil, err
	}
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the client: %w", err)
	}
	untyped, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making the dynamic client: %w", err)
	}
	cached := memory.NewMemCacheClient(typed.Discovery())
	return &Cluster{
		Typed:     typed,
		Dynamic:   untyped,
		config:    config,
		namespace: namespace,
		discovery: cached,
		mapper:    restmapper.NewDeferredDiscoveryRESTMapper(cached),
	}, nil
}

// Version asks the API server for its version, such as "v1.37.2".
func (c *Cluster) Version() (string, error) {
	v, err := c.Typed.Discovery().ServerVersion()
	if err != nil {
		return "", fmt.Errorf("asking for the version: %w", err)
	}
	return v.GitVersion, nil
}

// Refresh forgets which kinds there are, after new ones were defined.
func (c *Cluster) Refresh() {
	c.discovery.Invalidate()
	c.mapper.Reset()
}

// ToRESTConfig returns a copy of the configuration.
func (c *Cluster) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(c.config), nil }

// ToDiscoveryClient returns the client that knows which kinds there are.
func (c *Cluster) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	return c.discovery, nil
}

// ToRESTMapper returns what maps kinds to addresses.
func (c *Cluster) ToRESTMapper() (meta.RESTMapper, error) {
	return restmapper.NewShortcutExpander(c.mapper, c.discovery, nil), nil
}

// ToRawKubeConfigLoader returns the only part of a kubeconfig that Helm asks for: the namespace.
func (c *Cluster) ToRawKubeConfigLoader() clientcmd.ClientConfig {
	return namespaceOnly{config: c.config, namespace: c.namespace}
}
