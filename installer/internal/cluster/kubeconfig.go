package cluster

import (
	"errors"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// namespaceOnly stands where Helm's libraries expect a kubeconfig. There is none.
type namespaceOnly struct {
	config    *rest.Config
	namespace string
}

// RawConfig has nothing to give.
func (namespaceOnly) RawConfig() (clientcmdapi.Config, error) {
	return clientcmdapi.Config{}, errors.New("there is no kubeconfig in an install pod")
}

// ClientConfig returns a copy of the configuration.
func (n namespaceOnly) ClientConfig() (*rest.Config, error) { return rest.CopyConfig(n.config), nil }

// Namespace returns the release's namespace; it is not overridden by anything.
func (n namespaceOnly) Namespace() (string, bool, error) { return n.namespace, false, nil }

// ConfigAccess has nothing to give.
func (namespaceOnly) ConfigAccess() clientcmd.ConfigAccess { return nil }
