package apperr

import "iter"

// Entry is one row of the table of codes.
type Entry struct {
	Code    Code
	Status  int    // HTTP status of an API answer that carries the code
	Message string // one safe sentence for people
	Hint    string // what the reader can do about it
}

// Anchor is where the documentation explains the code.
func (e Entry) Anchor() string { return e.Code.Anchor() }

// Lookup finds the row of a code.
func Lookup(code Code) (Entry, bool) {
	for i := range table {
		if table[i].Code == code {
			return table[i], true
		}
	}
	return Entry{}, false
}

// All yields the table in the order of the documentation.
func All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for i := range table {
			if !yield(table[i]) {
				return
			}
		}
	}
}

// table is the closed set, the one place for these words. Read only. Statuses: 4xx when the caller or the
// cluster's owner can mend it by another request, 502 and 504 when the cluster failed, 503 when waiting helps.
//
//nolint:lll // one row a line
var table = [...]Entry{
	{InvalidRequest, 400, "The request could not be understood.", "Compare it with the API description at /api/v1/openapi.json."},
	{ValidationFailed, 422, "Some of the given values are not acceptable.", "Correct the named fields and try again."},
	{NotFound, 404, "There is no such thing, or you may not see it.", "Check the name and the level (instance, group or project)."},
	{AlreadyExists, 409, "Something of this name exists already.", "Choose another name, or use the existing one."},
	{Conflict, 409, "The object was changed by somebody else meanwhile.", "Load it again and repeat the change."},
	{Unauthenticated, 401, "A valid token or session is needed.", "Sign in, or send the token in the Authorization header."},
	{Forbidden, 403, "Your role does not allow this.", "Ask an owner of the group or project for the role you need."},
	{RateLimited, 429, "Too many requests of this kind.", "Wait for the time given in Retry-After."},
	{Internal, 500, "Something went wrong on our side.", "Try again; if it stays, give the correlation id to your administrator."},
	{Unavailable, 503, "The service cannot do this right now.", "Try again shortly; administrators see the reason in the log."},
	{AmbiguousName, 409, "The name fits more than one object.", "Name its level or id as well."},
	{LeaseLost, 503, "Another worker took over this work.", "Nothing to do: it goes on there."},
	{CredentialLimit, 429, "Too many credentials are being made for this cluster.", "Wait a minute, or reuse the credential you have."},
	{CredentialTimeout, 504, "The worker did not make the credential in time.", "Check the cluster's connection, then try again."},
	{CredentialKey, 500, "The stored credential was sealed to a key that this process does not hold.", "Start the worker with the keyset that sealed it, or enter the token again."},
	{CredentialContext, 409, "The stored credential belongs to another address, CA or owner.", "Enter the token again: it cannot be used after such a change."},
	{CredentialAdmin, 409, "The credential may do everything in the cluster.", "Swap it for an account of our own with only the needed rights: `roadstead cluster identity adopt`."},
	{IdentityNoToken, 502, "The cluster did not make a token for our own account.", "See whether its kube-controller-manager runs, then adopt the identity again."},
	{IdentityUnproven, 502, "The cluster did not take the token of our own account for ours.", "See whether something between us and the API server changes who signs in, then adopt the identity again."},

	{IdempotencyKeyInvalid, 400, "The Idempotency-Key is not one.", "Send one such header with 1 to 255 characters of visible ASCII, for example a random UUID."},
	{IdempotencyKeyReused, 422, "This Idempotency-Key came with another request.", "Use a key of its own for each change; only a repeat of the same request has the same one."},
	{IdempotencyInProgress, 409, "The first request with this Idempotency-Key is still running.", "Repeat it after the time given in Retry-After: it gets the answer of the first one."},
	{IdempotencyAnswerNotKept, 409, "The first request with this Idempotency-Key was carried out, but its answer was not kept.", "It held a secret, or was very large. Look at what was made; revoke a token or credential that never reached you, and make another one under a new key."},

	{SignInStale, 400, "This sign-in was not begun in this browser, took too long, or was used already.", "Begin again on the sign-in page."},
	{SignInDenied, 403, "The sign-in provider did not let you through.", "Try again; if it stays, ask who runs the provider for access to Roadstead."},
	{SignInUntrusted, 502, "The sign-in provider's answer cannot be trusted.", "Try again; if it stays, your administrator sees the reason in the log."},
	{SignInUnavailable, 503, "The sign-in provider does not answer.", "Try again shortly; administrators can sign in with an access token meanwhile."},
	{SignInUnknown, 403, "The sign-in provider knows you, but there is no user for you here.", "Ask an administrator to make one, or to link yours; he finds your subject in the server's log."},
	{SignInBlocked, 403, "Your user is blocked.", "Ask an administrator."},

	{ClusterAddressRefused, 422, "The cluster's address is not allowed, or its name cannot be resolved.", "Check the address; an administrator can allow a private one with ROADSTEAD_EGRESS_ALLOW."},
	{ClusterRefused, 502, "The cluster did not accept the connection, or closed it.", "Check that the API server runs at this address and port and that a firewall lets us in."},
	{ClusterTimeout, 504, "The cluster did not answer in time.", "Check the network path to the API server and its load."},
	{ClusterTLSUntrusted, 502, "The cluster's certificate is not signed by the CA that we know.", "Give the CA certificate of the cluster (kubeconfig: certificate-authority-data)."},
	{ClusterTLSHostname, 502, "The cluster's certificate is for another host name.", "Use an address that the certificate names, or add this one to it."},
	{ClusterTLSExpired, 502, "The cluster's certificate has expired or is not valid yet.", "Renew the API server's certificate; check the clocks on both sides."},
	{ClusterTLSFailed, 502, "No secure connection to the cluster could be made.", "The address must speak TLS 1.2 or newer; check that it is the API server's."},
	{ClusterUnauthorized, 502, "The cluster does not accept our token.", "Give a new token; the old one may have been deleted or have expired."},
	{ClusterForbidden, 502, "Our account in the cluster lacks the right for this.", "Apply the output of `roadstead cluster manifest` as a cluster administrator."},
	{ClusterNotFound, 404, "The cluster has no such object.", "It may have been removed there; refresh and try again."},
	{ClusterConflict, 409, "Somebody else changes the same object in the cluster.", "Try again; if it stays, see which other tool manages this object."},
	{ClusterInvalid, 422, "The cluster refuses the object as invalid.", "See the details in the log; a policy or another version of Kubernetes may want it differently."},
	{ClusterThrottled, 503, "The cluster asks us to slow down.", "It is tried again by itself; check the API server's load if this stays."},
	{ClusterRedirected, 502, "The cluster answered with a redirect, which is never followed.", "Register the address of the API server itself, not of a portal before it."},
	{ClusterResponseTooLarge, 502, "The cluster's answer was larger than we accept.", "Check that the address is an API server; reduce very large objects."},
	{ClusterBadResponse, 502, "The answer did not come from a Kubernetes API server.", "Check address, port and base path of the API URL."},
	{ClusterServerError, 502, "The cluster's API server failed while it handled the request.", "Look at the API server's health and at its admission webhooks."},
	{ClusterBreakerOpen, 503, "The cluster failed several times in a row, so we pause before the next try.", "It is tried again within five minutes; `roadstead cluster check` tries at once."},
	{ClusterVersionOld, 422, "The cluster's Kubernetes version is older than the supported ones.", "Upgrade the cluster to Kubernetes 1.30 or newer."},
	{ClusterUnsupported, 500, "This kind of request to a cluster is not supported.", "Report it: the supported API groups are a fixed list."},
	{ClusterScopeTaken, 409, "Another cluster of this owner serves the same environments.", "Change the environment scope of that cluster or remove it, then try again: nothing is made anew."},

	{KubeconfigInvalid, 422, "The kubeconfig cannot be read.", "Give the YAML that `kubectl config view --raw --minify --flatten` prints."},
	{KubeconfigExecRefused, 422, "The kubeconfig runs a command to get its credential, which is refused.", "Give a service account token instead; `roadstead cluster manifest` makes one."},
	{KubeconfigAuthProviderRefused, 422, "The kubeconfig uses an auth provider, which is refused.", "Give a service account token instead; `roadstead cluster manifest` makes one."},
	{KubeconfigPathRefused, 422, "The kubeconfig refers to files, which are not read.", "Embed them: `kubectl config view --raw --minify --flatten`."},
	{KubeconfigProxyRefused, 422, "The kubeconfig names a proxy, which is refused.", "Remove proxy-url; an egress proxy is the operator's setting."},
	{KubeconfigImpersonationRefused, 422, "The kubeconfig impersonates another identity, which is refused.", "Give a token of the account that is meant."},
	{KubeconfigInsecureRefused, 422, "The kubeconfig turns certificate checks off or renames the server, which is refused.", "Give the cluster's CA certificate and an address that its certificate names."},
	{KubeconfigClientCertificateRefused, 422, "The kubeconfig uses a client certificate, which is refused.", "Give a service account token instead; `roadstead cluster manifest` makes one."},
	{KubeconfigNoToken, 422, "The kubeconfig holds no token.", "Give a service account token; `roadstead cluster manifest` makes one."},

	{RightsMissing, 422, "Our account in the cluster lacks rights that this application needs.", "Apply the shown manifest as a cluster administrator, then try again."},
	{OperationForeign, 409, "Another installation of Roadstead runs this application's operation in the cluster.", "Let it finish there, or remove its pod by hand."},
	{OperationInProgress, 409, "An operation of this application is still running.", "Wait for its end, then try again."},
	{ImagePullFailed, 502, "The cluster could not pull the installer's image.", "Check ROADSTEAD_INSTALLER_IMAGE and the pull secrets; see if the nodes reach the registry."},
	{HookFailed, 502, "A hook of the chart failed.", "The log shows which job failed and why; correct the values and try again."},
	{NotReadyInTime, 504, "The application was installed, but did not become ready in time.", "See its pods: often an image, a volume or a quota is missing."},
	{ChartNotFound, 404, "The chart or this version of it does not exist in the repository.", "Check chart name and version of the catalog entry."},
	{ChartInvalid, 422, "The chart cannot be used.", "The log names the file; try another version of the chart."},
	{ChartDigestMismatch, 409, "The chart's content changed since it was first installed.", "Find out why the repository serves other content under the same version before going on."},
	{RepositoryAddressRefused, 422, "The chart repository's address is not allowed, or its name cannot be resolved.", "Check the address; an administrator can allow a private one with ROADSTEAD_EGRESS_ALLOW."},
	{RepositoryUnreachable, 502, "The chart repository did not answer properly.", "Check that the nodes of the cluster reach it, and its health."},
	{ValuesRefused, 422, "The chart refuses the given values.", "The log names the value; correct it and try again."},
	{ReleaseConflict, 409, "Objects of the chart exist already and belong to something else.", "Remove them or adopt them into the release; the log names them."},
	{PodRefused, 422, "The cluster does not accept the install pod.", "A policy or quota of the cluster refused it; see the details in the log."},
	{PodEvicted, 502, "The install pod was removed before it ended.", "Try again; see whether the node was drained or short of memory."},
	{DeadlineExceeded, 504, "The operation did not end within its deadline.", "The log shows the last step; try again or raise the deadline of the catalog entry."},
	{Interrupted, 503, "The operation was stopped before its end.", "Try again: it goes on from what the cluster has."},
	{InstallFailed, 502, "The chart could not be installed.", "The log shows the step that failed."},
	{ApplicationUnknown, 404, "The catalog has no such application.", "`roadstead app list` shows the catalog."},
	{ApplicationState, 409, "The application's state does not allow this now.", "Look at its state; wait for a running operation to end."},

	{NamespaceForeign, 409, "A namespace of this name exists and belongs to somebody else.", "Choose another name for the environment, or adopt the namespace explicitly."},
	{NamespaceReserved, 422, "This namespace name is reserved.", "Choose another name for the project or environment."},
	{NamespaceNameTaken, 409, "Another project or environment uses this namespace name on the cluster.", "Choose another name for the environment."},
	{NamespaceTerminating, 409, "The namespace is being deleted in the cluster.", "Wait until it is gone; it is made again then. A finalizer may hold it."},
	{NamespaceNoCluster, 422, "No cluster is registered for this project and environment.", "Add a cluster to the project, its group or the instance, with a fitting environment scope."},

	{CloudThrottled, 503, "The cloud asks us to slow down.", "It is tried again by itself."},
	{CloudUnavailable, 503, "The cloud did not answer properly.", "It is tried again by itself; see the cloud's status page if this stays."},
	{CloudSessionExpired, 503, "Our temporary credentials for the account have expired.", "New ones are fetched by themselves."},
	{CloudCredentials, 503, "We have no valid credentials of our own for the cloud.", "An administrator gives the worker an AWS identity: a role of its machine, or keys in the settings."},
	{CloudRoleRefused, 422, "The role does not let us in.", "Check its ARN, and that it trusts our account on condition of the shown external id."},
	{CloudRoleOpen, 422, "The role can be assumed without the right external id, so anybody who knows its ARN could get in through us.", "Add the condition sts:ExternalId with the shown value to its trust policy, then verify it again."},
	{CloudAccountMismatch, 422, "The role led to another account than its ARN names.", "Register the role again with the ARN that the account's console shows."},
	{CloudPermissions, 422, "The role may not do something that is needed.", "Allow it the named action; the bootstrap template holds all of them."},
	{CloudInvalid, 422, "The cloud refuses the request as invalid.", "Check the form; administrators see the cloud's own words in the log under the correlation id."},
	{CloudUnknown, 502, "The cloud reported a failure that we do not know.", "Administrators see its own words in the log under the correlation id."},
	{CloudRegion, 422, "The region does not exist or is not enabled in the account.", "Enable it in the account's settings, or choose another region."},
	{CloudVersion, 422, "This version of Kubernetes is not offered.", "Choose one of the offered versions."},
	{CloudVersionEnding, 422, "The standard support of this version of Kubernetes ends within 60 days.", "Choose a newer version, or upgrade soon: what follows costs six times as much or is an upgrade without asking."},
	{CloudNameTaken, 409, "The account has something of this name already.", "Choose another name."},
	{CloudNetwork, 422, "The network, a subnet or a security group does not exist or does not belong together.", "Choose them from the lists of the form."},
	{CloudZones, 422, "The subnets are not in two zones that can hold a cluster.", "Choose subnets in two or more of the named zones."},
	{CloudSubnetFull, 422, "A subnet has too few free addresses.", "Choose larger subnets: a cluster takes six addresses in each, every machine and pod one more."},
	{CloudInstanceType, 422, "The zones do not offer this type of machine, or it has another architecture.", "Choose another type, or subnets in the named zones."},
	{CloudCapacity, 422, "A zone has no capacity left.", "Try again with subnets in the named zones, with another type of machine, or later."},
	{CloudQuota, 422, "A quota of the account is used up.", "Ask the cloud for more under Service Quotas, or remove what is not needed, then try again."},
	{CloudQuotaNetworks, 422, "The account has no room for another network (VPC) in this region.", "Raise the quota \"VPCs per Region\", remove a VPC, or use an existing one."},
	{CloudQuotaGateways, 422, "The account has no room for another internet or NAT gateway.", "Raise the quota \"Internet gateways per Region\" or \"NAT gateways per Availability Zone\", or use an existing network."},
	{CloudQuotaAddresses, 422, "The account has no room for another public address in this region.", "Raise the quota \"EC2-VPC Elastic IPs\", release one, or use an existing network."},
	{CloudQuotaMachines, 422, "The account may not run this many machines.", "Raise the quota \"Running On-Demand Standard instances\", or choose fewer or smaller machines."},
	{CloudQuotaClusters, 422, "The account has no room for another cluster in this region.", "Raise the quota \"Clusters\" of Amazon EKS, or delete one."},
	{CloudTimeout, 504, "The cloud did not finish in time.", "What was made is taken back; try again."},
	{CloudEndpointLate, 504, "The cluster exists, but its API server was not reachable in time.", "Check that our addresses are among the allowed ones, then try again: nothing is made anew."},
	{CloudNodesMissing, 422, "No machine has joined the cluster.", "Check that the subnets have a route to the internet or to the endpoints of EKS, ECR and S3."},
	{CloudNodesUnhealthy, 422, "The cloud reports trouble with the cluster's machines.", "See the node group in the cloud's console."},
	{CloudClusterFailed, 502, "The cloud reports that the cluster has failed.", "See the cluster in the cloud's console; delete it and try again."},
	{CloudGone, 409, "Somebody deleted it in the account.", "Forget it here, or make a new one."},
	{CloudInUse, 409, "Something in the account still uses a part of the network.", "Remove load balancers, network interfaces and machines that others made there, then try again."},
	{CloudDeleteBlocked, 409, "Some parts could not be deleted.", "Remove what uses them and try again, or choose to leave them in the account."},
	{CloudRollbackFailed, 409, "The cloud could not take back all that it had made, so something is left and costs.", "Delete it from here, or in the account's console."},
	{CloudReplaceRefused, 422, "The change would make the cluster or its network anew, and delete the old one.", "It is not done. Make a second cluster beside this one instead."},
	{CloudBusy, 409, "The cloud is still changing it.", "Wait for the end of that, then try again."},
	{CloudRoleUnverified, 409, "The role has not let us in yet.", "Register its ARN and wait until it is verified; `roadstead eks role verify` tries again."},
	{CloudRoleTaken, 409, "This role is registered already, for somebody else or under another name.", "Use that registration, or make a role of its own with the external id shown here."},
	{CloudRoleInUse, 409, "Clusters in the role's account depend on it.", "Delete or forget them first."},
	{CloudRunState, 409, "The state of this cluster does not allow that now.", "Look at its state; wait for what is under way to end."},
	{CloudManaged, 409, "The connection of a cluster that Roadstead made is not edited by hand.", "It is kept current by itself; name, scope and the rest can be changed."},
}
