package pod

import "time"

// The kubelet's back-off of restarts and image pulls (MaxContainerBackOff and
// the initial one in pkg/kubelet/kubelet.go).
const (
	backoffFirst = 10 * time.Second
	backoffMax   = 5 * time.Minute
	// backoffForgotten is how long a container must have run for its crashes
	// to be forgotten.
	backoffForgotten = 2 * backoffMax
)

// backoff doubles with every use.
type backoff struct{ last time.Duration }

func (b *backoff) next() time.Duration {
	b.last = min(max(2*b.last, backoffFirst), backoffMax)
	return b.last
}

func (b *backoff) reset() { b.last = 0 }
