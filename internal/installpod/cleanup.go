package installpod

import (
	"context"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

// Cleanup implements application.Runner. A pod that still runs goes first, so
// that it can say goodbye with the rights it had; then the rights; the lease
// goes last, so that nobody else begins before.
func (r *Runner) Cleanup(ctx context.Context, op application.Operation, keepPod bool) error {
	j, err := r.jobOf(ctx, op)
	if err != nil {
		return err
	}
	if err := j.removePod(ctx, keepPod); err != nil {
		return fmt.Errorf("remove the install pod: %w", err)
	}
	if err := j.removeObjects(ctx); err != nil {
		return fmt.Errorf("remove the rights of the install pod: %w", err)
	}
	if err := j.giveLease(ctx, op); err != nil {
		return fmt.Errorf("give the lease up: %w", err)
	}
	return nil
}

// removePod deletes the operation's pod. One that has ended may be kept.
func (j job) removePod(ctx context.Context, keep bool) error {
	facts, err := j.observe(ctx)
	if err != nil || !facts.Found || facts.Ended && keep {
		return err
	}
	return j.Delete(ctx, kube.Ref{
		Kind: application.Pod, Namespace: application.PodNamespace, Name: manifest.InstallPodName(j.spec.Operation),
	}, kube.DeleteOptions{UID: facts.UID})
}

// removeObjects deletes by names that no other operation uses.
func (j job) removeObjects(ctx context.Context) error {
	op := j.spec.Operation
	name, there := manifest.InstallObjectName(op), op.Entry.Namespace
	refs := []kube.Ref{
		{Group: rbacv1.GroupName, Kind: "RoleBinding", Namespace: there, Name: name},
		{Group: rbacv1.GroupName, Kind: "Role", Namespace: there, Name: name},
		{Kind: "ServiceAccount", Namespace: application.PodNamespace, Name: name},
		{Kind: "Secret", Namespace: application.PodNamespace, Name: name},
	}
	if op.Entry.Rights.Level != application.RightsNamespaced {
		refs = append(refs, kube.Ref{Group: rbacv1.GroupName, Kind: "ClusterRoleBinding", Name: name})
	}
	if op.Action == application.Uninstall && op.Code == "" {
		refs = append(refs, kube.Ref{
			Kind: "ConfigMap", Namespace: application.PodNamespace, Name: manifest.InstallValuesName(op.Entry.Name),
		})
	}
	calls := make([]func() error, 0, len(refs))
	for _, ref := range refs {
		calls = append(calls, func() error { return j.Delete(ctx, ref, kube.DeleteOptions{}) })
	}
	return together(calls...)
}
