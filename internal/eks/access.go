package eks

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/provision"
)

// Narrow takes the administrator's policy off the access entry of our role. The entry stays: it is a part of the stack.
func (c *Cloud) Narrow(ctx context.Context, s provision.Session, role provision.Role, run provision.Run) error {
	_, err := c.eks(s).DisassociateAccessPolicy(ctx, &awseks.DisassociateAccessPolicyInput{
		ClusterName:  &run.Spec.Name,
		PrincipalArn: &role.ARN,
		PolicyArn:    aws.String("arn:" + s.Partition + ":eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"),
	})
	if answered(err, "ResourceNotFoundException") {
		return nil
	}
	return failed("ending our right to enter the cluster", err)
}
