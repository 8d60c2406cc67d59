package e2e

import (
	"bufio"
	"io"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func openLog(t *testing.T, ns, pod string, options corev1.PodLogOptions) io.ReadCloser {
	t.Helper()
	stream, err := shared.client.CoreV1().Pods(ns).GetLogs(pod, &options).Stream(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stream.Close() })
	return stream
}

func readLog(t *testing.T, ns, pod string, options corev1.PodLogOptions) string {
	t.Helper()
	data, err := io.ReadAll(openLog(t, ns, pod, options))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestFollow pins that lines come one by one while the pod runs, and that the
// stream ends with it.
func TestFollow(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	createPod(t, ns, newPod("app", nil))
	awaitPod(t, ns, "app", "Running running ready=true")
	lines := bufio.NewScanner(openLog(t, ns, "app", corev1.PodLogOptions{Follow: true}))
	for _, want := range []string{"started", "line=1", "line=2"} {
		if !lines.Scan() || !strings.Contains(lines.Text(), want) {
			t.Fatalf("got line %q, want one with %q", lines.Text(), want)
		}
	}
	if err := shared.client.CoreV1().Pods(ns).Delete(t.Context(), "app", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // until the end
	}
	if err := lines.Err(); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
}

func TestLogOptions(t *testing.T) {
	t.Parallel()
	ns := newNamespace(t, nil)
	createPod(t, ns, newPod("job", func(p *corev1.Pod) {
		p.Spec.RestartPolicy = corev1.RestartPolicyNever
		p.Annotations["devcluster.roadstead.dev/log"] = "one\ntwo\nthree\n"
	}))
	awaitPod(t, ns, "job", "Succeeded Completed(0)")
	last, bytes := int64(1), int64(5)
	for name, c := range map[string]struct {
		options corev1.PodLogOptions
		want    string
	}{
		"all":   {corev1.PodLogOptions{}, "one\ntwo\nthree\n"},
		"tail":  {corev1.PodLogOptions{TailLines: &last}, "three\n"},
		"limit": {corev1.PodLogOptions{LimitBytes: &bytes}, "one\nt"},
	} {
		if got := readLog(t, ns, "job", c.options); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
