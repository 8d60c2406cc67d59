package pod_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/simulate"
)

// node is a host without an API server. It keeps the events.
type node struct {
	mu     sync.Mutex
	events []string
	images map[string]bool
}

func (n *node) Normal(_ *corev1.Pod, reason, _ string)  { n.record(reason) }
func (n *node) Warning(_ *corev1.Pod, reason, _ string) { n.record(reason) }

func (n *node) record(reason string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.events = append(n.events, reason)
}

func (n *node) Add(image string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	known := n.images[image]
	n.images[image] = true
	return !known
}

// life drives a pod along a clock of its own.
type life struct {
	*pod.Lifecycle

	node *node
	pod  *corev1.Pod
	now  time.Time
	last pod.Outcome
}

// begun is when every pod of these tests begins.
var begun = time.Unix(1_000_000, 0)

func newLife(p *corev1.Pod) *life {
	n := &node{images: map[string]bool{}}
	host := &pod.Host{
		IP: "172.31.0.1", Images: n, Events: n,
		Runtime: func(*corev1.Container) pod.Runtime { return simulate.Runtime{} },
	}
	return &life{node: n, pod: p, now: begun, Lifecycle: pod.New(p, host, "10.129.0.1", begun, func() {})}
}

// run moves the pod to a time after its beginning, waking it whenever it
// asked for that, and returns what a watcher saw: a line for each new state.
func (l *life) run(t *testing.T, until time.Duration) []string {
	t.Helper()
	var seen []string
	end := begun.Add(until)
	for steps := 0; ; steps++ {
		if steps > 1000 {
			t.Fatal("the pod does not come to rest")
		}
		l.last = l.Sync(t.Context(), l.pod, l.now)
		l.pod.Status = l.last.Status
		line := summary(l.last.Status)
		if len(seen) == 0 || seen[len(seen)-1] != line {
			seen = append(seen, line)
		}
		if l.last.Wake.IsZero() || l.last.Wake.After(end) {
			l.now = end
			return seen
		}
		l.now = l.last.Wake
	}
}

// summary is what kubectl shows of a pod, or nearly.
func summary(status corev1.PodStatus) string {
	var ready corev1.ConditionStatus
	for _, c := range status.Conditions {
		if c.Type == corev1.PodReady {
			ready = c.Status
		}
	}
	var states []string
	for _, c := range append(status.InitContainerStatuses, status.ContainerStatuses...) {
		states = append(states, fmt.Sprintf("%s=%s/%d", c.Name, state(c.State), c.RestartCount))
	}
	reason := ""
	if status.Reason != "" {
		reason = " " + status.Reason
	}
	return fmt.Sprintf("%s%s ready=%s %s", status.Phase, reason, ready, strings.Join(states, " "))
}

func state(s corev1.ContainerState) string {
	switch {
	case s.Running != nil:
		return "Running"
	case s.Terminated != nil:
		return fmt.Sprintf("%s(%d)", s.Terminated.Reason, s.Terminated.ExitCode)
	default:
		return s.Waiting.Reason
	}
}

// newPod is a pod of one container, changed by options.
func newPod(options ...func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web-1", Namespace: "shop", UID: "uid-1", Generation: 1, Annotations: map[string]string{}},
		Spec: corev1.PodSpec{
			RestartPolicy: corev1.RestartPolicyAlways,
			Containers:    []corev1.Container{{Name: "app", Image: "example.org/app:1"}},
		},
	}
	for _, option := range options {
		option(p)
	}
	return p
}

func annotate(name, value string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Annotations[name] = value }
}

func image(ref string) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.Containers[0].Image = ref }
}

func restart(policy corev1.RestartPolicy) func(*corev1.Pod) {
	return func(p *corev1.Pod) { p.Spec.RestartPolicy = policy }
}

func initContainer(name, ref string, sidecar bool) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		c := corev1.Container{Name: name, Image: ref}
		if sidecar {
			always := corev1.ContainerRestartPolicyAlways
			c.RestartPolicy = &always
		}
		p.Spec.InitContainers = append(p.Spec.InitContainers, c)
	}
}

func TestLife(t *testing.T) {
	t.Parallel()
	const creating = "Pending ready=False app=ContainerCreating/0"
	cases := map[string]struct {
		pod   *corev1.Pod
		until time.Duration
		want  []string
	}{
		"a service runs on": {newPod(), time.Hour, []string{
			creating, "Running ready=True app=Running/0",
		}},
		"a probed container is ready later": {
			newPod(func(p *corev1.Pod) { p.Spec.Containers[0].ReadinessProbe = &corev1.Probe{} }), time.Hour, []string{
				creating, "Running ready=False app=Running/0", "Running ready=True app=Running/0",
			},
		},
		"a job ends": {newPod(restart(corev1.RestartPolicyNever)), time.Hour, []string{
			creating, "Running ready=True app=Running/0", "Succeeded ready=False app=Completed(0)/0",
		}},
		"a job fails": {newPod(restart(corev1.RestartPolicyNever), annotate(simulate.AnnotationFail, "exit-42")), time.Hour, []string{
			creating, "Running ready=True app=Running/0", "Failed ready=False app=Error(42)/0",
		}},
		"a failing service crashes in a loop": {newPod(annotate(simulate.AnnotationFail, "crash-loop")), 25 * time.Second, []string{
			creating, "Running ready=True app=Running/0", "Running ready=True app=Running/1",
			"Running ready=False app=CrashLoopBackOff/1", "Running ready=True app=Running/2",
			"Running ready=False app=CrashLoopBackOff/2",
		}},
		"the tag asks for crashes too": {newPod(image("example.org/app:fail-crash"), restart(corev1.RestartPolicyNever)), time.Minute, []string{
			creating, "Running ready=True app=Running/0", "Failed ready=False app=Error(1)/0",
		}},
		"an image that is not there": {newPod(image("example.org/app:fail-pull")), 5 * time.Second, []string{
			creating, "Pending ready=False app=ErrImagePull/0", "Pending ready=False app=ImagePullBackOff/0",
		}},
		"never ready": {newPod(annotate(simulate.AnnotationFail, "never-ready")), time.Hour, []string{
			creating, "Running ready=False app=Running/0",
		}},
		"an unknown wish is shown": {newPod(annotate(simulate.AnnotationFail, "explode")), time.Minute, []string{
			creating, "Pending ready=False app=CreateContainerConfigError/0",
		}},
		"init containers in turn": {newPod(initContainer("one", "a", false), initContainer("two", "b", false)), time.Hour, []string{
			"Pending ready=False one=ContainerCreating/0 two=PodInitializing/0 app=PodInitializing/0",
			"Pending ready=False one=Running/0 two=PodInitializing/0 app=PodInitializing/0",
			"Pending ready=False one=Completed(0)/0 two=ContainerCreating/0 app=PodInitializing/0",
			"Pending ready=False one=Completed(0)/0 two=Running/0 app=PodInitializing/0",
			"Pending ready=False one=Completed(0)/0 two=Completed(0)/0 app=ContainerCreating/0",
			"Running ready=True one=Completed(0)/0 two=Completed(0)/0 app=Running/0",
		}},
		"a failed init container fails a job": {newPod(restart(corev1.RestartPolicyNever), initContainer("one", "a:fail-crash", false)), time.Hour, []string{
			"Pending ready=False one=ContainerCreating/0 app=PodInitializing/0",
			"Pending ready=False one=Running/0 app=PodInitializing/0",
			"Failed ready=False one=Error(1)/0 app=PodInitializing/0",
		}},
		"a sidecar ends with the job": {newPod(restart(corev1.RestartPolicyNever), initContainer("side", "a", true)), time.Hour, []string{
			"Pending ready=False side=ContainerCreating/0 app=PodInitializing/0",
			"Pending ready=False side=Running/0 app=ContainerCreating/0",
			"Running ready=True side=Running/0 app=Running/0",
			"Running ready=False side=Running/0 app=Completed(0)/0",
			"Succeeded ready=False side=Completed(0)/0 app=Completed(0)/0",
		}},
		"a deadline": {newPod(restart(corev1.RestartPolicyNever), annotate(simulate.AnnotationRunFor, "1h"), func(p *corev1.Pod) {
			seconds := int64(3)
			p.Spec.ActiveDeadlineSeconds = &seconds
		}), time.Hour, []string{
			creating, "Running ready=True app=Running/0", "Failed DeadlineExceeded ready=False app=Completed(0)/0",
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, newLife(c.pod).run(t, c.until)); diff != "" {
				t.Errorf("what a watcher saw (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDeletionHonoursGrace(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		stopAfter string
		grace     int64
		lasts     time.Duration
		code      int32
	}{
		"it ends in time":      {"5s", 30, 5 * time.Second, 0},
		"it is killed":         {"1m", 10, 10 * time.Second, 137},
		"it is killed at once": {"1m", 0, 0, 137},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(newPod(annotate(simulate.AnnotationStopAfter, c.stopAfter)))
			l.run(t, time.Minute)
			l.pod.DeletionTimestamp = &metav1.Time{Time: l.now}
			l.pod.DeletionGracePeriodSeconds = &c.grace
			l.run(t, time.Minute+c.lasts-time.Millisecond)
			if c.lasts > 0 && l.last.Ended {
				t.Fatal("the pod ended early")
			}
			l.run(t, time.Minute+c.lasts)
			if !l.last.Ended {
				t.Fatal("the pod has not ended")
			}
			if got := l.last.Status.ContainerStatuses[0].State.Terminated.ExitCode; got != c.code {
				t.Errorf("exit code %d, want %d", got, c.code)
			}
		})
	}
}

func TestEventsOfAPod(t *testing.T) {
	t.Parallel()
	l := newLife(newPod(restart(corev1.RestartPolicyNever)))
	l.run(t, time.Minute)
	if diff := cmp.Diff([]string{"Pulling", "Pulled", "Created", "Started"}, l.node.events); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestStatusSettles pins that a status which was stored, and so has lost its
// fractions of seconds, compares equal to the next one. Otherwise every pod
// would be written for ever.
func TestStatusSettles(t *testing.T) {
	t.Parallel()
	l := newLife(newPod())
	l.run(t, time.Minute)
	stored, err := l.last.Status.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	l.pod.Status = corev1.PodStatus{}
	if err := l.pod.Status.Unmarshal(stored); err != nil {
		t.Fatal(err)
	}
	want := l.pod.Status.DeepCopy()
	l.run(t, time.Hour)
	if diff := cmp.Diff(want, &l.last.Status); diff != "" {
		t.Errorf("the status of an idle pod changed:\n%s", diff)
	}
}

func TestLogOfEarlierRun(t *testing.T) {
	t.Parallel()
	l := newLife(newPod(annotate(simulate.AnnotationFail, "crash-loop")))
	if _, err := l.Log("app", false); err == nil {
		t.Error("a container that has not begun has a log")
	}
	l.run(t, 500*time.Millisecond)
	if _, err := l.Log("app", true); err == nil {
		t.Error("a container in its first run has an earlier log")
	}
	l.run(t, 5*time.Second)
	for _, previous := range []bool{false, true} {
		if _, err := l.Log("app", previous); err != nil {
			t.Errorf("previous=%t: %v", previous, err)
		}
	}
	if _, err := l.Log("other", false); err == nil {
		t.Error("an unknown container has a log")
	}
}
