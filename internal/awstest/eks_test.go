package awstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/roadstead/roadstead/internal/awstest"
)

const adminPolicy = "arn:aws:eks::aws:cluster-access-policy/" + awstest.AdminPolicy

func TestAccessEntriesAreMadeAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.create(w.clusterStack("roadstead-1-1"))
	client, cluster := w.eks(), aws.String("seaside")
	guest := w.role(awstest.Role{Name: "guest", Trust: awstest.TrustFrom(ourAccount, "")})

	create := func(principal string) error {
		_, err := client.CreateAccessEntry(t.Context(), &eks.CreateAccessEntryInput{ClusterName: cluster, PrincipalArn: &principal})
		return err
	}
	associate := func() error {
		_, err := client.AssociateAccessPolicy(t.Context(), &eks.AssociateAccessPolicyInput{
			ClusterName: cluster, PrincipalArn: &guest, PolicyArn: aws.String(adminPolicy),
			AccessScope: &ekstypes.AccessScope{Type: ekstypes.AccessScopeTypeCluster},
		})
		return err
	}
	disassociate := func() error {
		_, err := client.DisassociateAccessPolicy(t.Context(), &eks.DisassociateAccessPolicyInput{
			ClusterName: cluster, PrincipalArn: &guest, PolicyArn: aws.String(adminPolicy),
		})
		return err
	}
	describe := func() error {
		out, err := client.DescribeAccessEntry(t.Context(), &eks.DescribeAccessEntryInput{ClusterName: cluster, PrincipalArn: &guest})
		if err == nil && *out.AccessEntry.Username != "arn:aws:sts::"+customerAccount+":assumed-role/guest/{{SessionName}}" {
			t.Errorf("the entry's user name is %s", *out.AccessEntry.Username)
		}
		return err
	}
	remove := func() error {
		_, err := client.DeleteAccessEntry(t.Context(), &eks.DeleteAccessEntryInput{ClusterName: cluster, PrincipalArn: &guest})
		return err
	}
	for _, step := range []struct {
		what string
		err  error
		want string
	}{
		{"describe what is not there", describe(), "ResourceNotFoundException"},
		{"a principal that does not exist", create("arn:aws:iam::" + customerAccount + ":role/nobody"), "InvalidParameterException"},
		{"create", create(guest), ""},
		{"create again", create(guest), "ResourceInUseException"},
		{"describe", describe(), ""},
		{"associate", associate(), ""},
		{"disassociate", disassociate(), ""},
		{"disassociate again", disassociate(), "ResourceNotFoundException"},
		{"delete", remove(), ""},
		{"delete again", remove(), "ResourceNotFoundException"},
	} {
		if got := code(t, step.err); got != step.want {
			t.Errorf("%s: %q, want %q", step.what, got, step.want)
		}
	}
}

func TestVersionsAreOfferedByTheirSupport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	out, err := w.eks().DescribeClusterVersions(t.Context(), &eks.DescribeClusterVersionsInput{VersionStatus: ekstypes.VersionStatusStandardSupport})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range out.ClusterVersions {
		if !v.EndOfStandardSupportDate.After(time.Now()) {
			t.Errorf("version %s is offered, whose support ended %s", *v.ClusterVersion, v.EndOfStandardSupportDate)
		}
	}
	if len(out.ClusterVersions) == 0 {
		t.Error("no version is offered")
	}
}

func TestNodeGroupsTellWhatIsWrongWithThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.create(w.clusterStack("roadstead-1-1"))
	if err := w.cloud.Account(customerAccount).AddNodeIssue(home, "seaside", "NodeCreationFailure", "Instances failed to join"); err != nil {
		t.Fatal(err)
	}
	groups, err := w.eks().ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: aws.String("seaside")})
	if err != nil {
		t.Fatal(err)
	}
	out, err := w.eks().DescribeNodegroup(t.Context(), &eks.DescribeNodegroupInput{
		ClusterName: aws.String("seaside"), NodegroupName: &groups.Nodegroups[0],
	})
	if err != nil {
		t.Fatal(err)
	}
	n := out.Nodegroup
	if *n.Version != "1.35" || *n.ScalingConfig.DesiredSize != 3 || n.AmiType != "AL2023_x86_64_STANDARD" || len(n.Subnets) != 2 ||
		n.Health.Issues[0].Code != ekstypes.NodegroupIssueCodeNodeCreationFailure {
		t.Errorf("the node group: %+v", n)
	}
}

func TestAStackIsSeenInItsServicesWithItsTags(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{PageSize: 5})
	w.create(w.clusterStack("roadstead-1-1"))
	ofRun := []ec2types.Filter{{Name: aws.String("tag:roadstead:provider-id"), Values: []string{"run-1"}}}
	vpcs, err := w.ec2().DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{Filters: ofRun})
	if err != nil || len(vpcs.Vpcs) != 1 {
		t.Fatalf("networks of the run: %v, %v", vpcs, err)
	}
	subnets, err := w.ec2().DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: []ec2types.Filter{
		{Name: aws.String("vpc-id"), Values: []string{*vpcs.Vpcs[0].VpcId}},
	}})
	if err != nil || len(subnets.Subnets) != 4 {
		t.Fatalf("subnets: %v, %v", subnets, err)
	}
	var ranges []string
	for _, s := range subnets.Subnets {
		ranges = append(ranges, *s.CidrBlock)
	}
	slices.Sort(ranges)
	if want := []string{"10.0.0.0/18", "10.0.128.0/18", "10.0.192.0/18", "10.0.64.0/18"}; !slices.Equal(ranges, want) {
		t.Errorf("ranges of the subnets: %v, want %v", ranges, want)
	}
	machines, err := w.ec2().DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{Filters: []ec2types.Filter{
		{Name: aws.String("tag-key"), Values: []string{"kubernetes.io/cluster/seaside"}},
	}})
	if err != nil || len(machines.Reservations) != 3 {
		t.Errorf("machines: %v, %v", machines, err)
	}
}

func TestALoadBalancerKeepsItsNetworkFromBeingDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack, client := w.create(w.clusterStack("roadstead-1-1")), w.cfn()
	account := w.cloud.Account(customerAccount)
	ids, err := account.AddLoadBalancer(home, "seaside", "ingress")
	if err != nil {
		t.Fatal(err)
	}
	remove := func() cfn.StackStatus {
		t.Helper()
		if _, err := client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: stack.StackId}); err != nil {
			t.Fatal(err)
		}
		return w.settled(client, *stack.StackId).StackStatus
	}
	if got := remove(); got != cfn.StackStatusDeleteFailed {
		t.Errorf("with the load balancer: %s", got)
	}
	account.Remove(home, ids...)
	if got := remove(); got != cfn.StackStatusDeleteComplete {
		t.Errorf("without it: %s", got)
	}
}

func TestPreflightFindsWhatItAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{PageSize: 50})
	client := w.ec2()
	zones, err := client.DescribeInstanceTypeOfferings(t.Context(), &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone,
		Filters:      []ec2types.Filter{{Name: aws.String("instance-type"), Values: []string{"m7g.large"}}},
	})
	if err != nil || len(zones.InstanceTypeOfferings) != 2 {
		t.Errorf("zones with m7g.large: %v, %v", zones, err)
	}
	regions, err := client.DescribeRegions(t.Context(), nil)
	if err != nil || len(regions.Regions) != 3 {
		t.Errorf("regions: %v, %v", regions, err)
	}
	places, err := client.DescribeAvailabilityZones(t.Context(), nil)
	if err != nil || len(places.AvailabilityZones) != 3 || *places.AvailabilityZones[0].ZoneName != "eu-west-1a" {
		t.Errorf("zones: %v, %v", places, err)
	}
	quotas, err := client.DescribeAccountAttributes(t.Context(), &ec2.DescribeAccountAttributesInput{
		AttributeNames: []ec2types.AccountAttributeName{"vpc-max-elastic-ips"},
	})
	if err != nil || len(quotas.AccountAttributes) != 1 || *quotas.AccountAttributes[0].AttributeValues[0].AttributeValue != "5" {
		t.Errorf("attributes: %v, %v", quotas, err)
	}
	_, err = client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0"}})
	if got := code(t, err); got != "InvalidSubnetID.NotFound" {
		t.Errorf("a subnet that is not there: %q", got)
	}
	role, err := w.iam().GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("provision")})
	if err != nil || *role.Role.Arn != w.provision {
		t.Errorf("the role: %v, %v", role, err)
	}
	_, err = w.iam().GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String("nobody")})
	if got := code(t, err); got != "NoSuchEntity" {
		t.Errorf("a role that is not there: %q", got)
	}
	if _, err := w.cfn().ValidateTemplate(t.Context(), &cloudformation.ValidateTemplateInput{TemplateBody: shipped(t, "cluster.yaml")}); err != nil {
		t.Errorf("the template: %v", err)
	}
}
