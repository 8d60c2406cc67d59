package release

import (
	"errors"

	"helm.sh/helm/v4/pkg/kube"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// client is Helm's client with our way of waiting, and with a memory of why deleting failed: Helm only says
// that it did.
type client struct {
	*kube.Client
	waiter *waiter

	deleteErr error
}

var (
	_ kube.Interface            = (*client)(nil)
	_ kube.InterfaceWaitOptions = (*client)(nil)
)

// GetWaiter returns our way of waiting, which has one strategy.
func (c *client) GetWaiter(kube.WaitStrategy) (kube.Waiter, error) { return c.waiter, nil }

// GetWaiterWithOptions returns our way of waiting, which has no options.
func (c *client) GetWaiterWithOptions(kube.WaitStrategy, ...kube.WaitOption) (kube.Waiter, error) {
	return c.waiter, nil
}

// Delete deletes objects and keeps the errors.
func (c *client) Delete(list kube.ResourceList, p metav1.DeletionPropagation) (*kube.Result, []error) {
	result, errs := c.Client.Delete(list, p)
	c.deleteErr = errors.Join(append(errs, c.deleteErr)...)
	return result, errs
}
