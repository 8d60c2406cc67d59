package installpod

import (
	"context"
	"fmt"
	"strconv"

	coordinationv1 "k8s.io/api/coordination/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

// kind is a kind of object that operations make.
type kind struct {
	schema.GroupVersionKind
	// namespace limits the search; empty means the whole cluster.
	namespace string
}

// kinds are all kinds that operations make, those with rights first.
func kinds() []kind {
	rbac := func(k string) schema.GroupVersionKind { return rbacv1.SchemeGroupVersion.WithKind(k) }
	core := func(k string) schema.GroupVersionKind { return schema.GroupVersionKind{Version: "v1", Kind: k} }
	return []kind{
		{rbac("ClusterRoleBinding"), ""},
		{rbac("RoleBinding"), ""},
		{rbac("Role"), ""},
		{core("ServiceAccount"), application.PodNamespace},
		{core("Secret"), application.PodNamespace},
		{core(application.Pod), application.PodNamespace},
		{coordinationv1.SchemeGroupVersion.WithKind("Lease"), application.PodNamespace},
	}
}

// Leftovers implements application.Runner.
func (r *Runner) Leftovers(ctx context.Context, clusterID int64) ([]application.Leftover, error) {
	j, err := r.jobOf(ctx, application.Operation{ClusterID: clusterID})
	if err != nil {
		return nil, err
	}
	var left []application.Leftover
	for _, k := range kinds() {
		found, err := j.leftovers(ctx, k)
		if err != nil {
			return nil, fmt.Errorf("list what operations left: %w", err)
		}
		left = append(left, found...)
	}
	return left, nil
}

func (j job) leftovers(ctx context.Context, k kind) ([]application.Leftover, error) {
	list := func() *metav1.PartialObjectMetadataList {
		l := &metav1.PartialObjectMetadataList{}
		l.SetGroupVersionKind(k.GroupVersion().WithKind(k.Kind + "List"))
		return l
	}
	options := kube.ListOptions{
		Namespace: k.namespace,
		Labels:    manifest.OperationLabel + "," + manifest.InstallationLabel + "=" + j.spec.Installation,
	}
	var left []application.Leftover
	for page, err := range kube.Pages(ctx, j.Client, list, options) {
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			if o := &page.Items[i]; j.mine(o) {
				left = append(left, leftover(k, o))
			}
		}
	}
	return left, nil
}

func leftover(k kind, o *metav1.PartialObjectMetadata) application.Leftover {
	// What is not a number is no operation of ours: zero finds none.
	id, _ := strconv.ParseInt(o.Annotations[manifest.OperationIDAnnotation], 10, 64)
	return application.Leftover{
		Kind: k.Kind, Namespace: o.Namespace, Name: o.Name, UID: string(o.UID),
		OperationID: id, Token: o.Labels[manifest.OperationLabel],
	}
}

// Remove implements application.Runner.
func (r *Runner) Remove(ctx context.Context, clusterID int64, l application.Leftover) error {
	j, err := r.jobOf(ctx, application.Operation{ClusterID: clusterID})
	if err != nil {
		return err
	}
	for _, k := range kinds() {
		if k.Kind == l.Kind {
			return j.Delete(ctx, kube.Ref{Group: k.Group, Kind: l.Kind, Namespace: l.Namespace, Name: l.Name},
				kube.DeleteOptions{UID: l.UID})
		}
	}
	return fmt.Errorf("remove a leftover of the unknown kind %q", l.Kind)
}
