package eks

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	awseks "github.com/aws/aws-sdk-go-v2/service/eks/types"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// The parameters that an upgrade changes.
const (
	controlVersion = "KubernetesVersion"
	nodeVersion    = "NodeVersion"
)

// parameters are what the template of a cluster is filled with. The zones are those of a new network.
func parameters(role provision.Role, run provision.Run, zones [2]string) ([]types.Parameter, error) {
	spec := run.Spec
	values := map[string]string{
		"ClusterName":            spec.Name,
		controlVersion:           spec.KubernetesVersion,
		nodeVersion:              spec.KubernetesVersion,
		"ProvisionRoleArn":       role.ARN,
		"PermissionsBoundaryArn": boundaryOf(role.StackRoleARN),
		"CreateNetwork":          strconv.FormatBool(spec.Network.Create),
		"SubnetIds":              strings.Join(spec.Network.SubnetIDs, ","),
		"SecurityGroupIds":       strings.Join(spec.Network.SecurityGroupIDs, ","),
		"NodeAmiType":            imageOf(spec.Nodes.Architecture),
		"NodeInstanceType":       spec.Nodes.InstanceType,
		"NodeCount":              strconv.Itoa(spec.Nodes.Count),
		"NodeDiskSize":           strconv.Itoa(spec.Nodes.DiskGB),
	}
	if len(spec.PublicCIDRs) > 0 {
		values["PublicAccessCidrs"] = strings.Join(spec.PublicCIDRs, ",")
	}
	if spec.Network.Create {
		bits, err := subnetBits(spec.Network.CIDR)
		if err != nil {
			return nil, err
		}
		values["NetworkCidr"], values["SubnetBits"] = spec.Network.CIDR, strconv.Itoa(bits)
		values["ZoneA"], values["ZoneB"] = zones[0], zones[1]
	}
	var list []types.Parameter
	for _, key := range slices.Sorted(maps.Keys(values)) {
		list = append(list, types.Parameter{ParameterKey: &key, ParameterValue: aws.String(values[key])})
	}
	return list, nil
}

// subnetBits is how many bits of an address count within one of the four quarters of a network.
func subnetBits(cidr string) (int, error) {
	network, err := netip.ParsePrefix(cidr)
	if err != nil || !network.Addr().Is4() {
		return 0, invalid(apperr.CloudNetwork, fmt.Errorf("%q is no network", cidr))
	}
	return 32 - network.Bits() - 2, nil
}

// zonesFor returns two zones for a new network, always the same ones, so that a repeated request stays the same.
func (c *Cloud) zonesFor(ctx context.Context, s provision.Session, instanceType string) ([2]string, error) {
	out, err := c.ec2(s).DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: []ec2types.Filter{
		{Name: aws.String("zone-type"), Values: []string{"availability-zone"}},
		{Name: aws.String("state"), Values: []string{"available"}},
	}})
	if err != nil {
		return [2]string{}, failed("looking for zones", err)
	}
	offering, err := c.offeringZones(ctx, s, instanceType)
	if err != nil {
		return [2]string{}, err
	}
	var fit []string
	for _, zone := range out.AvailabilityZones {
		name := aws.ToString(zone.ZoneName)
		if !refusedZone(aws.ToString(zone.ZoneId)) && slices.Contains(offering, name) {
			fit = append(fit, name)
		}
	}
	slices.Sort(fit)
	if len(fit) < 2 {
		return [2]string{}, invalid(apperr.CloudInstanceType, fmt.Errorf("%s is offered in %d zones", instanceType, len(fit)))
	}
	return [2]string(fit[:2]), nil
}

// refusedZone reports whether EKS makes no clusters in a zone, by the zone's id, which is the same in every account.
// Source: the user guide of EKS, "Amazon EKS networking requirements for VPC and subnets".
func refusedZone(id string) bool {
	return id == "use1-az3" || id == "usw1-az2" || id == "cac1-az3"
}

func imageOf(a provision.Architecture) string {
	if a == provision.ARM64 {
		return string(awseks.AMITypesAl2023Arm64Standard)
	}
	return string(awseks.AMITypesAl2023X8664Standard)
}

// boundaryOf is the permissions boundary that belongs to a stack role of the bootstrap template; empty for a role that
// somebody made otherwise.
func boundaryOf(stackRoleARN string) string {
	owner, name, found := strings.Cut(stackRoleARN, ":role/roadstead/")
	name, made := strings.CutSuffix(name, "-stack")
	if !found || !made {
		return ""
	}
	return owner + ":policy/roadstead/" + name + "-boundary"
}
