package simulate

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// startRun starts a container now, in a pod with annotations given in pairs.
func startRun(t *testing.T, annotations ...string) pod.Run {
	t.Helper()
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "shop", Annotations: map[string]string{}},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyAlways,
			Containers:    []corev1.Container{{Name: "app", Image: "example.org/app:1"}},
		},
	}
	for i := 0; i < len(annotations); i += 2 {
		p.Annotations[annotations[i]] = annotations[i+1]
	}
	run, err := Runtime{}.Start(t.Context(), pod.Start{Pod: p, Container: &p.Spec.Containers[0], At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// read returns the messages of a log's lines.
func read(t *testing.T, run pod.Run, options logs.Options) []string {
	t.Helper()
	options.Limit = -1
	var out strings.Builder
	if err := logs.Copy(t.Context(), &out, func() {}, run.Log(), options); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(out.String()) {
		_, message, _ := strings.Cut(line, "msg=")
		lines = append(lines, strings.TrimSpace(message))
	}
	return lines
}

const started = `"started" pod=shop/web container=app image=example.org/app:1`

func TestLogGrowsWithTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		run := startRun(t)
		<-time.After(2500 * time.Millisecond)
		want := []string{started, `"still running" line=1`, `"still running" line=2`}
		if diff := cmp.Diff(want, read(t, run, logs.Options{Tail: -1})); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		<-time.After(1000 * time.Hour)
		want = []string{`"still running" line=3600001`, `"still running" line=3600002`}
		if diff := cmp.Diff(want, read(t, run, logs.Options{Tail: 2})); diff != "" {
			t.Errorf("last lines (-want +got):\n%s", diff)
		}
	})
}

func TestFollowedLogEndsWithTheRun(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		annotations []string
		stop        time.Duration
		want        []string
	}{
		"by itself": {[]string{AnnotationRunFor, "1500ms", AnnotationFail, "exit-4"}, 0, []string{
			started, `"still running" line=1`, `"exiting" code=4`,
		}},
		"stopped": {nil, 2500 * time.Millisecond, []string{
			started, `"still running" line=1`, `"still running" line=2`, `"exiting" code=0`,
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				run := startRun(t, c.annotations...)
				if c.stop > 0 {
					go func() {
						<-time.After(c.stop)
						run.Stop(time.Now(), time.Minute)
					}()
				}
				if diff := cmp.Diff(c.want, read(t, run, logs.Options{Follow: true, Tail: -1})); diff != "" {
					t.Errorf("log (-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestWishesThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]string{
		AnnotationFail: "exit-256", AnnotationRunFor: "soon", AnnotationStopAfter: "-1s",
	} {
		p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{name: value}}}
		if _, err := behaviorOf(p, &corev1.Container{}, false); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for image, want := range map[string]string{
		"app": "", "app:fail-pull": "fail-pull", "host:5000/app": "", "host:5000/app:1@sha256:ab": "1",
	} {
		if got := tag(image); got != want {
			t.Errorf("tag of %s is %q, want %q", image, got, want)
		}
	}
}
