package installpod

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

// Prepare implements application.Runner. The lease comes before all else, so
// that nobody else's operation is disturbed, and owns the account and the
// Secret until the pod does: what is made after the operation has ended goes
// away by itself, because its owner is gone.
func (r *Runner) Prepare(ctx context.Context, spec application.RunSpec) error {
	j, err := r.job(ctx, spec)
	if err != nil {
		return err
	}
	if err := together(
		func() error { return j.ensure(ctx, manifest.InstallNamespace()) },
		func() error { return j.ensureReleaseNamespace(ctx) },
	); err != nil {
		return err
	}
	lease, err := j.takeLease(ctx, r.config.Now())
	if err != nil {
		return err
	}
	return j.applyObjects(ctx, lease)
}

// applyObjects makes the operation's own objects.
func (j job) applyObjects(ctx context.Context, owner metav1.OwnerReference) error {
	calls := []func() error{
		func() error { return j.applyOwned(ctx, owner) },
		func() error { return j.apply(ctx, manifest.InstallValues(j.spec)) },
	}
	if binding := manifest.InstallClusterRoleBinding(j.spec); binding != nil {
		calls = append(calls, func() error { return j.apply(ctx, binding) })
	}
	if j.spec.Operation.Entry.Rights.Level != application.RightsClusterAdmin {
		calls = append(calls,
			func() error { return j.apply(ctx, manifest.InstallRole(j.spec)) },
			func() error { return j.apply(ctx, manifest.InstallRoleBinding(j.spec)) })
	}
	return together(calls...)
}

// applyOwned makes the objects that go with their owner, or hands them over to
// a new one.
func (j job) applyOwned(ctx context.Context, owner metav1.OwnerReference) error {
	secret, err := manifest.InstallSecret(j.spec, owner)
	if err != nil {
		return fmt.Errorf("build the Secret: %w", err)
	}
	return together(
		func() error { return j.apply(ctx, manifest.InstallAccount(j.spec, owner)) },
		func() error { return j.apply(ctx, secret) },
	)
}

func (j job) apply(ctx context.Context, obj kube.Object) error {
	_, err := j.Apply(ctx, obj)
	return err
}

// ensure makes a namespace unless it exists. An existing one is left as it is.
func (j job) ensure(ctx context.Context, ns *corev1.Namespace) error {
	var there corev1.Namespace
	err := j.Get(ctx, "", ns.Name, &there)
	switch {
	case err == nil && there.DeletionTimestamp != nil:
		return apperr.Of(apperr.NamespaceTerminating)
	case apperr.CodeOf(err) == apperr.ClusterNotFound:
		err = j.Create(ctx, ns)
	}
	if errors.Is(err, kube.ErrExists) {
		return nil
	}
	return err
}

// ensureReleaseNamespace makes the release's namespace, or brings one that was
// made for this application up to date. Any other one is not ours to use.
func (j job) ensureReleaseNamespace(ctx context.Context) error {
	e := j.spec.Operation.Entry
	if e.Namespace == application.PodNamespace {
		return nil
	}
	var ns corev1.Namespace
	err := j.Get(ctx, "", e.Namespace, &ns)
	if apperr.CodeOf(err) == apperr.ClusterNotFound {
		err = j.Create(ctx, manifest.ReleaseNamespace(e, ""))
		if !errors.Is(err, kube.ErrExists) {
			return err
		}
		err = j.Get(ctx, "", e.Namespace, &ns)
	}
	switch {
	case err != nil:
		return err
	case ns.DeletionTimestamp != nil:
		return apperr.Of(apperr.NamespaceTerminating)
	case ns.Annotations[application.ApplicationAnnotation] != e.Name:
		return apperr.Of(apperr.NamespaceForeign)
	}
	wanted := manifest.ReleaseNamespace(e, string(ns.UID))
	if holds(ns.Labels, wanted.Labels) {
		return nil
	}
	return j.apply(ctx, wanted)
}

func holds(has, want map[string]string) bool {
	for key, value := range want {
		if has[key] != value {
			return false
		}
	}
	return true
}
