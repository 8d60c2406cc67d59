package node

import (
	"context"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// Beyond this rate events of success are dropped: five for each of ten
// thousand pods cost more than the pods themselves. Failures pass, within the
// limits that client-go sets for each object.
const (
	eventRate  = 50
	eventBurst = 1000
)

// recorder writes the events of pods as their kubelets would.
type recorder struct {
	broadcaster record.EventBroadcaster
	source      func(node string) record.EventRecorder
	limit       *rate.Limiter
}

func newRecorder(ctx context.Context, client kubernetes.Interface) *recorder {
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	return &recorder{
		broadcaster: broadcaster,
		limit:       rate.NewLimiter(eventRate, eventBurst),
		source: func(node string) record.EventRecorder {
			return broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "kubelet", Host: node})
		},
	}
}

func (r *recorder) stop() { r.broadcaster.Shutdown() }

// forNode is the recorder of one node's kubelet.
func (r *recorder) forNode(name string) nodeRecorder {
	return nodeRecorder{sink: r.source(name), limit: r.limit}
}

// nodeRecorder implements pod.Recorder.
type nodeRecorder struct {
	sink  record.EventRecorder
	limit *rate.Limiter
}

// Normal implements pod.Recorder.
func (r nodeRecorder) Normal(pod *corev1.Pod, reason, message string) {
	if r.limit.Allow() {
		r.sink.Event(pod, corev1.EventTypeNormal, reason, message)
	}
}

// Warning implements pod.Recorder.
func (r nodeRecorder) Warning(pod *corev1.Pod, reason, message string) {
	r.sink.Event(pod, corev1.EventTypeWarning, reason, message)
}
