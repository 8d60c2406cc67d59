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

// What a request that names itself by an Idempotency-Key can be told.
const (
	IdempotencyKeyInvalid    Code = "idempotency_key_invalid"
	IdempotencyKeyReused     Code = "idempotency_key_reused"
	IdempotencyInProgress    Code = "idempotency_in_progress"
	IdempotencyAnswerNotKept Code = "idempotency_answer_not_kept"
)

// What signing in through the organisation's provider can end in.
const (
	SignInStale       Code = "sign_in_stale"
	SignInDenied      Code = "sign_in_denied"
	SignInUntrusted   Code = "sign_in_untrusted"
	SignInUnavailable Code = "sign_in_unavailable"
	SignInUnknown     Code = "sign_in_unknown"
	SignInBlocked     Code = "sign_in_blocked"
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
	ClusterScopeTaken       Code = "cluster_scope_taken"
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

// What making a cluster in a cloud can end in.
const (
	CloudThrottled       Code = "cloud_throttled"
	CloudUnavailable     Code = "cloud_unavailable"
	CloudSessionExpired  Code = "cloud_session_expired"
	CloudCredentials     Code = "cloud_credentials"
	CloudRoleRefused     Code = "cloud_role_refused"
	CloudRoleOpen        Code = "cloud_role_open"
	CloudAccountMismatch Code = "cloud_account_mismatch"
	CloudPermissions     Code = "cloud_permissions"
	CloudInvalid         Code = "cloud_invalid"
	CloudUnknown         Code = "cloud_unknown"
	CloudRegion          Code = "cloud_region"
	CloudVersion         Code = "cloud_version"
	CloudVersionEnding   Code = "cloud_version_ending"
	CloudNameTaken       Code = "cloud_name_taken"
	CloudNetwork         Code = "cloud_network"
	CloudZones           Code = "cloud_zones"
	CloudSubnetFull      Code = "cloud_subnet_full"
	CloudInstanceType    Code = "cloud_instance_type"
	CloudCapacity        Code = "cloud_capacity"
	CloudQuota           Code = "cloud_quota"
	CloudQuotaNetworks   Code = "cloud_quota_networks"
	CloudQuotaGateways   Code = "cloud_quota_gateways"
	CloudQuotaAddresses  Code = "cloud_quota_addresses"
	CloudQuotaMachines   Code = "cloud_quota_machines"
	CloudQuotaClusters   Code = "cloud_quota_clusters"
	CloudTimeout         Code = "cloud_timeout"
	CloudEndpointLate    Code = "cloud_endpoint_late"
	CloudNodesMissing    Code = "cloud_nodes_missing"
	CloudNodesUnhealthy  Code = "cloud_nodes_unhealthy"
	CloudClusterFailed   Code = "cloud_cluster_failed"
	CloudGone            Code = "cloud_gone"
	CloudInUse           Code = "cloud_in_use"
	CloudDeleteBlocked   Code = "cloud_delete_blocked"
	CloudRollbackFailed  Code = "cloud_rollback_failed"
	CloudReplaceRefused  Code = "cloud_replace_refused"
	CloudBusy            Code = "cloud_busy"

	CloudRoleUnverified Code = "cloud_role_unverified"
	CloudRoleTaken      Code = "cloud_role_taken"
	CloudRoleInUse      Code = "cloud_role_in_use"
	CloudRunState       Code = "cloud_run_state"
	CloudManaged        Code = "cloud_managed"
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
