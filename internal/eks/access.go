package eks

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/roadstead/roadstead/internal/provision"
)

// The access policies of EKS that our role has in a cluster: everything while we make it or take it down, and looking
// around, but at no Secret, in between.
const (
	adminPolicy = "AmazonEKSClusterAdminPolicy"
	viewPolicy  = "AmazonEKSViewPolicy"
)

// Narrow puts the policy to look around in the place of the administrator's. The access entry of our role stays: it is a
// part of the stack.
func (c *Cloud) Narrow(ctx context.Context, s provision.Session, role provision.Role, run provision.Run) error {
	if err := c.associate(ctx, s, role, run, viewPolicy); err != nil {
		return err
	}
	_, err := c.eks(s).DisassociateAccessPolicy(ctx, &awseks.DisassociateAccessPolicyInput{
		ClusterName: &run.Spec.Name, PrincipalArn: &role.ARN, PolicyArn: policyARN(s, adminPolicy),
	})
	if answered(err, "ResourceNotFoundException") {
		return nil
	}
	return failed("ending our right to enter the cluster as an administrator", err)
}

// Widen gives our role the administrator's policy again.
func (c *Cloud) Widen(ctx context.Context, s provision.Session, role provision.Role, run provision.Run) error {
	return c.associate(ctx, s, role, run, adminPolicy)
}

// associate adds a policy for the whole cluster; one that is there stays.
func (c *Cloud) associate(
	ctx context.Context, s provision.Session, role provision.Role, run provision.Run, policy string,
) error {
	_, err := c.eks(s).AssociateAccessPolicy(ctx, &awseks.AssociateAccessPolicyInput{
		ClusterName: &run.Spec.Name, PrincipalArn: &role.ARN, PolicyArn: policyARN(s, policy),
		AccessScope: &types.AccessScope{Type: types.AccessScopeTypeCluster},
	})
	return failed("changing our right to enter the cluster", err)
}

func policyARN(s provision.Session, policy string) *string {
	return aws.String("arn:" + s.Partition + ":eks::aws:cluster-access-policy/" + policy)
}
