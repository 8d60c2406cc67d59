package pod

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// phase sums the containers up.
func (l *Lifecycle) phase(pod *corev1.Pod) corev1.PodPhase {
	if phase := pod.Status.Phase; phase == corev1.PodSucceeded || phase == corev1.PodFailed {
		return phase
	}
	if l.ended() {
		return l.finalPhase()
	}
	for _, c := range l.inits {
		if c.once && !c.succeeded() {
			return corev1.PodPending
		}
	}
	for _, c := range l.mains {
		if c.run == nil {
			return corev1.PodPending
		}
	}
	return corev1.PodRunning
}

// finalPhase is that of a pod of which nothing runs any more.
func (l *Lifecycle) finalPhase() corev1.PodPhase {
	if l.killed != "" {
		return corev1.PodFailed
	}
	for _, c := range l.inits {
		if c.once && !c.succeeded() {
			return corev1.PodFailed
		}
	}
	for _, c := range l.mains {
		if !c.succeeded() {
			return corev1.PodFailed
		}
	}
	return corev1.PodSucceeded
}

// conditions sets the kubelet's conditions in a status whose phase and
// containers are set.
func (l *Lifecycle) conditions(s *session, status *corev1.PodStatus) {
	set := func(kind corev1.PodConditionType, truth bool, reason, message string) {
		setCondition(s, status, corev1.PodCondition{Type: kind, Status: conditionStatus(truth), Reason: reason, Message: message})
	}
	if find(status.Conditions, corev1.PodScheduled) == nil {
		set(corev1.PodScheduled, true, "", "")
	}
	set(corev1.PodReadyToStartContainers, !l.ended(), "", "")
	switch status.Phase {
	case corev1.PodSucceeded:
		set(corev1.PodInitialized, true, "PodCompleted", "")
		set(corev1.PodReady, false, "PodCompleted", "")
		set(corev1.ContainersReady, false, "PodCompleted", "")
		return
	case corev1.PodFailed:
		incomplete := l.incomplete()
		set(corev1.PodInitialized, incomplete == "", reasonOf(incomplete, "ContainersNotInitialized"), incomplete)
		set(corev1.PodReady, false, "PodFailed", "")
		set(corev1.ContainersReady, false, "PodFailed", "")
		return
	default:
	}
	incomplete, unready := l.incomplete(), l.unready()
	set(corev1.PodInitialized, incomplete == "", reasonOf(incomplete, "ContainersNotInitialized"), incomplete)
	set(corev1.ContainersReady, unready == "", reasonOf(unready, "ContainersNotReady"), unready)
	if gates := missingGates(s.pod, status); unready == "" && gates != "" {
		set(corev1.PodReady, false, "ReadinessGatesNotReady", gates)
		return
	}
	set(corev1.PodReady, unready == "", reasonOf(unready, "ContainersNotReady"), unready)
}

// incomplete names the init containers that still have to do their part.
func (l *Lifecycle) incomplete() string {
	var names []string
	for _, c := range l.inits {
		if c.once && !c.succeeded() || !c.once && c.run == nil {
			names = append(names, c.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("containers with incomplete status: %v", names)
}

// unready names the containers that are not ready.
func (l *Lifecycle) unready() string {
	var names []string
	for _, c := range l.all() {
		if !c.once && (c.step != stepRun || !c.ready) {
			names = append(names, c.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("containers with unready status: %v", names)
}

func missingGates(pod *corev1.Pod, status *corev1.PodStatus) string {
	var messages []string
	for _, gate := range pod.Spec.ReadinessGates {
		condition := find(status.Conditions, gate.ConditionType)
		switch {
		case condition == nil:
			messages = append(messages, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", gate.ConditionType))
		case condition.Status != corev1.ConditionTrue:
			messages = append(messages, fmt.Sprintf("the status of pod readiness gate %q is not \"True\", but %s",
				gate.ConditionType, condition.Status))
		}
	}
	return strings.Join(messages, ", ")
}

// setCondition keeps the time of a condition that stays as it is.
func setCondition(s *session, status *corev1.PodStatus, condition corev1.PodCondition) {
	condition.ObservedGeneration = s.pod.Generation
	condition.LastTransitionTime = stamp(s.now)
	old := find(status.Conditions, condition.Type)
	if old == nil {
		status.Conditions = append(status.Conditions, condition)
		return
	}
	if old.Status == condition.Status {
		condition.LastTransitionTime = old.LastTransitionTime
	}
	*old = condition
}

func find(conditions []corev1.PodCondition, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}

func conditionStatus(truth bool) corev1.ConditionStatus {
	if truth {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

// reasonOf is reason if there is a message to go with it.
func reasonOf(message, reason string) string {
	if message == "" {
		return ""
	}
	return reason
}
