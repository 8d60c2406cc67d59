package eks

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

func subnetItem(id, zone, zoneID string, free int) string {
	return fmt.Sprintf(`<item><subnetId>%s</subnetId><vpcId>vpc-1</vpcId><availabilityZone>%s</availabilityZone>`+
		`<availabilityZoneId>%s</availabilityZoneId><availableIpAddressCount>%d</availableIpAddressCount></item>`, id, zone, zoneID, free)
}

func subnetSet(items ...string) []answer {
	return okEC2("DescribeSubnets", "<subnetSet>"+strings.Join(items, "")+"</subnetSet>")
}

func offeringSet(zones ...string) []answer {
	var items strings.Builder
	for _, zone := range zones {
		items.WriteString("<item><instanceType>m6i.large</instanceType><location>" + zone + "</location></item>")
	}
	return okEC2("DescribeInstanceTypeOfferings", "<instanceTypeOfferingSet>"+items.String()+"</instanceTypeOfferingSet>")
}

// goodAccount is an account in which nothing stands against testRun.
func goodAccount() map[string][]answer {
	return map[string][]answer{
		"GetCallerIdentity": ok("GetCallerIdentity", "<Account>210987654321</Account>"),
		"DescribeRegions":   okEC2("DescribeRegions", "<regionInfo><item><regionName>eu-west-1</regionName></item></regionInfo>"),
		"GET /cluster-versions": {{http.StatusOK, `{"clusterVersions":[
			{"clusterVersion":"1.34","endOfStandardSupportDate":1796169600,"endOfExtendedSupportDate":1827705600},
			{"clusterVersion":"1.35","defaultVersion":true,"endOfStandardSupportDate":1806105600,"endOfExtendedSupportDate":1837728000}]}`}},
		"GET /clusters/orders-production": {jsonError(404, "ResourceNotFoundException", "No cluster found for name: orders-production.")},
		"DescribeStacks":                  {queryError(400, "ValidationError", "Stack with id roadstead-x-1 does not exist")},
		"ValidateTemplate":                ok("ValidateTemplate", ""),
		"DescribeInstanceTypeOfferings":   offeringSet("eu-west-1a", "eu-west-1b"),
		"DescribeSubnets": subnetSet(
			subnetItem("subnet-a", "eu-west-1a", "euw1-az1", 250), subnetItem("subnet-b", "eu-west-1b", "euw1-az2", 250)),
		"DescribeSecurityGroups": okEC2("DescribeSecurityGroups", "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>"),
		"DescribeAddresses":      okEC2("DescribeAddresses", "<addressesSet><item><allocationId>a</allocationId></item></addressesSet>"),
		"DescribeAccountAttributes": okEC2("DescribeAccountAttributes", "<accountAttributeSet><item><attributeName>vpc-max-elastic-ips</attributeName>"+
			"<attributeValueSet><item><attributeValue>2</attributeValue></item></attributeValueSet></item></accountAttributeSet>"),
		"DescribeVpcs": okEC2("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>"),
	}
}

// TestPreflight changes one thing about an account, or about the wish, and looks for the finding.
func TestPreflight(t *testing.T) {
	t.Parallel()
	with := func(operation string, a ...answer) func(map[string][]answer, *provision.Run) {
		return func(account map[string][]answer, _ *provision.Run) { account[operation] = a }
	}
	tests := map[string]struct {
		bend func(map[string][]answer, *provision.Run)
		want []provision.Finding // those that are not plainly good
	}{
		"all is well": {func(map[string][]answer, *provision.Run) {}, nil},
		"another account": {
			with("GetCallerIdentity", ok("GetCallerIdentity", "<Account>123456789012</Account>")...),
			[]provision.Finding{{Check: "account", Code: apperr.CloudAccountMismatch}},
		},
		"a region that is off": {
			with("DescribeRegions", okEC2("DescribeRegions", "<regionInfo><item><regionName>us-east-1</regionName></item></regionInfo>")...),
			[]provision.Finding{{Check: "region", Code: apperr.CloudRegion}},
		},
		"a version that ends soon": {
			func(_ map[string][]answer, run *provision.Run) { run.Spec.KubernetesVersion = "1.34" },
			[]provision.Finding{{Check: "version", OK: true, Warn: true, Code: apperr.CloudVersionEnding, Detail: []string{"2026-12-02"}}},
		},
		"a version that is not offered": {
			func(_ map[string][]answer, run *provision.Run) { run.Spec.KubernetesVersion = "1.29" },
			[]provision.Finding{{Check: "version", Code: apperr.CloudVersion, Detail: []string{"1.35", "1.34"}}},
		},
		"a cluster of the name": {
			with("GET /clusters/orders-production", answer{200, `{"cluster":{"name":"orders-production"}}`}),
			[]provision.Finding{{Check: "name", Code: apperr.CloudNameTaken}},
		},
		"a stack of the name": {
			with("DescribeStacks", ok("DescribeStacks", "<Stacks><member><StackName>x</StackName><StackStatus>CREATE_COMPLETE</StackStatus></member></Stacks>")...),
			[]provision.Finding{{Check: "stack", Code: apperr.CloudNameTaken}},
		},
		"the run's own stack": {
			with("DescribeStacks", ok("DescribeStacks", "<Stacks><member><StackName>x</StackName><Tags><member><Key>roadstead:provider-id</Key><Value>"+
				testRun().UUID+"</Value></member></Tags></member></Stacks>")...),
			nil,
		},
		"a subnet elsewhere": {
			with("DescribeSubnets", subnetSet(subnetItem("subnet-a", "eu-west-1a", "euw1-az1", 250))...),
			[]provision.Finding{
				{Check: "subnets", Code: apperr.CloudNetwork, Detail: []string{"subnet-b"}},
				{Check: "zones", Code: apperr.CloudZones, Detail: []string{"eu-west-1a"}},
			},
		},
		"a full subnet": {
			with("DescribeSubnets", subnetSet(subnetItem("subnet-a", "eu-west-1a", "euw1-az1", 7), subnetItem("subnet-b", "eu-west-1b", "euw1-az2", 250))...),
			[]provision.Finding{{Check: "subnets", Code: apperr.CloudSubnetFull, Detail: []string{"subnet-a: 7 of 8"}}},
		},
		"a zone that EKS refuses": {
			with("DescribeSubnets", subnetSet(subnetItem("subnet-a", "eu-west-1a", "use1-az3", 250), subnetItem("subnet-b", "eu-west-1b", "euw1-az2", 250))...),
			[]provision.Finding{{Check: "zones", Code: apperr.CloudZones, Detail: []string{"eu-west-1b"}}},
		},
		"a type that a zone lacks": {
			with("DescribeInstanceTypeOfferings", offeringSet("eu-west-1a")...),
			[]provision.Finding{{Check: "instance_type", Code: apperr.CloudInstanceType, Detail: []string{"eu-west-1a"}}},
		},
		"a type of another architecture": {
			func(_ map[string][]answer, run *provision.Run) { run.Spec.Nodes.Architecture = provision.ARM64 },
			[]provision.Finding{{Check: "instance_type", Code: apperr.CloudInstanceType}},
		},
		"a right that is missing": {
			with("ValidateTemplate", queryError(403, "AccessDenied", "User: x is not authorized to perform: cloudformation:ValidateTemplate on resource: y")),
			[]provision.Finding{{Check: "template", Code: apperr.CloudPermissions, Detail: []string{"cloudformation:ValidateTemplate"}}},
		},
		"no room for a public address": {
			func(account map[string][]answer, run *provision.Run) {
				run.Spec.Network = provision.Network{Create: true, CIDR: "10.0.0.0/16"}
				account["DescribeAddresses"] = okEC2("DescribeAddresses", "<addressesSet><item/><item/></addressesSet>")
			},
			[]provision.Finding{{Check: "quota", Code: apperr.CloudQuotaAddresses, Detail: []string{"2"}}},
		},
		"perhaps no room for a network": {
			func(account map[string][]answer, run *provision.Run) {
				run.Spec.Network = provision.Network{Create: true, CIDR: "10.0.0.0/16"}
				account["DescribeVpcs"] = okEC2("DescribeVpcs", "<vpcSet><item/><item/><item/><item/><item/></vpcSet>")
			},
			[]provision.Finding{{Check: "quota", OK: true, Warn: true, Code: apperr.CloudQuotaNetworks, Detail: []string{"5"}}},
		},
		"two things at once": {
			func(account map[string][]answer, run *provision.Run) {
				run.Spec.KubernetesVersion = "1.29"
				account["DescribeInstanceTypeOfferings"] = offeringSet()
			},
			[]provision.Finding{
				{Check: "version", Code: apperr.CloudVersion, Detail: []string{"1.35", "1.34"}},
				{Check: "instance_type", Code: apperr.CloudInstanceType},
			},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account, run := maps.Clone(goodAccount()), testRun()
			test.bend(account, &run)
			cloud, _ := scripted(t, account)
			findings, err := cloud.Preflight(t.Context(), testSession(), testRole(), run)
			if err != nil {
				t.Fatal(err)
			}
			var got []provision.Finding
			for _, f := range findings {
				if !f.OK || f.Warn {
					got = append(got, f)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if len(findings) < 8 {
				t.Errorf("%d findings: not everything was looked at", len(findings))
			}
		})
	}
}

// TestPreflightIsNoVerdictOnABadMoment pins that what passes by itself is no finding.
func TestPreflightIsNoVerdictOnABadMoment(t *testing.T) {
	t.Parallel()
	account := goodAccount()
	account["ValidateTemplate"] = []answer{queryError(403, "ExpiredToken", "expired")}
	cloud, _ := scripted(t, account)
	findings, err := cloud.Preflight(t.Context(), testSession(), testRole(), testRun())
	if findings != nil || provision.ClassOf(err) != provision.Expired {
		t.Errorf("%v, %v", findings, err)
	}
}

func TestKnownVersionsStandIn(t *testing.T) {
	t.Parallel()
	cloud, _ := scripted(t, map[string][]answer{"GET /cluster-versions": {jsonError(403, "AccessDeniedException", "no")}})
	offers, err := cloud.versions(t.Context(), testSession())
	if err != nil || len(offers) == 0 {
		t.Fatalf("%v, %v", offers, err)
	}
	for _, o := range offers {
		if minor(o.Version) < 30 || o.SupportEnds.IsZero() || !o.ExtendedEnds.After(o.SupportEnds) {
			t.Errorf("%+v", o)
		}
	}
	later, err := fallbackVersions(testNow.AddDate(10, 0, 0))
	if err != nil || len(later) != 0 {
		t.Errorf("in ten years: %v, %v", later, err)
	}
}

func TestIsARM(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"m6i.large": false, "t4g.medium": true, "g4dn.xlarge": false, "g5g.xlarge": true, "x2gd.large": true, "c7gn.large": true,
		"a1.large": true, "is4gen.large": true, "hpc7g.4xlarge": true, "p4d.24xlarge": false, "u-6tb1.metal": false, "m7a.large": false,
	}
	for name, want := range tests {
		if got := isARM(name); got != want {
			t.Errorf("isARM(%s) = %t", name, got)
		}
	}
}
