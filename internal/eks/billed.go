package eks

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/roadstead/roadstead/internal/provision"
)

// Prices in USD, in us-east-1, of 2026-11. Other regions differ by up to a half.
const (
	gigabyteMonth = 0.08  // of a volume of type gp3
	balancerMonth = 16.43 // without traffic
)

// Billed lists what the cluster's own controllers made beside the stack, and what the machines left behind. Machines of
// the node group belong to the stack and are listed only while they are there. A load balancer shows by its network
// interfaces. In a network that others share, one is found if its security group carries the cluster's tag, as those
// do that the controllers make.
func (c *Cloud) Billed(ctx context.Context, s provision.Session, run provision.Run) ([]provision.Billed, error) {
	interfaces, err := c.interfaces(ctx, s, run)
	if err != nil {
		return nil, err
	}
	volumes, err := c.volumes(ctx, s, run.Spec.Name)
	if err != nil {
		return nil, err
	}
	instances, err := c.instances(ctx, s, run.Spec.Name)
	if err != nil {
		return nil, err
	}
	return slices.Concat(billedInterfaces(interfaces), volumes, instances), nil
}

// ownedTag is the tag that Kubernetes, its controllers and the drivers for volumes put on what they make for a cluster.
func ownedTag(cluster string) []types.Filter {
	return []types.Filter{{Name: aws.String("tag-key"), Values: []string{"kubernetes.io/cluster/" + cluster}}}
}

// interfaces are those in the run's own network, and those of the security groups that belong to the cluster.
func (c *Cloud) interfaces(ctx context.Context, s provision.Session, run provision.Run) ([]types.NetworkInterface, error) {
	groups, err := c.groups(ctx, s, ownedTag(run.Spec.Name))
	if err != nil {
		return nil, err
	}
	var groupIDs []string
	for _, group := range groups {
		groupIDs = append(groupIDs, aws.ToString(group.GroupId))
	}
	networks, err := c.networkIDs(ctx, s, types.Filter{Name: aws.String("tag:" + runTag), Values: []string{run.UUID}})
	if err != nil {
		return nil, err
	}
	inGroups, err := c.interfacesWith(ctx, s, "group-id", groupIDs)
	if err != nil {
		return nil, err
	}
	inNetworks, err := c.interfacesWith(ctx, s, "vpc-id", networks)
	return slices.Concat(inGroups, inNetworks), err
}

func (c *Cloud) interfacesWith(ctx context.Context, s provision.Session, filter string, values []string) ([]types.NetworkInterface, error) {
	if len(values) == 0 {
		return nil, nil
	}
	var found []types.NetworkInterface
	pages := ec2.NewDescribeNetworkInterfacesPaginator(c.ec2(s), &ec2.DescribeNetworkInterfacesInput{
		Filters: []types.Filter{{Name: &filter, Values: values}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("listing network interfaces", err)
		}
		found = append(found, page.NetworkInterfaces...)
	}
	return found, nil
}

// billedInterfaces names each load balancer once, whatever number of interfaces it has, and the interfaces that nobody
// uses any more and that hold up the deletion of a network.
func billedInterfaces(interfaces []types.NetworkInterface) []provision.Billed {
	var billed []provision.Billed
	seen := map[string]bool{}
	for _, i := range interfaces {
		b := provision.Billed{Kind: "network_interface", ID: aws.ToString(i.NetworkInterfaceId)}
		if name, ok := strings.CutPrefix(aws.ToString(i.Description), "ELB "); ok {
			b = provision.Billed{Kind: "load_balancer", ID: balancerName(name), USDMonth: balancerMonth}
		} else if i.Status != types.NetworkInterfaceStatusAvailable {
			continue
		}
		if !seen[b.Kind+b.ID] {
			seen[b.Kind+b.ID] = true
			billed = append(billed, b)
		}
	}
	return billed
}

// balancerName is the name in "app/name/id" and "net/name/id", and all of the older form.
func balancerName(description string) string {
	if parts := strings.Split(description, "/"); len(parts) == 3 {
		return parts[1]
	}
	return description
}

func (c *Cloud) volumes(ctx context.Context, s provision.Session, cluster string) ([]provision.Billed, error) {
	var billed []provision.Billed
	pages := ec2.NewDescribeVolumesPaginator(c.ec2(s), &ec2.DescribeVolumesInput{Filters: ownedTag(cluster)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("listing volumes", err)
		}
		for _, volume := range page.Volumes {
			billed = append(billed, provision.Billed{
				Kind: "volume", ID: aws.ToString(volume.VolumeId), USDMonth: float64(aws.ToInt32(volume.Size)) * gigabyteMonth,
			})
		}
	}
	return billed, nil
}

func (c *Cloud) instances(ctx context.Context, s provision.Session, cluster string) ([]provision.Billed, error) {
	var billed []provision.Billed
	running := types.Filter{Name: aws.String("instance-state-name"), Values: []string{"pending", "running", "stopping", "stopped"}}
	pages := ec2.NewDescribeInstancesPaginator(c.ec2(s), &ec2.DescribeInstancesInput{Filters: append(ownedTag(cluster), running)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, failed("listing machines", err)
		}
		for _, reservation := range page.Reservations {
			for _, instance := range reservation.Instances {
				billed = append(billed, provision.Billed{Kind: "instance", ID: aws.ToString(instance.InstanceId)})
			}
		}
	}
	return billed, nil
}
