package apperr

// Code names a failure to people and programs. The set is closed: codes.go holds its table.
type Code string

// What a request can do wrong, or we.
const (
	InvalidRequest    Code = "invalid_request"
	ValidationFailed  Code = "validation_failed"
	NotFound          Code = "not_found"
	AlreadyExists     Code = "already_exists"
	Conflict          Code = "conflict"
	Unauthenticated   Code = "unauthenticated"
	Forbidden         Code = "forbidden"
	RateLimited       Code = "rate_limited"
	Internal          Code = "internal"
	Unavailable       Code = "unavailable"
	AmbiguousName     Code = "ambiguous_name"
	LeaseLost         Code = "lease_lost"
	CredentialLimit   Code = "credential_limit"
	CredentialTimeout Code = "credential_timeout"
	CredentialKey     Code = "credential_key"
	CredentialContext Code = "credential_context"
	CredentialAdmin   Code = "credential_admin"
	IdentityNoToken   Code = "identity_no_token"
	IdentityUnproven  Code = "identity_unproven"
)

// What calling a cluster can end in.
const (
	ClusterAddressRefused   Code = "cluster_address_refused"
	ClusterRefused          Code = "cluster_refused"
	ClusterTimeout          Code = "cluster_timeout"
	ClusterTLSUntrusted     Code = "cluster_tls_untrusted"
	ClusterTLSHostname      Code = "cluster_tls_hostname"
	ClusterTLSExpired       Code = "cluster_tls_expired"
	ClusterTLSFailed        Code = "cluster_tls_failed"
	ClusterUnauthorized     Code = "cluster_unauthorized"
	ClusterForbidden        Code = "cluster_forbidden"
	ClusterNotFound         Code = "cluster_not_found"
	ClusterConflict         Code = "cluster_conflict"
	ClusterInvalid          Code = "cluster_invalid"
	ClusterThrottled        Code = "cluster_throttled"
	ClusterRedirected       Code = "cluster_redirected"
	ClusterResponseTooLarge Code = "cluster_response_too_large"
	ClusterBadResponse      Code = "cluster_bad_response"
	ClusterServerError      Code = "cluster_server_error"
	ClusterBreakerOpen      Code = "cluster_breaker_open"
	ClusterVersionOld       Code = "cluster_version_old"
	ClusterUnsupported      Code = "cluster_unsupported"
)

// What a pasted kubeconfig can be refused for.
const (
	KubeconfigInvalid                  Code = "kubeconfig_invalid"
	KubeconfigExecRefused              Code = "kubeconfig_exec_refused"
	KubeconfigAuthProviderRefused      Code = "kubeconfig_auth_provider_refused"
	KubeconfigPathRefused              Code = "kubeconfig_path_refused"
	KubeconfigProxyRefused             Code = "kubeconfig_proxy_refused"
	KubeconfigImpersonationRefused     Code = "kubeconfig_impersonation_refused"
	KubeconfigInsecureRefused          Code = "kubeconfig_insecure_refused"
	KubeconfigClientCertificateRefused Code = "kubeconfig_client_certificate_refused"
	KubeconfigNoToken                  Code = "kubeconfig_no_token"
)

// How an application's operation can end.
const (
	RightsMissing            Code = "rights_missing"
	OperationForeign         Code = "operation_foreign"
	OperationInProgress      Code = "operation_in_progress"
	ImagePullFailed          Code = "image_pull_failed"
	HookFailed               Code = "hook_failed"
	NotReadyInTime           Code = "not_ready_in_time"
	ChartNotFound            Code = "chart_not_found"
	ChartInvalid             Code = "chart_invalid"
	ChartDigestMismatch      Code = "chart_digest_mismatch"
	RepositoryAddressRefused Code = "repository_address_refused"
	RepositoryUnreachable    Code = "repository_unreachable"
	ValuesRefused            Code = "values_refused"
	ReleaseConflict          Code = "release_conflict"
	PodRefused               Code = "pod_refused"
	PodEvicted               Code = "pod_evicted"
	DeadlineExceeded         Code = "deadline_exceeded"
	Interrupted              Code = "interrupted"
	InstallFailed            Code = "install_failed"
	ApplicationUnknown       Code = "application_unknown"
	ApplicationState         Code = "application_state"
)

// Why a namespace cannot be provided.
const (
	NamespaceForeign     Code = "namespace_foreign"
	NamespaceReserved    Code = "namespace_reserved"
	NamespaceNameTaken   Code = "namespace_name_taken"
	NamespaceTerminating Code = "namespace_terminating"
	NamespaceNoCluster   Code = "namespace_no_cluster"
)

// Status is the HTTP status that an API answers with for c; 500 for a code outside the table.
func (c Code) Status() int {
	if e, ok := Lookup(c); ok {
		return e.Status
	}
	e, _ := Lookup(Internal)
	return e.Status
}

// Anchor is where the documentation explains c, relative to the documentation's root.
func (c Code) Anchor() string { return "reference/errors.md#" + string(c) }
