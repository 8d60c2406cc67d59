package pod

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/distribution/reference"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stamp is a time as it is stored: in whole seconds. Comparing a status with
// the stored one would otherwise always find a difference.
func stamp(at time.Time) metav1.Time { return metav1.Time{Time: at.Truncate(time.Second)} }

// withAddresses is the pod as its containers see it. The object from the API
// server is shared and stays as it is.
func (l *Lifecycle) withAddresses(pod *corev1.Pod) *corev1.Pod {
	own := *pod
	own.Status = *pod.Status.DeepCopy()
	ip := l.ip
	if pod.Spec.HostNetwork {
		ip = l.host.IP
	}
	own.Status.HostIP = l.host.IP
	own.Status.HostIPs = []corev1.HostIP{{IP: l.host.IP}}
	own.Status.PodIP = ip
	own.Status.PodIPs = []corev1.PodIP{{IP: ip}}
	return &own
}

// status is the pod's status at this moment. What others wrote there, such as
// the scheduler's condition, stays.
func (l *Lifecycle) status(s *session) corev1.PodStatus {
	status := s.pod.Status // a copy of ours, see withAddresses
	status.ObservedGeneration = s.pod.Generation
	begun := stamp(l.begun)
	status.StartTime = &begun
	status.InitContainerStatuses = l.statuses(s, l.inits)
	status.ContainerStatuses = l.statuses(s, l.mains)
	status.Phase = l.phase(s.pod)
	if status.Phase == corev1.PodFailed && l.killed != "" {
		status.Reason, status.Message = l.killed, l.message
	}
	l.conditions(s, &status)
	return status
}

func (l *Lifecycle) statuses(s *session, containers []*container) []corev1.ContainerStatus {
	if len(containers) == 0 {
		return nil
	}
	statuses := make([]corev1.ContainerStatus, 0, len(containers))
	for _, c := range containers {
		statuses = append(statuses, c.status(s))
	}
	return statuses
}

func (c *container) status(s *session) corev1.ContainerStatus {
	spec := s.spec(c.name)
	image, imageID := imageNames(spec.Image)
	started := c.step == stepRun
	status := corev1.ContainerStatus{
		Name: c.name, Image: image, RestartCount: c.restarts, Started: &started,
		Ready: c.step == stepRun && c.ready || c.once && c.succeeded(),
	}
	if c.run != nil {
		status.ImageID, status.ContainerID = imageID, s.containerID(c)
	}
	status.State, status.LastTerminationState = c.state()
	return status
}

// state is what the container is in, and how its run before that ended.
func (c *container) state() (state, last corev1.ContainerState) {
	last.Terminated = c.last
	switch {
	case c.step == stepRun:
		state.Running = &corev1.ContainerStateRunning{StartedAt: stamp(c.started)}
	case c.step == stepEnded && c.exit != nil:
		state.Terminated = c.exit
	default:
		wait := c.wait
		if wait.Reason == "" {
			wait.Reason = "PodInitializing"
		}
		state.Waiting = &wait
		if c.exit != nil {
			last.Terminated = c.exit
		}
	}
	return state, last
}

// containerID is made up, but stable and different for every run.
func (s *session) containerID(c *container) string {
	sum := sha256.Sum256([]byte(string(s.pod.UID) + "/" + c.name + "/" + strconv.Itoa(int(c.restarts))))
	return "containerd://" + hex.EncodeToString(sum[:])
}

// imageNames is an image as a container runtime reports it: with its registry,
// and by digest.
func imageNames(image string) (name, id string) {
	named, err := reference.ParseDockerRef(image)
	if err != nil {
		return image, ""
	}
	sum := sha256.Sum256([]byte(named.String()))
	return named.String(), named.Name() + "@sha256:" + hex.EncodeToString(sum[:])
}
