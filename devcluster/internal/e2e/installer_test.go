package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// installPod is a pod as the product makes it: restricted, with files.
func installPod(mode string, change func(*corev1.Pod)) *corev1.Pod {
	user, yes, no := int64(65532), true, false
	return newPod("install-"+mode, func(p *corev1.Pod) {
		p.Spec.RestartPolicy = corev1.RestartPolicyNever
		p.Spec.SecurityContext = &corev1.PodSecurityContext{
			RunAsNonRoot: &yes, RunAsUser: &user, RunAsGroup: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		}
		p.Spec.Volumes = []corev1.Volume{{Name: "request", VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "request"}},
		}}}
		p.Spec.Containers = []corev1.Container{{
			Name: "installer", Image: "mirror.example.org:5000/roadstead/installer:v1.2.3", Args: []string{mode},
			Env:          []corev1.EnvVar{{Name: "GREETING", Value: "hello"}},
			VolumeMounts: []corev1.VolumeMount{{Name: "request", MountPath: "/etc/request"}},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: &no, ReadOnlyRootFilesystem: &yes,
				Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}}
		if change != nil {
			change(p)
		}
	})
}

func newInstallNamespace(t *testing.T) string {
	t.Helper()
	ns := newNamespace(t, map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	_, err := shared.client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "request"}, Data: map[string]string{"chart": "web"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func TestInstallerRuns(t *testing.T) {
	t.Parallel()
	ns := newInstallNamespace(t)
	createPod(t, ns, installPod("report", nil))
	p := awaitPod(t, ns, "install-report", "Failed Error(7)")
	if got := p.Status.ContainerStatuses[0].State.Terminated.Message; got != "the verdict" {
		t.Errorf("termination message %q", got)
	}
	want := "greeting: hello\n" +
		"/var/run/secrets/kubernetes.io/serviceaccount/namespace: " + ns + " <nil>\n" +
		"/etc/request/chart: web <nil>\n" +
		"user: 65532\n" +
		"who am i: system:serviceaccount:" + ns + ":default\n"
	if diff := cmp.Diff(want, readLog(t, ns, p.Name, corev1.PodLogOptions{})); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestInstallerIsStopped(t *testing.T) {
	t.Parallel()
	ns := newInstallNamespace(t)
	pods := shared.client.CoreV1().Pods(ns)
	grace := int64(1)
	for _, mode := range []string{"sleep", "deaf"} {
		p := createPod(t, ns, installPod(mode, nil))
		awaitPod(t, ns, p.Name, "Running running ready=true")
		if err := pods.Delete(t.Context(), p.Name, metav1.DeleteOptions{GracePeriodSeconds: &grace}); err != nil {
			t.Fatal(err)
		}
		eventually(t, func(ctx context.Context) error {
			_, err := pods.Get(ctx, p.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				return nil
			}
			return fmt.Errorf("pod %s is still there (%w)", p.Name, err)
		})
	}
}

func TestInstallerPassesItsDeadline(t *testing.T) {
	t.Parallel()
	ns := newInstallNamespace(t)
	seconds := int64(1)
	p := createPod(t, ns, installPod("sleep", func(p *corev1.Pod) { p.Spec.ActiveDeadlineSeconds = &seconds }))
	awaitPod(t, ns, p.Name, "Failed DeadlineExceeded Completed(0)")
	if got := readLog(t, ns, p.Name, corev1.PodLogOptions{}); got != "sleeping\nwoken\n" {
		t.Errorf("log %q", got)
	}
}

func TestInstallerWithoutItsFilesWaits(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	p := createPod(t, ns, installPod("report", nil))
	eventually(t, func(ctx context.Context) error {
		events, err := shared.client.CoreV1().Events(ns).List(ctx, metav1.ListOptions{FieldSelector: "reason=FailedMount"})
		if err == nil && len(events.Items) == 0 {
			err = errors.New("no event tells what the pod waits for")
		}
		return err
	})
	awaitPod(t, ns, p.Name, "Pending ContainerCreating")
	if _, err := shared.client.CoreV1().ConfigMaps(ns).Create(t.Context(), &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "request"}, Data: map[string]string{"chart": "web"},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	awaitPod(t, ns, p.Name, "Failed Error(7)")
}
