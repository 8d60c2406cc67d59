package installpod

import (
	"context"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

// Observe implements application.Runner.
func (r *Runner) Observe(ctx context.Context, op application.Operation) (application.PodFacts, error) {
	j, err := r.jobOf(ctx, op)
	if err != nil {
		return application.PodFacts{}, err
	}
	return j.observe(ctx)
}

func (j job) observe(ctx context.Context) (application.PodFacts, error) {
	var pod corev1.Pod
	err := j.Get(ctx, application.PodNamespace, manifest.InstallPodName(j.spec.Operation), &pod)
	if apperr.CodeOf(err) == apperr.ClusterNotFound {
		return application.PodFacts{}, nil
	}
	if err != nil {
		return application.PodFacts{}, fmt.Errorf("read the install pod: %w", err)
	}
	return j.facts(&pod), nil
}

// facts reads what matters of the operation's pod. Another operation's pod of
// the same name is none.
func (j job) facts(pod *corev1.Pod) application.PodFacts {
	op := j.spec.Operation
	if !j.ofOperation(pod) || op.PodUID != "" && op.PodUID != string(pod.UID) {
		return application.PodFacts{}
	}
	facts := application.PodFacts{
		Found: true, UID: string(pod.UID), CreatedAt: pod.CreationTimestamp.UTC(),
		Scheduled: pod.Spec.NodeName != "", Reason: pod.Status.Reason,
		Ended: pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed,
	}
	for _, c := range pod.Status.Conditions {
		facts.Disrupted = facts.Disrupted || c.Type == corev1.DisruptionTarget && c.Status == corev1.ConditionTrue
	}
	for _, c := range pod.Status.ContainerStatuses {
		if c.Name == manifest.InstallContainer {
			container(&facts, c.State)
		}
	}
	return facts
}

// container adds what the container's state says. A node may call a pod failed
// before its container has ended and said how.
func container(facts *application.PodFacts, state corev1.ContainerState) {
	switch {
	case state.Terminated != nil:
		facts.Started, facts.Ended = true, true
		facts.ExitCode, facts.Message = state.Terminated.ExitCode, state.Terminated.Message
		if facts.Reason == "" {
			facts.Reason = state.Terminated.Reason
		}
	case state.Running != nil:
		facts.Started, facts.Ended = true, false
	case state.Waiting != nil:
		facts.Waiting = state.Waiting.Reason
	}
}

// Watch implements application.Runner.
func (r *Runner) Watch(ctx context.Context, op application.Operation, seen func(application.PodFacts)) error {
	j, err := r.jobOf(ctx, op)
	if err != nil {
		return err
	}
	for {
		err := j.watch(ctx, seen)
		if !errors.Is(err, kube.ErrExpired) {
			return err
		}
	}
}

// watch reports the pod as it is, then as it changes. It returns nil when the
// pod has ended or is gone.
func (j job) watch(ctx context.Context, seen func(application.PodFacts)) error {
	only := "metadata.name=" + manifest.InstallPodName(j.spec.Operation)
	var now corev1.PodList
	if err := j.Page(ctx, &now, kube.ListOptions{Namespace: application.PodNamespace, Fields: only}); err != nil {
		return fmt.Errorf("read the install pod: %w", err)
	}
	var facts application.PodFacts
	for i := range now.Items {
		facts = j.facts(&now.Items[i])
	}
	if seen(facts); over(facts) {
		return nil
	}
	options := kube.WatchOptions{Namespace: application.PodNamespace, Fields: only, ResourceVersion: now.ResourceVersion}
	for event, err := range kube.Watch[corev1.Pod](ctx, j.Client, options) {
		if err != nil {
			return err
		}
		if event.Type == watch.Bookmark {
			continue
		}
		facts := j.facts(event.Object)
		if event.Type == watch.Deleted {
			facts = application.PodFacts{}
		}
		if seen(facts); over(facts) {
			return nil
		}
	}
	return ctx.Err()
}

func over(facts application.PodFacts) bool { return !facts.Found || facts.Ended }

// Log implements application.Runner.
func (r *Runner) Log(ctx context.Context, op application.Operation, follow bool) (io.ReadCloser, error) {
	j, err := r.jobOf(ctx, op)
	if err != nil {
		return nil, err
	}
	// Logs are read by name: another pod's must not be taken for this one's.
	facts, err := j.observe(ctx)
	if err != nil {
		return nil, err
	}
	if !facts.Found {
		return nil, apperr.Of(apperr.ClusterNotFound)
	}
	return j.PodLog(ctx, application.PodNamespace, manifest.InstallPodName(op), manifest.InstallContainer,
		kube.LogOptions{Follow: follow})
}
