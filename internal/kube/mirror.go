package kube

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"github.com/roadstead/roadstead/internal/workload"
)

// PodSource lists and watches pods for the mirror.
type PodSource struct{ Clients *Clients }

// List implements workload.Source.
func (s PodSource) List(
	ctx context.Context, key workload.Key, token string, limit int,
) (workload.Listing[workload.Pod], error) {
	var list corev1.PodList
	if err := listPage(ctx, s.Clients, key, token, limit, &list, podListMask()); err != nil {
		return workload.Listing[workload.Pod]{}, err
	}
	return listing(&list, list.Items, podItem), nil
}

// Watch implements workload.Source.
func (s PodSource) Watch(
	ctx context.Context, key workload.Key, version string, sink func(workload.Event[workload.Pod]) error,
) error {
	return watchItems(ctx, s.Clients, key, version, podItem, sink)
}

// DeploymentSource lists and watches deployments for the mirror.
type DeploymentSource struct{ Clients *Clients }

// List implements workload.Source.
func (s DeploymentSource) List(
	ctx context.Context, key workload.Key, token string, limit int,
) (workload.Listing[workload.Deployment], error) {
	var list appsv1.DeploymentList
	if err := listPage(ctx, s.Clients, key, token, limit, &list, deploymentListMask()); err != nil {
		return workload.Listing[workload.Deployment]{}, err
	}
	return listing(&list, list.Items, deploymentItem), nil
}

// Watch implements workload.Source.
func (s DeploymentSource) Watch(
	ctx context.Context, key workload.Key, version string, sink func(workload.Event[workload.Deployment]) error,
) error {
	return watchItems(ctx, s.Clients, key, version, deploymentItem, sink)
}

// maskedList is a list that can be decoded in part.
type maskedList interface {
	List
	protobufMessage
}

func listPage(
	ctx context.Context, clients *Clients, key workload.Key, token string, limit int, into maskedList, m *mask,
) error {
	c, err := clients.For(ctx, key.Cluster)
	if err != nil {
		return err
	}
	o := ListOptions{Namespace: key.Scope, Limit: int64(limit), Continue: token}
	return expired(c.pageBy(ctx, into, o, func(r rest.Result) error { return decodeMasked(r, into, m) }))
}

// listing trims a page. Nothing of it refers to the page, which can go.
func listing[T, R any](list List, objects []T, item func(*T) workload.Item[R]) workload.Listing[R] {
	page := workload.Listing[R]{
		Items: make([]workload.Item[R], len(objects)), Next: list.GetContinue(), Version: list.GetResourceVersion(),
	}
	if remaining := list.GetRemainingItemCount(); remaining != nil {
		page.Remaining = max(0, *remaining)
	}
	for i := range objects {
		page.Items[i] = item(&objects[i])
	}
	return page
}

// watchItems follows one connection of a watch to its end.
func watchItems[T any, P objectOf[T], R any](
	ctx context.Context, clients *Clients, key workload.Key, version string,
	item func(P) workload.Item[R], sink func(workload.Event[R]) error,
) error {
	c, err := clients.For(ctx, key.Cluster)
	if err != nil {
		return err
	}
	opened := func() error { return sink(workload.Event[R]{Type: workload.Opened}) }
	err = follow[T, P](ctx, c, WatchOptions{Namespace: key.Scope, ResourceVersion: version}, opened, func(e Event[T]) error {
		return sink(itemEvent(e, item))
	})
	switch {
	case errors.Is(err, errReplaced):
		return workload.ErrExpired // a version of one cluster says nothing to another
	case err != nil:
		return expired(err)
	}
	return ctx.Err()
}

func itemEvent[T any, P objectOf[T], R any](event Event[T], item func(P) workload.Item[R]) workload.Event[R] {
	e := workload.Event[R]{Type: workload.Changed, Version: event.ResourceVersion}
	if event.Type == watch.Bookmark {
		e.Type = workload.Bookmark
		return e
	}
	if event.Type == watch.Deleted {
		e.Type = workload.Removed
	}
	e.Item = item(event.Object)
	return e
}

// expired translates the one failure that a follower acts on by itself.
func expired(err error) error {
	if errors.Is(err, ErrExpired) {
		return fmt.Errorf("%w: %w", workload.ErrExpired, err)
	}
	return err
}

// versionOf is a resource version as a number, zero when it is none.
func versionOf(resourceVersion string) int64 {
	n, err := strconv.ParseInt(resourceVersion, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
