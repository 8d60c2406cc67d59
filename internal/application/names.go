package application

import "github.com/roadstead/roadstead/internal/cluster"

// Names in the cluster that the predecessor gave, or that others rely on.
const (
	// PodNamespace is where install pods run.
	PodNamespace = cluster.ManagedApps
	// ApplicationAnnotation names the application that a namespace was made
	// for. Any Roadstead may use the namespace for that application.
	ApplicationAnnotation = "roadstead.dev/application"
)

// PodName returns the name of the pod that performs the operation. Installs,
// upgrades and rollbacks share one, so that its log is found without knowing which it is.
func (o Operation) PodName() string {
	if o.Action == Uninstall {
		return "uninstall-" + o.Entry.Name
	}
	return "install-" + o.Entry.Name
}
