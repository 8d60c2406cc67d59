package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// newNamespace is a namespace of the test's own, with labels if given.
func newNamespace(t *testing.T, labels map[string]string) string {
	t.Helper()
	namespaces := shared.client.CoreV1().Namespaces()
	ns, err := namespaces.Create(t.Context(), &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "test-", Labels: labels},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := namespaces.Delete(context.WithoutCancel(t.Context()), ns.Name, metav1.DeleteOptions{})
		if err != nil {
			t.Error(err)
		}
	})
	eventually(t, func(ctx context.Context) error {
		_, err := shared.client.CoreV1().ServiceAccounts(ns.Name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return ns.Name
}

func template(labels map[string]string) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: labels},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: "example.org/app:1"}}},
	}
}

func newPod(name string, change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{}},
		Spec:       template(nil).Spec,
	}
	if change != nil {
		change(p)
	}
	return p
}

func createPod(t *testing.T, ns string, p *corev1.Pod) *corev1.Pod {
	t.Helper()
	p, err := shared.client.CoreV1().Pods(ns).Create(t.Context(), p, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// describe is what `kubectl get pod` shows, or nearly.
func describe(p *corev1.Pod) string {
	parts := []string{string(p.Status.Phase), p.Status.Reason}
	for _, c := range p.Status.ContainerStatuses {
		switch s := c.State; {
		case s.Running != nil:
			parts = append(parts, fmt.Sprintf("running ready=%t", c.Ready))
		case s.Terminated != nil:
			parts = append(parts, fmt.Sprintf("%s(%d)", s.Terminated.Reason, s.Terminated.ExitCode))
		case s.Waiting != nil:
			parts = append(parts, s.Waiting.Reason)
		}
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

// awaitPod waits until a pod is described by a text.
func awaitPod(t *testing.T, ns, name, want string) *corev1.Pod {
	t.Helper()
	var p *corev1.Pod
	eventually(t, func(ctx context.Context) error {
		var err error
		if p, err = shared.client.CoreV1().Pods(ns).Get(ctx, name, metav1.GetOptions{}); err != nil {
			return err
		}
		if got := describe(p); got != want {
			return fmt.Errorf("pod %s is %q, want %q", name, got, want)
		}
		return nil
	})
	return p
}
