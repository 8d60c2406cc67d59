package eks

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/roadstead/roadstead/internal/provision"
)

// Offers returns what a form for a cluster in the session's region offers.
func (c *Cloud) Offers(ctx context.Context, s provision.Session) (offers provision.Offers, err error) {
	if offers.Regions, err = c.regions(ctx, s); err != nil {
		return provision.Offers{}, err
	}
	if offers.Versions, err = c.versions(ctx, s); err != nil {
		return provision.Offers{}, err
	}
	if offers.Networks, err = c.networks(ctx, s); err != nil {
		return provision.Offers{}, err
	}
	offers.InstanceTypes, err = c.instanceTypes(ctx, s)
	return offers, err
}

// regions are those that the account has enabled.
func (c *Cloud) regions(ctx context.Context, s provision.Session) ([]string, error) {
	out, err := c.ec2(s).DescribeRegions(ctx, &ec2.DescribeRegionsInput{})
	if err != nil {
		return nil, failed("asking for regions", err)
	}
	var names []string
	for _, region := range out.Regions {
		names = append(names, aws.ToString(region.RegionName))
	}
	slices.Sort(names)
	return names, nil
}

func (c *Cloud) networks(ctx context.Context, s provision.Session) ([]provision.OfferNetwork, error) {
	var networks []provision.OfferNetwork
	pages := ec2.NewDescribeVpcsPaginator(c.ec2(s), &ec2.DescribeVpcsInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("asking for networks", err)
		}
		for _, vpc := range page.Vpcs {
			networks = append(networks, provision.OfferNetwork{
				ID: aws.ToString(vpc.VpcId), Name: nameIn(vpc.Tags), CIDR: aws.ToString(vpc.CidrBlock),
			})
		}
	}
	subnets, err := c.subnets(ctx, s, &ec2.DescribeSubnetsInput{})
	if err != nil {
		return nil, err
	}
	groups, err := c.groups(ctx, s, nil)
	if err != nil {
		return nil, err
	}
	return assembled(networks, subnets, groups), nil
}

func assembled(networks []provision.OfferNetwork, subnets []types.Subnet, groups []types.SecurityGroup) []provision.OfferNetwork {
	for i := range networks {
		n := &networks[i]
		for _, subnet := range subnets {
			if aws.ToString(subnet.VpcId) == n.ID {
				n.Subnets = append(n.Subnets, offeredSubnet(subnet))
			}
		}
		for _, group := range groups {
			if aws.ToString(group.VpcId) == n.ID {
				offered := provision.OfferGroup{ID: aws.ToString(group.GroupId), Name: aws.ToString(group.GroupName)}
				n.SecurityGroups = append(n.SecurityGroups, offered)
			}
		}
	}
	return networks
}

// offeredSubnet calls a subnet public when its machines get public addresses, which is what they need there to join.
func offeredSubnet(subnet types.Subnet) provision.OfferSubnet {
	return provision.OfferSubnet{
		ID: aws.ToString(subnet.SubnetId), Name: nameIn(subnet.Tags), Zone: aws.ToString(subnet.AvailabilityZone),
		Free: int(aws.ToInt32(subnet.AvailableIpAddressCount)), Public: aws.ToBool(subnet.MapPublicIpOnLaunch),
	}
}

func (c *Cloud) subnets(ctx context.Context, s provision.Session, in *ec2.DescribeSubnetsInput) ([]types.Subnet, error) {
	var subnets []types.Subnet
	pages := ec2.NewDescribeSubnetsPaginator(c.ec2(s), in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("asking for subnets", err)
		}
		subnets = append(subnets, page.Subnets...)
	}
	return subnets, nil
}

func (c *Cloud) groups(ctx context.Context, s provision.Session, filters []types.Filter) ([]types.SecurityGroup, error) {
	var groups []types.SecurityGroup
	pages := ec2.NewDescribeSecurityGroupsPaginator(c.ec2(s), &ec2.DescribeSecurityGroupsInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("asking for security groups", err)
		}
		groups = append(groups, page.SecurityGroups...)
	}
	return groups, nil
}

// instanceTypes are those of the region, whatever zone offers them.
func (c *Cloud) instanceTypes(ctx context.Context, s provision.Session) ([]string, error) {
	var names []string
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.ec2(s), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeRegion,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("asking for types of machines", err)
		}
		for _, offering := range page.InstanceTypeOfferings {
			names = append(names, string(offering.InstanceType))
		}
	}
	slices.Sort(names)
	return names, nil
}

// offeringZones are the zones of the region that offer a type of machine.
func (c *Cloud) offeringZones(ctx context.Context, s provision.Session, instanceType string) ([]string, error) {
	out, err := c.ec2(s).DescribeInstanceTypeOfferings(ctx, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone,
		Filters:      []types.Filter{{Name: aws.String("instance-type"), Values: []string{instanceType}}},
	})
	if err != nil {
		return nil, failed("asking where a type of machine is offered", err)
	}
	var zones []string
	for _, offering := range out.InstanceTypeOfferings {
		zones = append(zones, aws.ToString(offering.Location))
	}
	slices.Sort(zones)
	return zones, nil
}

func nameIn(tags []types.Tag) string {
	for _, tag := range tags {
		if aws.ToString(tag.Key) == "Name" {
			return aws.ToString(tag.Value)
		}
	}
	return ""
}
