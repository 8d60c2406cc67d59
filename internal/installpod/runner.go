package installpod

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/manifest"
)

var _ application.Runner = (*Runner)(nil)

// Clusters hands out the client of a registered cluster.
type Clusters interface {
	For(ctx context.Context, clusterID int64) (*kube.Client, error)
}

// Config is what all install pods of this installation share.
type Config struct {
	// Installation is the installation's id.
	Installation string
	// Image is the installer's.
	Image string
	// PullSecrets name Secrets in the namespace of install pods. May be empty.
	PullSecrets []string
	// EgressAllow opens otherwise refused addresses to the installer, as
	// CIDR:port, comma-separated. Empty opens none.
	EgressAllow string
	// EgressRefuse are public networks that the installer must not call. The
	// operator's proxy is not passed on: it stands in our network, not in theirs.
	EgressRefuse []netip.Prefix
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Runner runs operations by install pods.
type Runner struct {
	clusters Clusters
	config   Config
}

// New returns a runner.
func New(clusters Clusters, config Config) *Runner {
	if config.Now == nil {
		config.Now = time.Now
	}
	return &Runner{clusters: clusters, config: config}
}

// job is one operation on its cluster.
type job struct {
	*kube.Client
	spec  manifest.InstallSpec
	owner string
}

func (r *Runner) job(ctx context.Context, spec application.RunSpec) (job, error) {
	client, err := r.clusters.For(ctx, spec.Operation.ClusterID)
	if err != nil {
		return job{}, fmt.Errorf("connect to cluster %d: %w", spec.Operation.ClusterID, err)
	}
	return job{
		Client: client, owner: manifest.InstallOwner(r.config.Installation, spec.Operation.ClusterID),
		spec: manifest.InstallSpec{
			RunSpec: spec, Installation: r.config.Installation, Image: r.config.Image,
			PullSecrets: r.config.PullSecrets, EgressAllow: r.config.EgressAllow,
			EgressRefuse: r.config.EgressRefuse,
		},
	}, nil
}

func (r *Runner) jobOf(ctx context.Context, op application.Operation) (job, error) {
	return r.job(ctx, application.RunSpec{Operation: op})
}

// mine reports whether this installation made the object through this
// registration of the cluster.
func (j job) mine(o metav1.Object) bool {
	return o.GetAnnotations()[manifest.OwnerAnnotation] == j.owner
}

// ofOperation reports whether the object belongs to this very operation.
func (j job) ofOperation(o metav1.Object) bool {
	return j.mine(o) && o.GetLabels()[manifest.OperationLabel] == j.spec.Operation.Token
}

// together runs independent calls at the same time and returns their errors.
func together(calls ...func() error) error {
	errs := make([]error, len(calls))
	var group sync.WaitGroup
	for i, call := range calls {
		group.Go(func() { errs[i] = call() })
	}
	group.Wait()
	return errors.Join(errs...)
}
