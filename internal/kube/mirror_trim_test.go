package kube

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/workload"
)

func TestPodIsTrimmedToItsRow(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	yes, always := true, corev1.ContainerRestartPolicyAlways
	secret := "hunter2"
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web-1", UID: "u-1", ResourceVersion: "42", CreationTimestamp: metav1.NewTime(created),
			Labels:      map[string]string{appLabel: "chart"},
			Annotations: map[string]string{appAnnotation: "acme-shop", "kubectl.kubernetes.io/last-applied-configuration": secret},
			OwnerReferences: []metav1.OwnerReference{
				{Kind: "Node", Name: "other"}, {Kind: "ReplicaSet", Name: "web", Controller: &yes},
			},
		},
		Spec: corev1.PodSpec{
			NodeName: "node-1",
			InitContainers: []corev1.Container{
				{Name: "setup"}, {Name: "proxy", RestartPolicy: &always},
			},
			Containers: []corev1.Container{
				{Name: "web", Args: []string{secret}, Env: []corev1.EnvVar{{Name: "PASSWORD", Value: secret}}}, {Name: "log"},
			},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.1", Message: secret,
			InitContainerStatuses: []corev1.ContainerStatus{{Name: "setup", RestartCount: 9}, {Name: "proxy", Ready: true, RestartCount: 1}},
			ContainerStatuses:     []corev1.ContainerStatus{{Name: "web", Ready: true, RestartCount: 2}, {Name: "log", RestartCount: -5}},
		},
	}
	want := workload.Item[workload.Pod]{
		Ref: workload.Ref{Namespace: "shop", Name: "web-1"}, Version: 42,
		Row: workload.Pod{
			Namespace: "shop", Name: "web-1", UID: "u-1", Phase: "Running", Ready: 2, Containers: 3, Restarts: 3,
			Node: "node-1", IP: "10.0.0.1", App: "acme-shop", OwnerKind: "ReplicaSet", OwnerName: "web", CreatedAt: created,
		},
	}
	if diff := cmp.Diff(want, podItem(pod)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	delete(pod.Annotations, appAnnotation)
	if got := podItem(pod).Row.App; got != "chart" {
		t.Errorf("application of a pod from a chart: %q", got)
	}
}

func TestPodReason(t *testing.T) {
	t.Parallel()
	waiting := func(reason string) corev1.ContainerStatus {
		return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}
	}
	ended := func(code int32, reason string) corev1.ContainerStatus {
		return corev1.ContainerStatus{State: corev1.ContainerState{
			Terminated: &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason},
		}}
	}
	unscheduled := corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable"}
	for name, test := range map[string]struct {
		status corev1.PodStatus
		want   string
	}{
		"healthy":         {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Ready: true}}}, ""},
		"done":            {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{ended(0, "Completed")}}, ""},
		"evicted":         {corev1.PodStatus{Reason: "Evicted"}, "Evicted"},
		"no image":        {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{waiting("ImagePullBackOff")}}, "ImagePullBackOff"},
		"killed":          {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{ended(137, "OOMKilled")}}, "OOMKilled"},
		"wrong and early": {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{waiting("ContainerCreating"), waiting("CrashLoopBackOff")}}, "CrashLoopBackOff"},
		"early":           {corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{waiting("ContainerCreating")}}, "ContainerCreating"},
		"failing setup": {corev1.PodStatus{
			InitContainerStatuses: []corev1.ContainerStatus{waiting("CrashLoopBackOff")},
			ContainerStatuses:     []corev1.ContainerStatus{waiting("PodInitializing")},
		}, "CrashLoopBackOff"},
		"no node":   {corev1.PodStatus{Conditions: []corev1.PodCondition{unscheduled}}, "Unschedulable"},
		"has text":  {corev1.PodStatus{Reason: "\x1b[31mred\u202e\n"}, "red "},
		"very long": {corev1.PodStatus{Reason: strings.Repeat("x", 1000)}, strings.Repeat("x", longestWord)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := podItem(&corev1.Pod{Status: test.status}).Row.Reason; got != test.want {
				t.Errorf("reason = %q, want %q", got, test.want)
			}
		})
	}
	now := metav1.Now()
	leaving := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{DeletionTimestamp: &now}}
	if got := podItem(leaving).Row.Reason; got != "Terminating" {
		t.Errorf("reason of a pod that is being deleted: %q", got)
	}
}

func TestDeploymentIsTrimmedToItsRow(t *testing.T) {
	t.Parallel()
	three := int32(3)
	d := &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "not a number", Generation: 2,
			Labels: map[string]string{appLabel: "chart"},
		},
		Spec: appsv1.DeploymentSpec{Replicas: &three},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 1, UpdatedReplicas: 2, ReadyReplicas: 1, AvailableReplicas: 1,
		},
	}
	want := workload.Item[workload.Deployment]{
		Ref: workload.Ref{Namespace: "shop", Name: "web"},
		Row: workload.Deployment{
			Namespace: "shop", Name: "web", UID: "u", Wanted: 3, Updated: 2, Ready: 1, Available: 1, Outdated: true, App: "chart",
		},
	}
	if diff := cmp.Diff(want, deploymentItem(d)); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	d.Spec.Replicas, d.Status.ObservedGeneration = nil, 2
	if got := deploymentItem(d).Row; got.Wanted != 1 || got.Outdated {
		t.Errorf("without a number of replicas: %+v", got)
	}
}
