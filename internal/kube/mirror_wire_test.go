package kube

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const wireSecret = "hunter2"

// fullPod has every field that a row is made of, and text that must not be kept.
func fullPod() corev1.Pod {
	yes, always := true, corev1.ContainerRestartPolicyAlways
	now := metav1.NewTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "shop", Name: "web-1", UID: "u-1", ResourceVersion: "42", CreationTimestamp: now, DeletionTimestamp: &now,
			Labels:          map[string]string{appLabel: "chart", "other": wireSecret},
			Annotations:     map[string]string{appAnnotation: "acme-shop", "other": wireSecret},
			OwnerReferences: []metav1.OwnerReference{{Kind: "ReplicaSet", Name: "web", UID: wireSecret, Controller: &yes}},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: wireSecret}},
		},
		Spec: corev1.PodSpec{
			NodeName: "node-1", ServiceAccountName: wireSecret,
			InitContainers: []corev1.Container{{Name: "proxy", RestartPolicy: &always, Image: wireSecret}},
			Containers: []corev1.Container{
				{Name: "web", Args: []string{wireSecret}, Env: []corev1.EnvVar{{Name: "A", Value: wireSecret}}},
			},
		},
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, PodIP: "10.0.0.1", Message: wireSecret,
			Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: wireSecret},
			},
			InitContainerStatuses: []corev1.ContainerStatus{{Name: "proxy", Ready: true, RestartCount: 300}},
			ContainerStatuses: []corev1.ContainerStatus{{
				Name: "web", RestartCount: 2, Image: wireSecret,
				State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 137, Reason: "OOMKilled", Message: wireSecret}},
			}},
		},
	}
}

func podList() *corev1.PodList {
	remaining := int64(7)
	leaving, waiting, pending, evicted := fullPod(), fullPod(), fullPod(), fullPod()
	for _, p := range []*corev1.Pod{&waiting, &pending, &evicted} {
		p.DeletionTimestamp = nil
	}
	waiting.Status.ContainerStatuses[0].State = corev1.ContainerState{
		Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: wireSecret},
	}
	pending.Status.ContainerStatuses = nil
	evicted.Status.Reason = "Evicted"
	return &corev1.PodList{
		ListMeta: metav1.ListMeta{ResourceVersion: "99", Continue: "more", RemainingItemCount: &remaining},
		Items:    []corev1.Pod{leaving, waiting, pending, evicted, {}},
	}
}

func TestMaskKeepsWhatRowsAreMadeOfAndNothingElse(t *testing.T) {
	t.Parallel()
	list := podList()
	whole, err := list.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := podListMask().strip(nil, whole)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(kept, []byte(wireSecret)) {
		t.Error("something is kept that no row holds")
	}
	var got corev1.PodList
	if err := got.Unmarshal(kept); err != nil {
		t.Fatal(err)
	}
	want := listing(list, list.Items, podItem)
	if diff := cmp.Diff(want, listing(&got, got.Items, podItem)); diff != "" {
		t.Errorf("rows (-whole +masked):\n%s", diff)
	}
}

func TestMaskKeepsDeployments(t *testing.T) {
	t.Parallel()
	three := int32(3)
	list := &appsv1.DeploymentList{Items: []appsv1.Deployment{{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "5", Generation: 9},
		Spec: appsv1.DeploymentSpec{
			Replicas: &three,
			Template: corev1.PodTemplateSpec{Spec: fullPod().Spec},
		},
		Status: appsv1.DeploymentStatus{
			ObservedGeneration: 8, Replicas: 7, UpdatedReplicas: 4, ReadyReplicas: 3, AvailableReplicas: 2,
			Conditions: []appsv1.DeploymentCondition{{Message: wireSecret}},
		},
	}}}
	whole, err := list.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := deploymentListMask().strip(nil, whole)
	if err != nil || bytes.Contains(kept, []byte(wireSecret)) {
		t.Fatalf("kept %q, %v", kept, err)
	}
	var got appsv1.DeploymentList
	if err := got.Unmarshal(kept); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(deploymentItem(&list.Items[0]), deploymentItem(&got.Items[0])); diff != "" {
		t.Errorf("row (-whole +masked):\n%s", diff)
	}
}

// FuzzMask feeds what a hostile server could send. What can be masked at all
// must come to the same rows as when it is decoded whole.
func FuzzMask(f *testing.F) {
	whole, err := podList().Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{0x12, 0xff, 0xff, 0xff, 0xff, 0x0f})
	f.Add([]byte{0x0b})
	f.Fuzz(func(t *testing.T, data []byte) {
		kept, err := podListMask().strip(nil, data)
		if err != nil {
			return
		}
		var list, masked corev1.PodList
		err = masked.Unmarshal(kept)
		if list.Unmarshal(data) != nil {
			return
		}
		if err != nil {
			t.Fatalf("what is kept does not decode: %v", err)
		}
		if diff := cmp.Diff(listing(&list, list.Items, podItem), listing(&masked, masked.Items, podItem)); diff != "" {
			t.Errorf("rows (-whole +masked):\n%s", diff)
		}
	})
}
