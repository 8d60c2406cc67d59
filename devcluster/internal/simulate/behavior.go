package simulate

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// What a pod may ask for by annotation, and a container by image tag.
const (
	// AnnotationFail is image-pull, crash-loop, exit-<n> or never-ready.
	AnnotationFail = "devcluster.roadstead.dev/fail"
	// AnnotationRunFor is how long a container runs before it ends, as a Go
	// duration.
	AnnotationRunFor = "devcluster.roadstead.dev/run-for"
	// AnnotationStopAfter is how long a container takes to end once asked to,
	// as a Go duration. Its grace period is the limit.
	AnnotationStopAfter = "devcluster.roadstead.dev/stop-after"
	// AnnotationLog is the text a container writes instead of made-up lines.
	AnnotationLog = "devcluster.roadstead.dev/log"

	tagPull       = "fail-pull"
	tagCrash      = "fail-crash"
	tagNeverReady = "never-ready"
)

const (
	jobLifetime   = 500 * time.Millisecond // of containers that are to end
	initLifetime  = 100 * time.Millisecond
	crashLifetime = 500 * time.Millisecond
	readyDelay    = 300 * time.Millisecond // of containers with a readiness probe
	stopDelay     = 100 * time.Millisecond
)

// behavior is what one container does.
type behavior struct {
	pullFails  bool
	neverReady bool
	lifetime   time.Duration // zero: until it is stopped
	exit       int32
	ready      time.Duration
	stop       time.Duration
	text       string
}

// behaviorOf reads a container's behavior. once is set for init containers
// that must end; annotations speak of the others.
func behaviorOf(pod *corev1.Pod, container *corev1.Container, once bool) (behavior, error) {
	b := behavior{stop: stopDelay}
	if container.ReadinessProbe != nil {
		b.ready = readyDelay
	}
	switch {
	case once:
		b.lifetime = initLifetime
	case pod.Spec.RestartPolicy != corev1.RestartPolicyAlways && container.RestartPolicy == nil:
		b.lifetime = jobLifetime
	}
	switch tag(container.Image) {
	case tagPull:
		b.pullFails = true
	case tagCrash:
		b.crash(1)
	case tagNeverReady:
		b.neverReady = true
	}
	if once {
		return b, nil
	}
	return b, b.annotate(pod.Annotations)
}

func (b *behavior) annotate(annotations map[string]string) error {
	b.text = annotations[AnnotationLog]
	if err := duration(annotations, AnnotationRunFor, &b.lifetime); err != nil {
		return err
	}
	if err := duration(annotations, AnnotationStopAfter, &b.stop); err != nil {
		return err
	}
	fail := annotations[AnnotationFail]
	code, isExit := strings.CutPrefix(fail, "exit-")
	switch {
	case fail == "":
	case fail == "image-pull":
		b.pullFails = true
	case fail == "crash-loop":
		b.crash(1)
	case fail == "never-ready":
		b.neverReady = true
	case isExit:
		exit, err := strconv.ParseUint(code, 10, 8)
		if err != nil {
			return fmt.Errorf("annotation %s: exit code %q is not between 0 and 255", AnnotationFail, code)
		}
		b.crash(int32(exit))
	default:
		return fmt.Errorf("annotation %s: %q is none of image-pull, crash-loop, exit-<n>, never-ready", AnnotationFail, fail)
	}
	return nil
}

// crash ends the container with a code, soon unless its time is set.
func (b *behavior) crash(code int32) {
	b.exit = code
	b.lifetime = cmp.Or(b.lifetime, crashLifetime)
}

func duration(annotations map[string]string, name string, into *time.Duration) error {
	text := annotations[name]
	if text == "" {
		return nil
	}
	value, err := time.ParseDuration(text)
	if err != nil || value < 0 {
		return fmt.Errorf("annotation %s: %q is not a duration", name, text)
	}
	*into = value
	return nil
}

// tag is the tag of an image, empty if it has none.
func tag(image string) string {
	name, _, _ := strings.Cut(image, "@")
	colon := strings.LastIndexByte(name, ':')
	if colon <= strings.LastIndexByte(name, '/') { // a port's, or none
		return ""
	}
	return name[colon+1:]
}
