package verdict

// Code says why an operation failed. The set is closed.
type Code string

// The codes.
const (
	ChartNotFound           Code = "chart_not_found"
	ChartInvalid            Code = "chart_invalid"
	ChartDigestMismatch     Code = "chart_digest_mismatch"
	RepositoryAddressRefuse Code = "repository_address_refused"
	RepositoryUnreachable   Code = "repository_unreachable"
	ValuesRefused           Code = "values_refused"    // detail: paths of values
	RightsMissing           Code = "rights_missing"    // detail: verb and resource
	ReleaseConflict         Code = "release_conflict"  // detail: objects that belong to somebody else
	HookFailed              Code = "hook_failed"       // detail: the hook's objects
	NotReadyInTime          Code = "not_ready_in_time" // detail: what is not ready
	PodRefused              Code = "pod_refused"       // detail: what has pods that are refused
	Interrupted             Code = "interrupted"       // asked to stop
	ClusterRefused          Code = "cluster_refused"   // no connection to the API server
	ClusterTimeout          Code = "cluster_timeout"   // no answer of the API server
	InstallFailed           Code = "install_failed"    // anything else
)
