package application

// Names in the cluster that the predecessor gave, or that others rely on.
const (
	// PodNamespace is where install pods run.
	PodNamespace = "gitlab-managed-apps"
	// ApplicationAnnotation names the application that a namespace was made
	// for. Any Roadstead may use the namespace for that application.
	ApplicationAnnotation = "roadstead.dev/application"
)
