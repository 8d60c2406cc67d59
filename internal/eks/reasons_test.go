package eks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// TestFailureOf holds reasons as CloudFormation writes them against what people are told.
func TestFailureOf(t *testing.T) {
	t.Parallel()
	const kind = "AWS::EKS::Cluster"
	tests := map[string]struct {
		reason string
		want   provision.Failure
	}{
		"networks": {
			`Resource handler returned message: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, Request ID: 1)" (RequestToken: 2, HandlerErrorCode: ServiceLimitExceeded)`,
			provision.Failure{Class: provision.Quota, Code: apperr.CloudQuotaNetworks},
		},
		"addresses": {
			`Resource handler returned message: "The maximum number of addresses has been reached. (Service: Ec2, Status Code: 400)" (RequestToken: 2, HandlerErrorCode: ServiceLimitExceeded)`,
			provision.Failure{Class: provision.Quota, Code: apperr.CloudQuotaAddresses},
		},
		"machines": {
			`You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket. (VcpuLimitExceeded)`,
			provision.Failure{Class: provision.Quota, Code: apperr.CloudQuotaMachines},
		},
		"another quota": {
			`Resource handler returned message: "Too many of them" (RequestToken: 2, HandlerErrorCode: ServiceLimitExceeded)`,
			provision.Failure{Class: provision.Quota, Code: apperr.CloudQuota},
		},
		"a zone without room": {
			`Resource handler returned message: "Cannot create cluster 'x' because us-east-1e, the targeted availability zone, does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: us-east-1a, us-east-1b, us-east-1c, us-east-1d, us-east-1f (Service: Eks, Status Code: 400)"`,
			provision.Failure{
				Class: provision.Capacity, Code: apperr.CloudCapacity,
				Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c", "us-east-1d", "us-east-1f"},
			},
		},
		"a missing right": {
			`Resource handler returned message: "User: arn:aws:sts::210987654321:assumed-role/x/y is not authorized to perform: iam:CreateRole on resource: z because no identity-based policy allows it" (HandlerErrorCode: AccessDenied)`,
			provision.Failure{Class: provision.Denied, Code: apperr.CloudPermissions, Action: "iam:CreateRole"},
		},
		"a missing right, the older way": {
			`API: ec2:CreateVpc You are not authorized to perform this operation.`,
			provision.Failure{Class: provision.Denied, Code: apperr.CloudPermissions, Action: "ec2:CreateVpc"},
		},
		"a missing right without a name": {
			`You are not authorized to perform this operation. Encoded authorization failure message: abc`,
			provision.Failure{Class: provision.Denied, Code: apperr.CloudPermissions},
		},
		"a name": {
			`Resource handler returned message: "Cluster already exists with name: orders (Service: Eks, Status Code: 409)" (HandlerErrorCode: AlreadyExists)`,
			provision.Failure{Class: provision.NameTaken, Code: apperr.CloudNameTaken},
		},
		"machines that stay away": {
			`Resource handler returned message: "[Issue(Code=NodeCreationFailure, Message=Instances failed to join the kubernetes cluster, ResourceIds=[i-1])] (HandlerErrorCode: NotStabilized)`,
			provision.Failure{Class: provision.TimedOut, Code: apperr.CloudNodesMissing},
		},
		"time": {
			`Stack creation time exceeded the specified timeout. Rollback requested by user.`,
			provision.Failure{Class: provision.TimedOut, Code: apperr.CloudTimeout},
		},
		"something in use": {
			`Resource handler returned message: "The vpc 'vpc-1' has dependencies and cannot be deleted. (Service: Ec2, Status Code: 400)" (HandlerErrorCode: InvalidRequest)`,
			provision.Failure{Class: provision.Unknown, Code: apperr.CloudInUse},
		},
		"a subnet of nobody": {
			`Resource handler returned message: "The subnet ID 'subnet-1' does not exist (InvalidSubnetID.NotFound)" (HandlerErrorCode: InvalidRequest)`,
			provision.Failure{Class: provision.Invalid, Code: apperr.CloudNetwork},
		},
		"credentials of CloudFormation's": {
			`The security token included in the request is expired`,
			provision.Failure{Class: provision.Expired, Code: apperr.CloudSessionExpired},
		},
		"words of a stranger": {
			`<script>alert(1)</script> perform: <b>x:y</b>`,
			provision.Failure{Class: provision.Unknown, Code: apperr.CloudUnknown},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.want.ResourceType = kind
			if diff := cmp.Diff(test.want, failureOf(kind, test.reason)); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
		})
	}
}
