package pod

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
)

// Runtime starts the containers of some images.
type Runtime interface {
	// Pull reports why the image of a container cannot be had, nil if it can.
	Pull(pod *corev1.Pod, container *corev1.Container) error
	// Start starts a container. An error is shown and the start tried again:
	// a VolumeError as the kubelet's event FailedMount, any other as its
	// CreateContainerConfigError.
	Start(ctx context.Context, start Start) (Run, error)
	// Release gives up what was kept for a pod whose runs have all ended. It
	// may be called more than once.
	Release(ctx context.Context, pod types.UID)
}

// VolumeError is that a volume of a pod cannot be set up.
type VolumeError struct {
	Volume string
	Err    error
}

func (e *VolumeError) Error() string {
	return fmt.Sprintf("MountVolume.SetUp failed for volume %q : %v", e.Volume, e.Err)
}

// Unwrap is why.
func (e *VolumeError) Unwrap() error { return e.Err }

// Start is one start of one container.
type Start struct {
	// Pod carries its addresses in the status.
	Pod       *corev1.Pod
	Container *corev1.Container
	// Once is set for init containers that must end before the next begins.
	Once bool
	// Attempt counts the starts of this container from zero.
	Attempt int32
	// At is the time of the start.
	At time.Time
	// Wake announces that State would answer something new.
	Wake func()
}

// Run is a container that was started. Its methods may be called at any time
// from any goroutine.
type Run interface {
	// State is what the run is in at a time.
	State(now time.Time) State
	// Stop asks the run to end now, and makes it end after a grace period.
	Stop(now time.Time, grace time.Duration)
	// Log is what the run has written and will write.
	Log() logs.Source
}

// State is the state of a run at some time.
type State struct {
	Ready bool
	// Exit is nil while the run lasts.
	Exit *Exit
	// Change is when the state changes by itself. Zero: not, or Wake will tell.
	Change time.Time
}

// Exit is how a run ended.
type Exit struct {
	At   time.Time
	Code int32
	// Message is the termination message.
	Message string
}

// Recorder takes the events of a pod.
type Recorder interface {
	// Normal records that something went as it should.
	Normal(pod *corev1.Pod, reason, message string)
	// Warning records that something did not.
	Warning(pod *corev1.Pod, reason, message string)
}

// Images remembers which images a node has.
type Images interface {
	// Add reports whether the image was not there before.
	Add(image string) bool
}
