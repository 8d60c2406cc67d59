package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestVersionIsStamped(t *testing.T) {
	t.Parallel()
	version, err := shared.client.Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := shared.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "v1.37.2"
	if version.GitVersion != want || version.Minor != "37" {
		t.Errorf("the API server is %s, minor %s", version.GitVersion, version.Minor)
	}
	if len(nodes.Items) != 2 || nodes.Items[0].Status.NodeInfo.KubeletVersion != want {
		t.Errorf("nodes: %d, the first of version %s", len(nodes.Items), nodes.Items[0].Status.NodeInfo.KubeletVersion)
	}
}

// TestWorkloadsBecomeReady covers every kind that makes pods which run on.
func TestWorkloadsBecomeReady(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	labels := map[string]string{"app": "web"}
	selector := &metav1.LabelSelector{MatchLabels: labels}
	replicas := int32(3)
	apps := shared.client.AppsV1()
	_, err := apps.Deployments(ns).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       appsv1.DeploymentSpec{Replicas: &replicas, Selector: selector, Template: template(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = apps.StatefulSets(ns).Create(t.Context(), &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "db"},
		Spec:       appsv1.StatefulSetSpec{Replicas: &replicas, Selector: selector, Template: template(labels), ServiceName: "db"},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = apps.DaemonSets(ns).Create(t.Context(), &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: "agent"},
		Spec:       appsv1.DaemonSetSpec{Selector: selector, Template: template(labels)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		deployment, err1 := apps.Deployments(ns).Get(ctx, "web", metav1.GetOptions{})
		set, err2 := apps.StatefulSets(ns).Get(ctx, "db", metav1.GetOptions{})
		daemons, err3 := apps.DaemonSets(ns).Get(ctx, "agent", metav1.GetOptions{})
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		got := []int32{deployment.Status.AvailableReplicas, set.Status.ReadyReplicas, daemons.Status.NumberReady}
		if diff := cmp.Diff([]int32{3, 3, 2}, got); diff != "" {
			return fmt.Errorf("ready pods of deployment, stateful set and daemon set: %v", got)
		}
		return nil
	})
	pods, err := shared.client.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	addresses := map[string]string{}
	for _, p := range pods.Items {
		if other, taken := addresses[p.Status.PodIP]; taken {
			t.Errorf("%s and %s have the same address %s", other, p.Name, p.Status.PodIP)
		}
		addresses[p.Status.PodIP] = p.Name
	}
}

func TestJobs(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	for name, want := range map[string]batchv1.JobConditionType{"good": batchv1.JobComplete, "bad": batchv1.JobFailed} {
		once := int32(0)
		job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: batchv1.JobSpec{BackoffLimit: &once, Template: template(nil)}}
		job.Spec.Template.Spec.RestartPolicy = corev1.RestartPolicyNever
		if want == batchv1.JobFailed {
			job.Spec.Template.Annotations = map[string]string{"devcluster.roadstead.dev/fail": "exit-3"}
		}
		if _, err := shared.client.BatchV1().Jobs(ns).Create(t.Context(), job, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, func(ctx context.Context) error {
			job, err := shared.client.BatchV1().Jobs(ns).Get(ctx, name, metav1.GetOptions{})
			if err != nil {
				return err
			}
			for _, c := range job.Status.Conditions {
				if c.Type == want && c.Status == corev1.ConditionTrue {
					return nil
				}
			}
			return fmt.Errorf("job %s is not %s: %+v", name, want, job.Status.Conditions)
		})
	}
}

func TestFailuresOnRequest(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	cases := map[string]struct {
		annotation, tag, want string
	}{
		"image-pull":  {"image-pull", "1", "Pending ImagePullBackOff"},
		"crash-loop":  {"crash-loop", "1", "Running CrashLoopBackOff"},
		"exit-5":      {"exit-5", "1", "Running CrashLoopBackOff"},
		"never-ready": {"never-ready", "1", "Running running ready=false"},
		"tag-pull":    {"", "fail-pull", "Pending ImagePullBackOff"},
		"tag-crash":   {"", "fail-crash", "Running CrashLoopBackOff"},
		"tag-unready": {"", "never-ready", "Running running ready=false"},
		"no-failure":  {"", "1", "Running running ready=true"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			createPod(t, ns, newPod(name, func(p *corev1.Pod) {
				p.Annotations["devcluster.roadstead.dev/fail"] = c.annotation
				p.Spec.Containers[0].Image = "example.org/app:" + c.tag
			}))
			awaitPod(t, ns, name, c.want)
		})
	}
}

// TestNamespaceTerminates pins that pods in it are stopped and go away.
func TestNamespaceTerminates(t *testing.T) {
	t.Parallel()
	namespaces := shared.client.CoreV1().Namespaces()
	ns, err := namespaces.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "gone-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := shared.client.CoreV1().Pods(ns.Name).Create(ctx, newPod("app", nil), metav1.CreateOptions{})
		return err
	})
	awaitPod(t, ns.Name, "app", "Running running ready=true")
	if err := namespaces.Delete(t.Context(), ns.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func(ctx context.Context) error {
		_, err := namespaces.Get(ctx, ns.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("the namespace is still there (%w)", err)
	})
}
