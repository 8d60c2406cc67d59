package eks

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

const (
	// clusterAddresses are what the control plane takes in each subnet. Source: the user guide of EKS, "networking
	// requirements": at least six, better sixteen.
	clusterAddresses = 6
	// usualNetworks and usualAddresses are the quotas of an account that never asked for more, by region.
	usualNetworks  = 5
	usualAddresses = 5
)

// supported are the versions in standard support.
func supported(offers []provision.Offer, now time.Time) []string {
	var names []string
	for _, o := range offers {
		if o.SupportEnds.After(now) {
			names = append(names, o.Version)
		}
	}
	return names
}

// chosenSubnets are the subnets of the spec that belong to its network.
func (c *Cloud) chosenSubnets(ctx context.Context, at subject) ([]types.Subnet, error) {
	network := at.run.Spec.Network
	return c.subnets(ctx, at.session, &ec2.DescribeSubnetsInput{Filters: []types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{network.VPCID}},
		{Name: aws.String("subnet-id"), Values: network.SubnetIDs},
	}})
}

func (c *Cloud) lookAtSubnets(ctx context.Context, at subject) (provision.Finding, error) {
	found, err := c.chosenSubnets(ctx, at)
	if err != nil {
		return provision.Finding{}, err
	}
	network := at.run.Spec.Network
	if len(found) < len(network.SubnetIDs) {
		return bad(apperr.CloudNetwork, lacking(network.SubnetIDs, found)...), nil
	}
	if len(network.SecurityGroupIDs) > 0 {
		groups, err := c.groups(ctx, at.session, []types.Filter{
			{Name: aws.String("vpc-id"), Values: []string{network.VPCID}},
			{Name: aws.String("group-id"), Values: network.SecurityGroupIDs},
		})
		if err != nil {
			return provision.Finding{}, err
		}
		if len(groups) < len(network.SecurityGroupIDs) {
			return bad(apperr.CloudNetwork, network.SecurityGroupIDs...), nil
		}
	}
	return roomIn(found, at.run.Spec.Nodes.Count), nil
}

// lacking are the ids that were not found.
func lacking(ids []string, found []types.Subnet) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return slices.ContainsFunc(found, func(s types.Subnet) bool { return aws.ToString(s.SubnetId) == id })
	})
}

// roomIn looks for the addresses of the control plane and of the machines, which are spread evenly.
func roomIn(subnets []types.Subnet, machines int) provision.Finding {
	need := clusterAddresses + (machines+len(subnets)-1)/max(len(subnets), 1)
	var full []string
	for _, subnet := range subnets {
		if free := int(aws.ToInt32(subnet.AvailableIpAddressCount)); free < need {
			full = append(full, aws.ToString(subnet.SubnetId)+": "+strconv.Itoa(free)+" of "+strconv.Itoa(need))
		}
	}
	if len(full) > 0 {
		return bad(apperr.CloudSubnetFull, full...)
	}
	return good()
}

func (c *Cloud) lookAtZones(ctx context.Context, at subject) (provision.Finding, error) {
	found, err := c.chosenSubnets(ctx, at)
	if err != nil {
		return provision.Finding{}, err
	}
	var zones, refused []string
	for _, subnet := range found {
		if refusedZone(aws.ToString(subnet.AvailabilityZoneId)) {
			refused = append(refused, aws.ToString(subnet.AvailabilityZone))
		} else {
			zones = append(zones, aws.ToString(subnet.AvailabilityZone))
		}
	}
	slices.Sort(zones)
	if zones = slices.Compact(zones); len(refused) > 0 || len(zones) < 2 {
		return bad(apperr.CloudZones, zones...), nil
	}
	return good(), nil
}

// lookAtInstanceType asks where the type is offered. Its name tells the architecture: the letter g after the number of
// the generation stands for Graviton, as in "m7g.large" and "c7gn.xlarge".
func (c *Cloud) lookAtInstanceType(ctx context.Context, at subject) (provision.Finding, error) {
	nodes := at.run.Spec.Nodes
	if isARM(nodes.InstanceType) != (nodes.Architecture == provision.ARM64) {
		return bad(apperr.CloudInstanceType), nil
	}
	zones, err := c.offeringZones(ctx, at.session, nodes.InstanceType)
	if err != nil || len(zones) == 0 {
		return bad(apperr.CloudInstanceType), err
	}
	if at.run.Spec.Network.Create {
		return good(), nil
	}
	subnets, err := c.chosenSubnets(ctx, at)
	if err != nil {
		return provision.Finding{}, err
	}
	for _, subnet := range subnets {
		if !slices.Contains(zones, aws.ToString(subnet.AvailabilityZone)) {
			return bad(apperr.CloudInstanceType, zones...), nil
		}
	}
	return good(), nil
}

func isARM(instanceType string) bool {
	family, _, _ := strings.Cut(instanceType, ".")
	if family == "a1" {
		return true
	}
	generation := strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz")
	return strings.HasPrefix(strings.TrimLeft(generation, "0123456789"), "g")
}

// lookAtQuotas counts what a new network needs. How many networks an account may have is not told by EC2, so the usual
// number is a warning; the number of addresses is.
func (c *Cloud) lookAtQuotas(ctx context.Context, at subject) (provision.Finding, error) {
	addresses, err := c.ec2(at.session).DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return provision.Finding{}, failed("counting public addresses", err)
	}
	allowed, err := c.addressQuota(ctx, at.session)
	if err != nil {
		return provision.Finding{}, err
	}
	if len(addresses.Addresses) >= allowed {
		return bad(apperr.CloudQuotaAddresses, strconv.Itoa(allowed)), nil
	}
	networks, err := c.networkIDs(ctx, at.session)
	if err != nil {
		return provision.Finding{}, err
	}
	if len(networks) >= usualNetworks {
		return warning(apperr.CloudQuotaNetworks, strconv.Itoa(len(networks))), nil
	}
	return good(), nil
}

func (c *Cloud) addressQuota(ctx context.Context, s provision.Session) (int, error) {
	const name = "vpc-max-elastic-ips"
	out, err := c.ec2(s).DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{
		AttributeNames: []types.AccountAttributeName{name},
	})
	if err != nil {
		return 0, failed("asking for quotas", err)
	}
	for _, attribute := range out.AccountAttributes {
		if aws.ToString(attribute.AttributeName) != name || len(attribute.AttributeValues) == 0 {
			continue
		}
		if n, err := strconv.Atoi(aws.ToString(attribute.AttributeValues[0].AttributeValue)); err == nil {
			return n, nil
		}
	}
	return usualAddresses, nil
}

func (c *Cloud) networkIDs(ctx context.Context, s provision.Session, filters ...types.Filter) ([]string, error) {
	var ids []string
	pages := ec2.NewDescribeVpcsPaginator(c.ec2(s), &ec2.DescribeVpcsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("counting networks", err)
		}
		for _, vpc := range page.Vpcs {
			ids = append(ids, aws.ToString(vpc.VpcId))
		}
	}
	return ids, nil
}
