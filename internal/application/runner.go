package application

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Runner runs operations in clusters, each by an install pod. Its errors carry
// a code. Every method may be called again after a crash at any moment, by
// this process or another one.
type Runner interface {
	// CheckRights lists, in our own words, the rights that the operation needs
	// and that our identity in the cluster cannot give it. It writes nothing.
	CheckRights(ctx context.Context, op Operation) (missing []string, err error)
	// Prepare makes everything the install pod needs, but not the pod.
	Prepare(ctx context.Context, spec RunSpec) error
	// Start makes the pod and returns its uid. It returns ErrPodInTheWay while
	// an earlier pod of ours still has to go. A pod that this operation made
	// already is returned as it is.
	Start(ctx context.Context, spec RunSpec) (podUID string, err error)
	// Observe reads what the cluster says of the operation's pod.
	Observe(ctx context.Context, op Operation) (PodFacts, error)
	// Watch reports the facts of the pod, then every change of them, until the
	// pod has ended or ctx does. It may report the same facts twice.
	Watch(ctx context.Context, op Operation, seen func(PodFacts)) error
	// Log reads the pod's log from its first line. With follow it goes on
	// until the container has ended.
	Log(ctx context.Context, op Operation, follow bool) (io.ReadCloser, error)
	// Cleanup removes all that the operation made, its rights first. An ended
	// pod stays when keepPod is set.
	Cleanup(ctx context.Context, op Operation, keepPod bool) error
	// Leftovers lists what install pods of this registration left in the
	// cluster: objects and kept pods.
	Leftovers(ctx context.Context, clusterID int64) ([]Leftover, error)
	// Remove deletes one leftover, unless it is another object by now.
	Remove(ctx context.Context, clusterID int64, l Leftover) error
}

// ErrPodInTheWay says that an earlier install pod of the application is still
// being deleted.
var ErrPodInTheWay = errors.New("an earlier install pod is still being deleted")

// RunSpec is all that an install pod is made from.
type RunSpec struct {
	Operation Operation
	// UserValues is YAML text, nil when the user gave none.
	UserValues []byte
	// Remaining is how long the pod may run.
	Remaining time.Duration
}

// PodFacts are what matters of an install pod.
type PodFacts struct {
	// Found is false when the pod of this operation does not exist.
	Found     bool
	UID       string
	CreatedAt time.Time
	// Scheduled says that a node was chosen.
	Scheduled bool
	// Waiting is the reason why the container does not run, for example
	// "ImagePullBackOff". It is the cluster's word.
	Waiting string
	// Started says that the container runs or ran.
	Started bool
	// Ended says that the container will not run any more.
	Ended bool
	// ExitCode and Message are the ended container's.
	ExitCode int32
	Message  string
	// Reason is the pod's or container's, for example "DeadlineExceeded",
	// "Evicted" or "OOMKilled".
	Reason string
	// Disrupted says that the cluster took the pod away.
	Disrupted bool
}

// Leftover is an object that an operation made in a cluster.
type Leftover struct {
	Kind      string
	Namespace string
	Name      string
	UID       string
	// OperationID and Token are what the object says it was made for.
	OperationID int64
	Token       string
}

// Pod is the kind of a leftover install pod.
const Pod = "Pod"

// Opener opens the user values that a Sealer sealed for an operation. Only
// workers have one.
type Opener interface {
	OpenValues(sealed []byte, operationID int64) ([]byte, error)
}

// Sealer seals user values so that they belong to one operation.
type Sealer interface {
	SealValues(plain []byte, operationID int64) ([]byte, error)
}

// permanent lists the failures of calls to a cluster that trying again cannot
// mend, with the code that the operation ends in.
func permanent(err error) (apperr.Code, bool) {
	code := apperr.CodeOf(err)
	switch code {
	case apperr.ClusterForbidden:
		return apperr.RightsMissing, true
	case apperr.ClusterInvalid:
		return apperr.PodRefused, true
	case apperr.RightsMissing, apperr.PodRefused, apperr.OperationForeign, apperr.NamespaceForeign,
		apperr.NamespaceTerminating, apperr.ClusterUnsupported, apperr.ClusterAddressRefused,
		apperr.NotFound, apperr.CredentialKey, apperr.CredentialContext:
		return code, true
	default:
		return "", false
	}
}

// Wait is how long the installer may work: it must end, and say how, before
// the pod is stopped.
func (s RunSpec) Wait() time.Duration {
	margin := min(max(s.Remaining/10, 2*time.Second), time.Minute)
	return max(s.Remaining-margin, time.Second)
}
