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

// Start implements application.Runner.
func (r *Runner) Start(ctx context.Context, spec application.RunSpec) (string, error) {
	j, err := r.job(ctx, spec)
	if err != nil {
		return "", err
	}
	pod, err := j.createPod(ctx)
	if errors.Is(err, application.ErrPodInTheWay) {
		pod, err = j.createPod(ctx) // an ended pod goes at once
	}
	if err != nil {
		return "", err
	}
	owner := metav1.OwnerReference{APIVersion: "v1", Kind: application.Pod, Name: pod.Name, UID: pod.UID}
	if err := j.applyOwned(ctx, owner); err != nil {
		return "", fmt.Errorf("hand over to the pod: %w", err)
	}
	return string(pod.UID), nil
}

// createPod makes the pod once: the one that has its name is either the pod
// itself, or an earlier one of ours that must go first, or not ours.
func (j job) createPod(ctx context.Context) (*corev1.Pod, error) {
	pod := manifest.InstallPod(j.spec)
	err := j.Create(ctx, pod)
	if err == nil {
		return pod, nil
	}
	if !errors.Is(err, kube.ErrExists) {
		return nil, refusal(err)
	}
	var there corev1.Pod
	err = j.Get(ctx, pod.Namespace, pod.Name, &there)
	switch {
	case apperr.CodeOf(err) == apperr.ClusterNotFound:
		return nil, application.ErrPodInTheWay
	case err != nil:
		return nil, err
	case j.ofOperation(&there):
		return &there, nil
	case !j.mine(&there):
		return nil, apperr.Of(apperr.OperationForeign)
	}
	if err := j.deleteObject(ctx, &there); err != nil {
		return nil, fmt.Errorf("replace an earlier install pod: %w", err)
	}
	return nil, application.ErrPodInTheWay
}

// refusal tells a pod that the cluster does not accept from a call that went
// wrong. Our right to create pods was checked before, so what forbids is Pod
// Security, a policy or a quota.
func refusal(err error) error {
	switch apperr.CodeOf(err) {
	case apperr.ClusterForbidden, apperr.ClusterInvalid:
		return apperr.Of(apperr.PodRefused).With(err)
	default:
		return err
	}
}
