package release

import (
	"context"
	"regexp"
	"strings"

	"github.com/fluxcd/cli-utils/pkg/kstatus/polling/event"
	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
)

// Reasons of ours, for pods that the cluster refuses to create.
const (
	reasonPodSecurity = "PodSecurity"
	reasonQuota       = "ExceededQuota"
)

// explain finds one word on why an object is not ready. The word comes from the cluster and is kept only if it
// has the form of a reason.
func (l *lookup) explain(ctx context.Context, rs *event.ResourceStatus) missing {
	m := missing{Object: named(rs.Identifier), failed: rs.Status == status.FailedStatus}
	if rs.Resource == nil {
		m.Reason = word(string(rs.Status))
		return m
	}
	own := ownReason(rs.Resource)
	pod := podsReason(rs.GeneratedResources)
	m.crashed = m.failed && pod != "" && own != "ProgressDeadlineExceeded"
	m.Reason = word(pod)
	if m.Reason == "" {
		m.Reason = word(own)
	}
	if refusal := l.refusal(ctx, rs.Resource); refusal != "" {
		m.Reason, m.refused = refusal, refusal == reasonPodSecurity
	}
	return m
}

// ownReason is what the object's own status says.
func ownReason(u *unstructured.Unstructured) string {
	if c := condition(u, "Failed"); c != nil { // of a Job
		return c.reason
	}
	result, err := status.Compute(u)
	if err != nil || len(result.Conditions) == 0 {
		return ""
	}
	return result.Conditions[0].Reason
}

// podsReason is what the first of the object's pods with a complaint says.
func podsReason(generated event.ResourceStatuses) string {
	for _, g := range generated {
		if g.Resource == nil {
			continue
		}
		if g.Resource.GetKind() == "Pod" {
			if reason := podReason(g.Resource); reason != "" {
				return reason
			}
		}
		if reason := podsReason(g.GeneratedResources); reason != "" {
			return reason
		}
	}
	return ""
}

// podReason is why a pod's container waits, or why the pod has no node.
func podReason(pod *unstructured.Unstructured) string {
	for _, list := range []string{"initContainerStatuses", "containerStatuses"} {
		containers, _, _ := unstructured.NestedSlice(pod.Object, "status", list)
		for _, c := range containers {
			state, _ := c.(map[string]any)
			reason, _, _ := unstructured.NestedString(state, "state", "waiting", "reason")
			if reason != "" && reason != "ContainerCreating" && reason != "PodInitializing" {
				return reason
			}
		}
	}
	if c := conditionOf(pod, "PodScheduled"); c != nil && c.status == "False" {
		return c.reason
	}
	return ""
}

// refusal reports why pods of an object are not even created: a condition of a Deployment says it, and events
// of other kinds do. Where we may not read events nothing is known.
func (l *lookup) refusal(ctx context.Context, u *unstructured.Unstructured) string {
	if c := condition(u, "ReplicaFailure"); c != nil {
		return refusalIn(c.message)
	}
	switch u.GetKind() {
	case "DaemonSet", "StatefulSet", "Job":
	default:
		return ""
	}
	events, err := l.cluster.Typed.CoreV1().Events(u.GetNamespace()).List(ctx, metav1.ListOptions{
		FieldSelector: fields.Set{"involvedObject.uid": string(u.GetUID()), "reason": "FailedCreate"}.String(),
		Limit:         1,
	})
	if err != nil || len(events.Items) == 0 {
		return ""
	}
	return refusalIn(events.Items[0].Message)
}

func refusalIn(message string) string {
	switch {
	case strings.Contains(message, "violates PodSecurity"):
		return reasonPodSecurity
	case strings.Contains(message, "exceeded quota"):
		return reasonQuota
	}
	return ""
}

// cond is one condition in an object's status.
type cond struct{ status, reason, message string }

// condition returns a condition that holds.
func condition(u *unstructured.Unstructured, kind string) *cond {
	if c := conditionOf(u, kind); c != nil && c.status == "True" {
		return c
	}
	return nil
}

// conditionOf returns a condition, whether it holds or not.
func conditionOf(u *unstructured.Unstructured, kind string) *cond {
	list, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, item := range list {
		fields, _ := item.(map[string]any)
		if fields["type"] != kind {
			continue
		}
		c := &cond{}
		c.status, _ = fields["status"].(string)
		c.reason, _ = fields["reason"].(string)
		c.message, _ = fields["message"].(string)
		return c
	}
	return nil
}

// word returns a reason if it has the form of one, else nothing.
func word(s string) string {
	if len(s) > 40 || !regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`).MatchString(s) {
		return ""
	}
	return s
}
