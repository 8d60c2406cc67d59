package installpod

import (
	"context"
	"errors"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

const (
	// leaseMargin is how long beyond the operation's deadline its lease is
	// held: to collect and clean up.
	leaseMargin = 10 * time.Minute
	// clockSkew is how far the clocks of two holders may differ.
	clockSkew = time.Minute
)

// takeLease makes the application's lease for this operation, or finds that it
// was made already. A lease that nobody can hold any more is replaced: one of
// our own earlier operations, or one that has run out.
func (j job) takeLease(ctx context.Context, now time.Time) (metav1.OwnerReference, error) {
	lease := manifest.InstallLease(j.spec, now, j.spec.Remaining+leaseMargin)
	for range 3 {
		taken := lease.DeepCopy()
		err := j.Create(ctx, taken)
		if err == nil {
			return leaseOwner(taken), nil
		}
		if !errors.Is(err, kube.ErrExists) {
			return metav1.OwnerReference{}, fmt.Errorf("take the lease: %w", err)
		}
		var held coordinationv1.Lease
		err = j.Get(ctx, lease.Namespace, lease.Name, &held)
		switch {
		case apperr.CodeOf(err) == apperr.ClusterNotFound:
			continue
		case err != nil:
			return metav1.OwnerReference{}, fmt.Errorf("read the lease: %w", err)
		case j.holds(held):
			return leaseOwner(&held), nil
		case !j.mine(&held) && !runOut(held, now):
			return metav1.OwnerReference{}, apperr.Of(apperr.OperationForeign)
		}
		if err := j.deleteObject(ctx, &held); err != nil {
			return metav1.OwnerReference{}, fmt.Errorf("replace the lease: %w", err)
		}
	}
	return metav1.OwnerReference{}, apperr.Of(apperr.ClusterConflict)
}

func (j job) holds(lease coordinationv1.Lease) bool {
	holder := lease.Spec.HolderIdentity
	return holder != nil && *holder == manifest.InstallHolder(j.spec.Installation, j.spec.Operation)
}

func runOut(lease coordinationv1.Lease, now time.Time) bool {
	if lease.Spec.RenewTime == nil || lease.Spec.LeaseDurationSeconds == nil {
		return true
	}
	held := time.Duration(*lease.Spec.LeaseDurationSeconds) * time.Second
	return now.After(lease.Spec.RenewTime.Add(held + clockSkew))
}

// giveLease gives the lease up, if this operation holds it.
func (j job) giveLease(ctx context.Context, op application.Operation) error {
	var held coordinationv1.Lease
	err := j.Get(ctx, application.PodNamespace, manifest.InstallLeaseName(op.Entry.Name), &held)
	if apperr.CodeOf(err) == apperr.ClusterNotFound || err == nil && !j.holds(held) {
		return nil
	}
	if err != nil {
		return err
	}
	return j.deleteObject(ctx, &held)
}

// deleteObject deletes exactly this object.
func (j job) deleteObject(ctx context.Context, obj kube.Object) error {
	ref, err := kube.RefOf(obj)
	if err != nil {
		return err
	}
	return j.Delete(ctx, ref, kube.DeleteOptions{UID: string(obj.GetUID())})
}

func leaseOwner(l *coordinationv1.Lease) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: coordinationv1.SchemeGroupVersion.String(), Kind: "Lease", Name: l.Name, UID: l.UID}
}
