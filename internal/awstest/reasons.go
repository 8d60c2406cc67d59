package awstest

import (
	"strings"
)

// usualReason is what CloudFormation says most often about a type of resource.
func usualReason(kind string, phase Phase) string {
	const handler = ` (RequestToken: 5d2c8c1e-90a1-8d2f-0e52-6c2a7d0b5e11, HandlerErrorCode: `
	short := strings.TrimPrefix(kind, "AWS::")
	if phase == Deleting {
		if kind == "AWS::EC2::VPC" || kind == "AWS::EC2::Subnet" {
			return "Resource handler returned message: \"The resource has dependencies and cannot be deleted. (Service: Ec2, " +
				"Status Code: 400, Error Code: DependencyViolation)\"" + handler + "InvalidRequest)"
		}
		return "Resource handler returned message: \"" + short + " could not be deleted\"" + handler + "GeneralServiceException)"
	}
	switch kind {
	case "AWS::EC2::VPC":
		return "Resource handler returned message: \"The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400, " +
			"Error Code: VpcLimitExceeded)\"" + handler + "ServiceLimitExceeded)"
	case "AWS::EC2::EIP":
		return "Resource handler returned message: \"The maximum number of addresses has been reached. (Service: Ec2, " +
			"Status Code: 400, Error Code: AddressLimitExceeded)\"" + handler + "ServiceLimitExceeded)"
	case "AWS::EKS::Nodegroup":
		return "Resource handler returned message: \"[Issue(Code=AsgInstanceLaunchFailures, Message=Could not launch On-Demand " +
			"Instances. VcpuLimitExceeded - You have requested more vCPU capacity than your current vCPU limit of 5 allows for " +
			"the instance bucket that the specified instance type belongs to.)]\"" + handler + "GeneralServiceException)"
	case "AWS::EKS::Cluster":
		return "Resource handler returned message: \"Cluster limit exceeded: the maximum number of clusters has been reached " +
			"(Service: Eks, Status Code: 400)\"" + handler + "ServiceLimitExceeded)"
	}
	return "Resource handler returned message: \"" + short + " could not be " + string(phase) + "\"" + handler + "GeneralServiceException)"
}
