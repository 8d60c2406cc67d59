package eks

import (
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// Foreign texts are read for known words only. What is taken out of them has to look like the name of an action or a
// zone; nothing else of them gets any further.
var (
	deniedAction = regexp.MustCompile(`(?:perform: |API: )([a-z0-9-]{2,40}:[A-Za-z]{3,60})\b`)
	zoneList     = regexp.MustCompile(`choose from these availability zones: ([a-z0-9, -]{1,400})`)
	zoneName     = regexp.MustCompile(`^[a-z]{2}(?:-[a-z]+)+-[0-9][a-z]$`)
)

// clue is a word in the reason of a failure and what it gives away.
type clue struct {
	word string
	verdict
}

// clues are tried in order: a reason often names a general class beside the particular one.
var clues = [...]clue{
	{"sufficient capacity", verdict{provision.Capacity, apperr.CloudCapacity}},
	{"InsufficientInstanceCapacity", verdict{provision.Capacity, apperr.CloudCapacity}},
	{"UnsupportedAvailabilityZone", verdict{provision.Capacity, apperr.CloudCapacity}},
	{"failed to join the kubernetes cluster", verdict{provision.TimedOut, apperr.CloudNodesMissing}},
	{"security token included in the request is expired", verdict{provision.Expired, apperr.CloudSessionExpired}},
	{"security token included in the request is invalid", verdict{provision.Expired, apperr.CloudSessionExpired}},
	{"HandlerErrorCode: InvalidCredentials", verdict{provision.Expired, apperr.CloudSessionExpired}},
	{"HandlerErrorCode: AccessDenied", verdict{provision.Denied, apperr.CloudPermissions}},
	{"HandlerErrorCode: UnauthorizedTaggingOperation", verdict{provision.Denied, apperr.CloudPermissions}},
	{"not authorized", verdict{provision.Denied, apperr.CloudPermissions}},
	{"DependencyViolation", verdict{provision.Unknown, apperr.CloudInUse}},
	{"has dependencies and cannot be deleted", verdict{provision.Unknown, apperr.CloudInUse}},
	{"has a dependent object", verdict{provision.Unknown, apperr.CloudInUse}},
	{"has some mapped public address", verdict{provision.Unknown, apperr.CloudInUse}},
	{"already exists", verdict{provision.NameTaken, apperr.CloudNameTaken}},
	{"HandlerErrorCode: AlreadyExists", verdict{provision.NameTaken, apperr.CloudNameTaken}},
	{"already in use on this cluster", verdict{provision.NameTaken, apperr.CloudNameTaken}},
	{"unsupported Kubernetes version", verdict{provision.Invalid, apperr.CloudVersion}},
	{"InvalidSubnet", verdict{provision.Invalid, apperr.CloudNetwork}},
	{"InvalidGroup", verdict{provision.Invalid, apperr.CloudNetwork}},
	{"InvalidSecurityGroup", verdict{provision.Invalid, apperr.CloudNetwork}},
	{"InsufficientFreeAddresses", verdict{provision.Invalid, apperr.CloudSubnetFull}},
	{"exceeded the specified timeout", verdict{provision.TimedOut, apperr.CloudTimeout}},
	{"Exceeded attempts to wait", verdict{provision.TimedOut, apperr.CloudTimeout}},
	{"HandlerErrorCode: NotStabilized", verdict{provision.TimedOut, apperr.CloudTimeout}},
	{"HandlerErrorCode: Throttling", verdict{provision.Throttled, apperr.CloudThrottled}},
	{"Rate exceeded", verdict{provision.Throttled, apperr.CloudThrottled}},
	{"HandlerErrorCode: ServiceInternalError", verdict{provision.Transient, apperr.CloudUnavailable}},
	{"HandlerErrorCode: InternalFailure", verdict{provision.Transient, apperr.CloudUnavailable}},
	{"HandlerErrorCode: NetworkFailure", verdict{provision.Transient, apperr.CloudUnavailable}},
	{"HandlerErrorCode: NotFound", verdict{provision.Gone, apperr.CloudGone}},
	{"HandlerErrorCode: InvalidRequest", verdict{provision.Invalid, apperr.CloudInvalid}},
	{"Property validation failure", verdict{provision.Invalid, apperr.CloudInvalid}},
}

// quotas are the words by which each quota is named, most often by EC2.
var quotas = [...]struct {
	word string
	code apperr.Code
}{
	{"maximum number of VPCs", apperr.CloudQuotaNetworks},
	{"VpcLimitExceeded", apperr.CloudQuotaNetworks},
	{"maximum number of internet gateways", apperr.CloudQuotaGateways},
	{"InternetGatewayLimitExceeded", apperr.CloudQuotaGateways},
	{"NatGatewayLimitExceeded", apperr.CloudQuotaGateways},
	{"maximum number of addresses", apperr.CloudQuotaAddresses},
	{"AddressLimitExceeded", apperr.CloudQuotaAddresses},
	{"VcpuLimitExceeded", apperr.CloudQuotaMachines},
	{"vCPU limit", apperr.CloudQuotaMachines},
	{"vCPU capacity", apperr.CloudQuotaMachines},
	{"InstanceLimitExceeded", apperr.CloudQuotaMachines},
	{"maximum number of clusters", apperr.CloudQuotaClusters},
	{"Cluster limit exceeded", apperr.CloudQuotaClusters},
	{"HandlerErrorCode: ServiceLimitExceeded", apperr.CloudQuota},
	{"LimitExceeded", apperr.CloudQuota},
	{"maximum number of", apperr.CloudQuota},
}

// failureOf judges why a part of a stack failed. The words of AWS stay behind.
func failureOf(resourceType, reason string) provision.Failure {
	v := verdictOnReason(reason)
	f := provision.Failure{Class: v.class, Code: v.code, ResourceType: resourceType}
	if v.class == provision.Denied {
		f.Action = missingAction(reason)
	}
	if v.class == provision.Capacity {
		f.Zones = zonesIn(reason)
	}
	return f
}

func verdictOnReason(reason string) verdict {
	if code := quotaOf(reason); code != "" && code != apperr.CloudQuota {
		return verdict{provision.Quota, code}
	}
	for _, c := range &clues {
		if strings.Contains(reason, c.word) {
			return c.verdict
		}
	}
	if code := quotaOf(reason); code != "" {
		return verdict{provision.Quota, code}
	}
	return verdict{provision.Unknown, apperr.CloudUnknown}
}

// quotaOf returns the code of the quota that a text complains of, if any.
func quotaOf(text string) apperr.Code {
	for _, q := range &quotas {
		if strings.Contains(text, q.word) {
			return q.code
		}
	}
	return ""
}

// isFollowUp reports whether a part failed only because another one did.
func isFollowUp(reason string) bool {
	return strings.HasPrefix(reason, "Resource creation cancelled") ||
		strings.HasPrefix(reason, "Resource update cancelled") ||
		strings.HasPrefix(reason, "Resource deletion cancelled")
}

// missingAction returns the action that a refusal names; empty when it names none.
func missingAction(text string) string {
	if m := deniedAction.FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// zonesIn returns the zones that a refusal offers instead.
func zonesIn(text string) []string {
	m := zoneList.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	var zones []string
	for zone := range strings.SplitSeq(m[1], ",") {
		if zone = strings.TrimSpace(zone); zoneName.MatchString(zone) {
			zones = append(zones, zone)
		}
	}
	return zones
}
