package kube

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/workload"
)

const (
	// appAnnotation and appLabel say which application an object belongs to:
	// the first is written by deployments from a project, the second by charts.
	appAnnotation = "app.gitlab.com/app"
	appLabel      = "app.kubernetes.io/name"

	// longestName is the longest name of an object, in bytes; longestWord bounds the
	// other words that a cluster writes.
	longestName = 253
	longestWord = 128
)

// podItem trims a pod to the row that is kept. Whatever is not named here is
// dropped: environment values, arguments and annotations above all.
func podItem(p *corev1.Pod) workload.Item[workload.Pod] {
	ref := refOf(&p.ObjectMeta)
	row := workload.Pod{
		Namespace: ref.Namespace,
		Name:      ref.Name,
		UID:       word(string(p.UID)),
		Phase:     word(string(p.Status.Phase)),
		Reason:    word(podReason(p)),
		Node:      name(p.Spec.NodeName),
		IP:        word(p.Status.PodIP),
		App:       appOf(&p.ObjectMeta),
		CreatedAt: p.CreationTimestamp.UTC(),
	}
	row.Ready, row.Containers, row.Restarts = containersOf(p)
	if owner := metav1.GetControllerOfNoCopy(p); owner != nil {
		row.OwnerKind, row.OwnerName = word(owner.Kind), name(owner.Name)
	}
	return workload.Item[workload.Pod]{Ref: ref, Version: versionOf(p.ResourceVersion), Row: row}
}

// containersOf counts the containers that run beside each other: the plain
// ones, and those init containers that go on running.
func containersOf(p *corev1.Pod) (ready, all, restarts int) {
	sidecars := map[string]bool{}
	for i := range p.Spec.InitContainers {
		c := &p.Spec.InitContainers[i]
		if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			sidecars[c.Name] = true
		}
	}
	count := func(s *corev1.ContainerStatus) {
		if s.Ready {
			ready++
		}
		restarts += max(0, int(s.RestartCount))
	}
	for i := range p.Status.InitContainerStatuses {
		if s := &p.Status.InitContainerStatuses[i]; sidecars[s.Name] {
			count(s)
		}
	}
	for i := range p.Status.ContainerStatuses {
		count(&p.Status.ContainerStatuses[i])
	}
	return ready, len(p.Spec.Containers) + len(sidecars), restarts
}

// podReason is what keeps a pod from running, in the cluster's one word, empty
// when nothing does.
func podReason(p *corev1.Pod) string {
	switch {
	case p.DeletionTimestamp != nil:
		return "Terminating"
	case p.Status.Reason != "":
		return p.Status.Reason
	}
	for _, statuses := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		if reason := containerReason(statuses); reason != "" {
			return reason
		}
	}
	for i := range p.Status.Conditions {
		c := &p.Status.Conditions[i]
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return c.Reason
		}
	}
	return ""
}

// containerReason prefers what is wrong over what is merely not done yet.
func containerReason(statuses []corev1.ContainerStatus) string {
	starting, failed := "", ""
	for i := range statuses {
		state := &statuses[i].State
		switch {
		case state.Waiting != nil && isStarting(state.Waiting.Reason):
			starting = state.Waiting.Reason
		case state.Waiting != nil && state.Waiting.Reason != "":
			return state.Waiting.Reason
		case state.Terminated != nil && state.Terminated.ExitCode != 0:
			failed = state.Terminated.Reason
		}
	}
	if failed != "" {
		return failed
	}
	return starting
}

func isStarting(reason string) bool {
	return reason == "ContainerCreating" || reason == "PodInitializing"
}

// deploymentItem trims a deployment to the row that is kept.
func deploymentItem(d *appsv1.Deployment) workload.Item[workload.Deployment] {
	ref := refOf(&d.ObjectMeta)
	row := workload.Deployment{
		Namespace: ref.Namespace,
		Name:      ref.Name,
		UID:       word(string(d.UID)),
		Wanted:    1, // what an API server makes of a missing number
		Updated:   max(0, int(d.Status.UpdatedReplicas)),
		Ready:     max(0, int(d.Status.ReadyReplicas)),
		Available: max(0, int(d.Status.AvailableReplicas)),
		Outdated:  d.Status.ObservedGeneration < d.Generation,
		App:       appOf(&d.ObjectMeta),
		CreatedAt: d.CreationTimestamp.UTC(),
	}
	if d.Spec.Replicas != nil {
		row.Wanted = max(0, int(*d.Spec.Replicas))
	}
	return workload.Item[workload.Deployment]{Ref: ref, Version: versionOf(d.ResourceVersion), Row: row}
}

func refOf(m *metav1.ObjectMeta) workload.Ref {
	return workload.Ref{Namespace: name(m.Namespace), Name: name(m.Name)}
}

func appOf(m *metav1.ObjectMeta) string {
	if app := m.Annotations[appAnnotation]; app != "" {
		return word(app)
	}
	return word(m.Labels[appLabel])
}

func name(s string) string { return cleaned(s, longestName) }
func word(s string) string { return cleaned(s, longestWord) }

// cleaned is apperr.Clean with a short way for what needs no cleaning, which is
// nearly everything in a list of thousands.
func cleaned(s string, maxBytes int) string {
	if len(s) > maxBytes {
		return string(apperr.Clean(s, maxBytes))
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return string(apperr.Clean(s, maxBytes))
		}
	}
	return s
}
