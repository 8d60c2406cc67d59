package pod

import (
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// How long the steps take that a real node spends time on.
const (
	pullTime   = 100 * time.Millisecond
	createTime = 100 * time.Millisecond
	// pullErrorShown is how long ErrImagePull shows before ImagePullBackOff.
	pullErrorShown = time.Second
	// configRetry is when a container is tried again whose configuration
	// could not be had.
	configRetry = 2 * time.Second
)

// step is where a container is in its life.
type step int

const (
	stepNew step = iota
	stepPull
	stepPullFailed
	stepPullBackoff
	stepCreate
	stepRun
	stepCrashBackoff
	stepEnded
)

// container is a container of a pod that a Lifecycle moves along.
type container struct {
	name    string
	once    bool // an init container that has to end
	restart corev1.RestartPolicy

	step  step
	until time.Time // the end of a step that takes a known time
	wait  corev1.ContainerStateWaiting
	pull  backoff
	crash backoff
	retry time.Time // the end of the back-off in progress

	restarts int32
	runtime  Runtime // of run
	run      Run     // the latest, nil before the first
	previous Run     // the one before
	started  time.Time
	ready    bool
	exit     *corev1.ContainerStateTerminated // of run, nil while it lasts
	last     *corev1.ContainerStateTerminated // of previous
	stopping bool
}

// succeeded reports whether the container ended for good and well.
func (c *container) succeeded() bool {
	return c.step == stepEnded && c.exit != nil && c.exit.ExitCode == 0
}

// failed reports whether the container ended for good and badly.
func (c *container) failed() bool {
	return c.step == stepEnded && c.exit != nil && c.exit.ExitCode != 0
}

// settle moves the container as far as it gets at s.now and returns when it
// will get further by itself, zero if that is not known.
func (c *container) settle(s *session) time.Time {
	for {
		before := c.step
		if at := c.advance(s); c.step == before {
			return at
		}
	}
}

func (c *container) advance(s *session) time.Time {
	switch c.step {
	case stepNew:
		c.beginPull(s)
	case stepPull:
		if s.now.Before(c.until) {
			return c.until
		}
		c.endPull(s)
	case stepPullFailed, stepPullBackoff:
		return c.waitPull(s)
	case stepCreate:
		if s.now.Before(c.until) {
			return c.until
		}
		return c.start(s)
	case stepRun:
		return c.observe(s)
	case stepCrashBackoff:
		if s.now.Before(c.retry) {
			return c.retry
		}
		c.again(s)
	case stepEnded:
	}
	return time.Time{}
}

func (c *container) beginPull(s *session) {
	image := s.spec(c.name)
	c.wait = corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	if s.images.Add(image.Image) || image.ImagePullPolicy == corev1.PullAlways {
		s.recorder.Normal(s.pod, "Pulling", fmt.Sprintf("Pulling image %q", image.Image))
		c.step, c.until = stepPull, s.now.Add(pullTime)
		return
	}
	if err := s.runtime(image).Pull(s.pod, image); err != nil {
		c.step, c.until = stepPull, s.now
		return
	}
	s.recorder.Normal(s.pod, "Pulled", fmt.Sprintf("Container image %q already present on machine", image.Image))
	c.step, c.until = stepCreate, s.now.Add(createTime)
}

func (c *container) endPull(s *session) {
	image := s.spec(c.name)
	err := s.runtime(image).Pull(s.pod, image)
	if err == nil {
		s.recorder.Normal(s.pod, "Pulled", fmt.Sprintf("Successfully pulled image %q in %s", image.Image, pullTime))
		c.step, c.until = stepCreate, s.now.Add(createTime)
		return
	}
	message := fmt.Sprintf("failed to pull and unpack image %q: %v", image.Image, err)
	s.recorder.Warning(s.pod, "Failed", fmt.Sprintf("Failed to pull image %q: %s", image.Image, message))
	s.recorder.Warning(s.pod, "Failed", "Error: ErrImagePull")
	c.wait = corev1.ContainerStateWaiting{Reason: "ErrImagePull", Message: message}
	c.step, c.until, c.retry = stepPullFailed, s.now.Add(pullErrorShown), s.now.Add(c.pull.next())
}

// waitPull shows a failed pull, then its back-off, then tries again.
func (c *container) waitPull(s *session) time.Time {
	if c.step == stepPullFailed {
		if s.now.Before(c.until) {
			return c.until
		}
		image := s.spec(c.name).Image
		message := fmt.Sprintf("Back-off pulling image %q: %s", image, c.wait.Message)
		s.recorder.Normal(s.pod, "BackOff", fmt.Sprintf("Back-off pulling image %q", image))
		s.recorder.Warning(s.pod, "Failed", "Error: ImagePullBackOff")
		c.wait = corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: message}
		c.step = stepPullBackoff
		return c.retry
	}
	if s.now.Before(c.retry) {
		return c.retry
	}
	s.recorder.Normal(s.pod, "Pulling", fmt.Sprintf("Pulling image %q", s.spec(c.name).Image))
	c.step, c.until = stepPull, s.now.Add(pullTime)
	return time.Time{}
}

func (c *container) start(s *session) time.Time {
	spec := s.spec(c.name)
	c.runtime = s.runtime(spec)
	run, err := c.runtime.Start(s.ctx, Start{
		Pod: s.pod, Container: spec, Once: c.once, Attempt: c.restarts, At: s.now, Wake: s.wake,
	})
	if err != nil {
		c.refuse(s, err)
		return c.until
	}
	s.recorder.Normal(s.pod, "Created", "Container created")
	s.recorder.Normal(s.pod, "Started", "Container started")
	c.step, c.run, c.started, c.exit = stepRun, run, s.now, nil
	return time.Time{}
}

// refuse shows why a container cannot be started, and has it tried again.
func (c *container) refuse(s *session, err error) {
	c.until = s.now.Add(configRetry)
	if _, ok := errors.AsType[*VolumeError](err); ok {
		s.recorder.Warning(s.pod, "FailedMount", err.Error())
		return
	}
	s.recorder.Warning(s.pod, "Failed", "Error: "+err.Error())
	c.wait = corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError", Message: err.Error()}
}

// observe reads the state of a run and, when it has ended, decides what next.
func (c *container) observe(s *session) time.Time {
	state := c.run.State(s.now)
	c.ready = state.Ready && state.Exit == nil
	if state.Exit == nil {
		return state.Change
	}
	c.exit = terminated(state.Exit, c.started, s.containerID(c))
	if c.stopping || c.restart == corev1.RestartPolicyNever ||
		c.restart == corev1.RestartPolicyOnFailure && state.Exit.Code == 0 {
		c.step = stepEnded
		return time.Time{}
	}
	if state.Exit.At.Sub(c.started) >= backoffForgotten {
		c.crash.reset()
	}
	if c.crash.last == 0 { // the first restart is immediate
		c.crash.next()
		c.again(s)
		return time.Time{}
	}
	c.retry = state.Exit.At.Add(c.crash.last)
	message := fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
		c.crash.last, c.name, s.pod.Name, s.pod.Namespace, s.pod.UID)
	s.recorder.Warning(s.pod, "BackOff", "Back-off restarting failed container "+c.name+" in pod "+
		s.pod.Name+"_"+s.pod.Namespace+"("+string(s.pod.UID)+")")
	c.wait = corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: message}
	c.crash.next()
	c.step = stepCrashBackoff
	return c.retry
}

// again begins the next run of a container that ended.
func (c *container) again(s *session) {
	c.previous, c.last = c.run, c.exit
	c.restarts++
	image := s.spec(c.name).Image
	s.recorder.Normal(s.pod, "Pulled", fmt.Sprintf("Container image %q already present on machine", image))
	c.wait = corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
	c.step, c.until = stepCreate, s.now
}

// stop ends a run, or the wait for one, for good.
func (c *container) stop(s *session, grace time.Duration) {
	if c.stopping {
		return
	}
	c.stopping = true
	if c.step != stepRun {
		c.step = stepEnded
		return
	}
	s.recorder.Normal(s.pod, "Killing", "Stopping container "+c.name)
	c.run.Stop(s.now, grace)
}

func terminated(exit *Exit, started time.Time, id string) *corev1.ContainerStateTerminated {
	reason := "Completed"
	if exit.Code != 0 {
		reason = "Error"
	}
	return &corev1.ContainerStateTerminated{
		ExitCode: exit.Code, Reason: reason, Message: exit.Message,
		StartedAt: stamp(started), FinishedAt: stamp(exit.At), ContainerID: id,
	}
}
