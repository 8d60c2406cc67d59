package pod

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
)

// Host is what a pod's node offers it.
type Host struct {
	// IP is the address of the node.
	IP string
	// Runtime is who starts a container, chosen by its image.
	Runtime func(container *corev1.Container) Runtime
	Images  Images
	Events  Recorder
}

// Lifecycle is one pod on a node. Its methods are safe for concurrent use.
type Lifecycle struct {
	host *Host
	uid  types.UID
	ip   string
	wake func()

	mu       sync.Mutex
	begun    time.Time
	inits    []*container
	mains    []*container
	deadline time.Time // zero: none
	ending   bool
	killed   string // the reason of a pod that was ended before its time
	message  string
}

// Outcome is what Sync has come to.
type Outcome struct {
	Status corev1.PodStatus
	// Wake is when Sync wants to be called again, zero if nothing is due.
	Wake time.Time
	// Ended is set once no container runs or will run again.
	Ended bool
}

// New begins the life of a pod at a time. ip is the pod's address; wake is
// called, from any goroutine, when Sync should be called sooner than it said.
func New(pod *corev1.Pod, host *Host, ip string, now time.Time, wake func()) *Lifecycle {
	l := &Lifecycle{host: host, uid: pod.UID, ip: ip, wake: wake, begun: now}
	for i := range pod.Spec.InitContainers {
		spec := &pod.Spec.InitContainers[i]
		sidecar := spec.RestartPolicy != nil && *spec.RestartPolicy == corev1.ContainerRestartPolicyAlways
		l.inits = append(l.inits, &container{name: spec.Name, once: !sidecar, restart: initRestart(pod, sidecar)})
	}
	for i := range pod.Spec.Containers {
		l.mains = append(l.mains, &container{name: pod.Spec.Containers[i].Name, restart: pod.Spec.RestartPolicy})
	}
	if seconds := pod.Spec.ActiveDeadlineSeconds; seconds != nil {
		l.deadline = now.Add(time.Duration(*seconds) * time.Second)
	}
	return l
}

// initRestart is the policy of an init container: one that has to end is tried
// again until it succeeds, unless the pod is never to restart.
func initRestart(pod *corev1.Pod, sidecar bool) corev1.RestartPolicy {
	switch {
	case sidecar:
		return corev1.RestartPolicyAlways
	case pod.Spec.RestartPolicy == corev1.RestartPolicyAlways:
		return corev1.RestartPolicyOnFailure
	default:
		return pod.Spec.RestartPolicy
	}
}

// session is one call of Sync.
type session struct {
	ctx     context.Context //nolint:containedctx // lives as long as the call
	now     time.Time
	pod     *corev1.Pod
	images  Images
	runtime func(*corev1.Container) Runtime
	wake    func()

	recorder Recorder
}

func (s *session) spec(name string) *corev1.Container {
	for i := range s.pod.Spec.Containers {
		if c := &s.pod.Spec.Containers[i]; c.Name == name {
			return c
		}
	}
	for i := range s.pod.Spec.InitContainers {
		if c := &s.pod.Spec.InitContainers[i]; c.Name == name {
			return c
		}
	}
	return &corev1.Container{Name: name}
}

// Sync moves the pod, given as the API server has it, to now.
func (l *Lifecycle) Sync(ctx context.Context, pod *corev1.Pod, now time.Time) Outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	pod = l.withAddresses(pod)
	s := &session{
		ctx: ctx, now: now, pod: pod, wake: l.wake,
		images: l.host.Images, runtime: l.host.Runtime, recorder: l.host.Events,
	}
	l.judge(s)
	wake := l.settle(s)
	outcome := Outcome{Status: l.status(s), Wake: wake, Ended: l.ended()}
	return outcome
}

// judge ends the pod if it is to be deleted or has passed its deadline.
func (l *Lifecycle) judge(s *session) {
	grace := gracePeriod(s.pod)
	switch {
	case s.pod.DeletionTimestamp != nil:
		l.end(s, grace)
	case !l.deadline.IsZero() && !s.now.Before(l.deadline) && !l.ended():
		if l.killed == "" {
			l.killed = "DeadlineExceeded"
			l.message = "Pod was active on the node longer than the specified deadline"
			s.recorder.Normal(s.pod, l.killed, l.message)
		}
		l.end(s, grace)
	}
}

// gracePeriod is how long the pod's containers have to end.
func gracePeriod(pod *corev1.Pod) time.Duration {
	seconds := pod.DeletionGracePeriodSeconds
	if seconds == nil {
		seconds = pod.Spec.TerminationGracePeriodSeconds
	}
	if seconds == nil {
		return corev1.DefaultTerminationGracePeriodSeconds * time.Second
	}
	return time.Duration(*seconds) * time.Second
}

func (l *Lifecycle) end(s *session, grace time.Duration) {
	l.ending = true
	for _, c := range l.all() {
		c.stop(s, grace)
	}
}

// settle moves every container that may move, until that gives no other one its
// turn. It returns the earliest time at which one moves by itself.
func (l *Lifecycle) settle(s *session) time.Time {
	for {
		active, ending := l.active(), l.ending
		var wake time.Time
		if l.killed == "" {
			wake = l.deadline
		}
		for _, c := range active {
			wake = sooner(wake, c.settle(s))
		}
		if !l.ending && l.mainsDone() {
			l.end(s, gracePeriod(s.pod)) // the sidecars
		}
		if l.ended() {
			return time.Time{}
		}
		if l.ending == ending && len(l.active()) == len(active) {
			return wake
		}
	}
}

// active is the containers whose turn it is: all when the pod ends; else init
// containers up to the first that has to end, and the others once none has.
func (l *Lifecycle) active() []*container {
	if l.ending {
		return l.all()
	}
	for i, c := range l.inits {
		passed := c.succeeded() || !c.once && c.started != time.Time{}
		if !passed {
			return l.inits[:i+1]
		}
	}
	return l.all()
}

func (l *Lifecycle) all() []*container {
	return append(append(make([]*container, 0, len(l.inits)+len(l.mains)), l.inits...), l.mains...)
}

// mainsDone reports whether the pod has nothing left to do: its containers, or
// an init container for good, have ended.
func (l *Lifecycle) mainsDone() bool {
	for _, c := range l.inits {
		if c.once && c.failed() {
			return true
		}
	}
	for _, c := range l.mains {
		if c.step != stepEnded {
			return false
		}
	}
	return true
}

func (l *Lifecycle) ended() bool {
	if !l.ending && !l.mainsDone() {
		return false
	}
	for _, c := range l.all() {
		if c.step == stepRun {
			return false
		}
	}
	return true
}

// Kill ends every run, for a pod that is gone from the API server or whose node
// stops.
func (l *Lifecycle) Kill(now time.Time, grace time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ending = true
	for _, c := range l.all() {
		if c.step == stepRun {
			c.run.Stop(now, grace)
		}
	}
}

// Release gives up what the runtimes keep for the pod, once nothing runs.
func (l *Lifecycle) Release(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all() {
		if c.runtime != nil {
			c.runtime.Release(ctx, l.uid)
		}
	}
}

// Running reports whether a run has not ended at a time.
func (l *Lifecycle) Running(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all() {
		if c.step == stepRun && c.run.State(now).Exit == nil {
			return true
		}
	}
	return false
}

// Log is the log of a container's latest run, or of the one that ended before.
// Its error is for people: it tells what the container is waiting for.
func (l *Lifecycle) Log(name string, previous bool) (logs.Source, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.all() {
		if c.name != name {
			continue
		}
		run := c.run
		if previous && c.step != stepCrashBackoff {
			run = c.previous
		}
		switch {
		case run != nil:
			return run.Log(), nil
		case previous:
			return nil, fmt.Errorf("previous terminated container %q not found", name)
		default:
			return nil, fmt.Errorf("container %q is waiting to start: %s", name, c.wait.Reason)
		}
	}
	return nil, fmt.Errorf("container %q is not available", name)
}

// sooner is the earlier of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
