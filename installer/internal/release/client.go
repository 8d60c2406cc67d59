package release

import (
	"errors"
	"io"

	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// client is Helm's client with our way of waiting, and with what Helm needs to remove a release properly: a
// memory of why deleting failed, since Helm says only that it did, and leniency towards objects whose kind is
// gone, and they with it.
type client struct {
	*kube.Client
	waiter *waiter
	rights *rights

	removing  bool
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

// Build makes a list of the objects in a manifest.
func (c *client) Build(manifest io.Reader, validate bool) (kube.ResourceList, error) {
	list, err := c.Client.Build(manifest, validate)
	if c.removing && err != nil && utilerrors.FilterOut(err, meta.IsNoMatchError) == nil {
		c.waiter.log.Runningf("some kinds of objects are gone: %v", err)
		return list, nil
	}
	return list, err //nolint:wrapcheck // Helm says what it was doing
}

// Create creates objects that we may follow.
func (c *client) Create(list kube.ResourceList, options ...kube.ClientCreateOption) (*kube.Result, error) {
	if err := c.rights.follow(c.waiter.ctx, list); err != nil {
		return nil, err
	}
	return c.Client.Create(list, options...) //nolint:wrapcheck // Helm says what it was doing
}

// Update makes objects of one list those of another that we may follow.
func (c *client) Update(from, to kube.ResourceList, options ...kube.ClientUpdateOption) (*kube.Result, error) {
	if err := c.rights.follow(c.waiter.ctx, to); err != nil {
		return &kube.Result{}, err
	}
	return c.Client.Update(from, to, options...) //nolint:wrapcheck // Helm says what it was doing
}

// Delete deletes objects that we may follow, and keeps the errors.
func (c *client) Delete(list kube.ResourceList, p metav1.DeletionPropagation) (*kube.Result, []error) {
	if err := c.rights.follow(c.waiter.ctx, list); err != nil {
		c.deleteErr = err
		return nil, []error{err}
	}
	result, errs := c.Client.Delete(list, p)
	c.deleteErr = errors.Join(append(errs, c.deleteErr)...)
	return result, errs
}
