package manifest

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/cluster"
)

// InstallLeaseName is the name of the lease that one operation of an
// application holds at a time, whoever runs it.
func InstallLeaseName(name string) string { return cluster.Account + "-" + name }

// InstallHolder is what a lease says of who holds it.
func InstallHolder(installation string, op application.Operation) string {
	return InstallOwner(installation, op.ClusterID) + "/" + op.Token
}

// InstallLease builds the lease of an operation, taken at now and held for
// the given time. It is made anew for each operation: what carries it as owner
// goes with it.
func InstallLease(s InstallSpec, now time.Time, held time.Duration) *coordinationv1.Lease {
	return &coordinationv1.Lease{
		TypeMeta:   metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
		ObjectMeta: s.meta(cluster.ManagedApps, InstallLeaseName(s.Operation.Entry.Name)),
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity:       new(InstallHolder(s.Installation, s.Operation)),
			LeaseDurationSeconds: new(int32(seconds(held))),
			AcquireTime:          new(metav1.NewMicroTime(now)),
			RenewTime:            new(metav1.NewMicroTime(now)),
		},
	}
}
