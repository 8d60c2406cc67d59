package eks

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// Control returns the state of the run's cluster as EKS sees it, with the health of its machines once it is active.
func (c *Cloud) Control(ctx context.Context, s provision.Session, run provision.Run) (provision.Control, error) {
	if err := c.poll(s); err != nil {
		return provision.Control{}, failed("looking at the cluster", err)
	}
	client := c.eks(s)
	out, err := client.DescribeCluster(ctx, &awseks.DescribeClusterInput{Name: &run.Spec.Name})
	if answered(err, "ResourceNotFoundException") {
		return provision.Control{Status: provision.ControlNone}, nil
	}
	if err != nil {
		return provision.Control{}, failed("looking at the cluster", err)
	}
	control := controlOf(out.Cluster)
	if control.Status != provision.ControlActive {
		return control, nil
	}
	if control.NodeEntry, err = nodeEntry(ctx, client, out.Cluster, run); err != nil {
		return provision.Control{}, err
	}
	control.NodeHealth, err = nodeHealth(ctx, client, run.Spec.Name)
	return control, err
}

func controlOf(found *types.Cluster) provision.Control {
	control := provision.Control{
		Status:    controlStatus(found.Status),
		Version:   aws.ToString(found.Version),
		Endpoint:  aws.ToString(found.Endpoint),
		ConfigMap: accessMode(found) != types.AuthenticationModeApi,
	}
	if found.CertificateAuthority != nil {
		control.CAPEM = decoded(aws.ToString(found.CertificateAuthority.Data))
	}
	return control
}

// accessMode is that of the ConfigMap where a cluster says nothing, as before there were access entries.
func accessMode(found *types.Cluster) types.AuthenticationMode {
	if found.AccessConfig == nil || found.AccessConfig.AuthenticationMode == "" {
		return types.AuthenticationModeConfigMap
	}
	return found.AccessConfig.AuthenticationMode
}

func controlStatus(s types.ClusterStatus) provision.ControlStatus {
	switch s {
	case types.ClusterStatusActive:
		return provision.ControlActive
	case types.ClusterStatusFailed:
		return provision.ControlFailed
	default:
		return provision.ControlChanging
	}
}

// nodeEntry reports whether the machines' role has an access entry.
func nodeEntry(ctx context.Context, client *awseks.Client, found *types.Cluster, run provision.Run) (bool, error) {
	if accessMode(found) == types.AuthenticationModeConfigMap || run.Outputs.NodeRoleARN == "" {
		return false, nil
	}
	_, err := client.DescribeAccessEntry(ctx, &awseks.DescribeAccessEntryInput{
		ClusterName: &run.Spec.Name, PrincipalArn: &run.Outputs.NodeRoleARN,
	})
	if answered(err, "ResourceNotFoundException") {
		return false, nil
	}
	return err == nil, failed("looking for the access entry of the machines", err)
}

// nodeHealth collects what EKS has to say against the machines, each kind of trouble once.
func nodeHealth(ctx context.Context, client *awseks.Client, cluster string) ([]apperr.Code, error) {
	var codes []apperr.Code
	pages := awseks.NewListNodegroupsPaginator(client, &awseks.ListNodegroupsInput{ClusterName: &cluster})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("listing the node groups", err)
		}
		for _, name := range page.Nodegroups {
			out, err := client.DescribeNodegroup(ctx, &awseks.DescribeNodegroupInput{ClusterName: &cluster, NodegroupName: &name})
			if answered(err, "ResourceNotFoundException") {
				continue
			}
			if err != nil {
				return nil, failed("looking at a node group", err)
			}
			codes = append(codes, issueCodes(out.Nodegroup.Health)...)
		}
	}
	slices.Sort(codes)
	return slices.Compact(codes), nil
}

func issueCodes(health *types.NodegroupHealth) []apperr.Code {
	var codes []apperr.Code
	if health == nil {
		return nil
	}
	for _, issue := range health.Issues {
		codes = append(codes, issueCode(issue.Code))
	}
	return codes
}

func issueCode(code types.NodegroupIssueCode) apperr.Code {
	switch code {
	case types.NodegroupIssueCodeNodeCreationFailure, types.NodegroupIssueCodeClusterUnreachable:
		return apperr.CloudNodesMissing
	case types.NodegroupIssueCodeInstanceLimitExceeded, types.NodegroupIssueCodeLimitExceeded:
		return apperr.CloudQuotaMachines
	case types.NodegroupIssueCodeInsufficientFreeAddresses:
		return apperr.CloudSubnetFull
	case types.NodegroupIssueCodeAccessDenied:
		return apperr.CloudPermissions
	case types.NodegroupIssueCodeAsgInstanceLaunchFailures:
		return apperr.CloudCapacity
	default:
		return apperr.CloudNodesUnhealthy
	}
}
