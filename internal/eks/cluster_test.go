package eks

import (
	"maps"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// TestControl reads clusters as EKS describes them: new ones, older ones, and those that are not there yet or any more.
func TestControl(t *testing.T) {
	t.Parallel()
	const entry = "GET /clusters/orders-production/access-entries/arn:aws:iam::210987654321:role/roadstead/node"
	groups := map[string][]answer{
		"GET /clusters/orders-production/node-groups": {{http.StatusOK, `{"nodegroups":["a"]}`}},
		"GET /clusters/orders-production/node-groups/a": {{http.StatusOK, `{"nodegroup":{"nodegroupName":"a","health":{"issues":[
			{"code":"NodeCreationFailure","message":"x"},{"code":"ClusterUnreachable"},{"code":"Ec2SubnetNotFound"}]}}}`}},
		entry: {{http.StatusOK, `{"accessEntry":{"principalArn":"x"}}`}},
	}
	health := []apperr.Code{apperr.CloudNodesMissing, apperr.CloudNodesUnhealthy}
	tests := map[string]struct {
		cluster answer
		want    provision.Control
	}{
		"access entries": {
			answer{200, `{"cluster":{"status":"ACTIVE","version":"1.35","endpoint":"https://x","certificateAuthority":{"data":"UEVN"},"accessConfig":{"authenticationMode":"API"}}}`},
			provision.Control{Status: provision.ControlActive, Version: "1.35", Endpoint: "https://x", CAPEM: "PEM", NodeEntry: true, NodeHealth: health},
		},
		"both": {
			answer{200, `{"cluster":{"status":"ACTIVE","version":"1.35","accessConfig":{"authenticationMode":"API_AND_CONFIG_MAP"}}}`},
			provision.Control{Status: provision.ControlActive, Version: "1.35", ConfigMap: true, NodeEntry: true, NodeHealth: health},
		},
		"the ConfigMap": {
			answer{200, `{"cluster":{"status":"ACTIVE","version":"1.30"}}`},
			provision.Control{Status: provision.ControlActive, Version: "1.30", ConfigMap: true, NodeHealth: health},
		},
		"not yet": {
			answer{200, `{"cluster":{"status":"CREATING","accessConfig":{"authenticationMode":"API"}}}`},
			provision.Control{Status: provision.ControlChanging},
		},
		"failed": {
			answer{200, `{"cluster":{"status":"FAILED","accessConfig":{"authenticationMode":"API"}}}`},
			provision.Control{Status: provision.ControlFailed},
		},
		"none": {jsonError(404, "ResourceNotFoundException", "No cluster found"), provision.Control{Status: provision.ControlNone}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answers := map[string][]answer{"GET /clusters/orders-production": {test.cluster}}
			maps.Copy(answers, groups)
			cloud, _ := scripted(t, answers)
			run := testRun()
			run.Outputs.NodeRoleARN = "arn:aws:iam::210987654321:role/roadstead/node"
			control, err := cloud.Control(t.Context(), testSession(), run)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, control); diff != "" {
				t.Errorf("control (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNarrowTwice pins that ending a right that is gone is no failure.
func TestNarrowTwice(t *testing.T) {
	t.Parallel()
	policies := " /clusters/orders-production/access-entries/" + testRole().ARN + "/access-policies"
	cloud, asked := scripted(t, map[string][]answer{
		"POST" + policies: {{200, `{}`}},
		"DELETE" + policies + "/arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy": {
			{200, `{}`}, jsonError(404, "ResourceNotFoundException", "no such association"),
		},
	})
	for range 2 {
		if err := cloud.Narrow(t.Context(), testSession(), testRole(), testRun()); err != nil {
			t.Error(err)
		}
	}
	if asked.calls() != 4 {
		t.Errorf("%d calls, want 4", asked.calls())
	}
}

// TestBilled lists what is left of a cluster in a network of its own: a load balancer with an interface in two zones, an
// older one, a forgotten interface, a volume and a machine. What the machine uses is no leftover.
func TestBilled(t *testing.T) {
	t.Parallel()
	networkInterface := func(id, status, description string) string {
		return "<item><networkInterfaceId>" + id + "</networkInterfaceId><status>" + status + "</status><description>" + description + "</description></item>"
	}
	cloud, _ := scripted(t, map[string][]answer{
		"DescribeSecurityGroups": okEC2("DescribeSecurityGroups", "<securityGroupInfo/>"),
		"DescribeVpcs":           okEC2("DescribeVpcs", "<vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet>"),
		"DescribeNetworkInterfaces": okEC2("DescribeNetworkInterfaces", "<networkInterfaceSet>"+
			networkInterface("eni-1", "in-use", "ELB net/k8s-shop/0123")+networkInterface("eni-2", "in-use", "ELB net/k8s-shop/0123")+
			networkInterface("eni-3", "in-use", "ELB a1b2c3")+networkInterface("eni-4", "available", "aws-K8S-i-1")+
			networkInterface("eni-5", "in-use", "aws-K8S-i-1")+"</networkInterfaceSet>"),
		"DescribeVolumes": okEC2("DescribeVolumes", "<volumeSet><item><volumeId>vol-1</volumeId><size>100</size></item></volumeSet>"),
		"DescribeInstances": okEC2("DescribeInstances", "<reservationSet><item><instancesSet><item><instanceId>i-1</instanceId></item>"+
			"</instancesSet></item></reservationSet>"),
	})
	billed, err := cloud.Billed(t.Context(), testSession(), testRun())
	if err != nil {
		t.Fatal(err)
	}
	want := []provision.Billed{
		{Kind: "load_balancer", ID: "k8s-shop", USDMonth: balancerMonth},
		{Kind: "load_balancer", ID: "a1b2c3", USDMonth: balancerMonth},
		{Kind: "network_interface", ID: "eni-4"},
		{Kind: "volume", ID: "vol-1", USDMonth: 8},
		{Kind: "instance", ID: "i-1"},
	}
	if diff := cmp.Diff(want, billed); diff != "" {
		t.Errorf("billed (-want +got):\n%s", diff)
	}
}
