package eks

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/provision"
)

// maxTemplate is what CloudFormation takes inside a request, in bytes.
const maxTemplate = 51200

// template is what the tests need of one.
type template struct {
	Parameters map[string]struct {
		Default yaml.Node `yaml:"Default"`
	} `yaml:"Parameters"`
	Resources map[string]struct {
		Type       string    `yaml:"Type"`
		Properties yaml.Node `yaml:"Properties"`
	} `yaml:"Resources"`
	Outputs map[string]yaml.Node `yaml:"Outputs"`
}

func parsed(t *testing.T, text string) template {
	t.Helper()
	var found template
	if err := yaml.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func testRole() provision.Role {
	return provision.Role{
		ID: 7, Level: cluster.Group, GroupID: 3, Name: "shop", ExternalID: "external-id-of-the-shop",
		ARN:          "arn:aws:iam::210987654321:role/roadstead/roadstead-provision",
		StackRoleARN: "arn:aws:iam::210987654321:role/roadstead/roadstead-stack",
		AccountID:    "210987654321", Partition: "aws", Region: "eu-west-1",
	}
}

func testRun() provision.Run {
	return provision.Run{
		ID: 9, UUID: "11111111-2222-4333-8444-555555555555", RoleID: 7, Level: cluster.Group, GroupID: 3,
		ClusterID: 42, Attempt: 1,
		Spec: provision.Spec{
			Version: 1, Name: "orders-production", EnvironmentScope: "*", Region: "eu-west-1", KubernetesVersion: "1.35",
			Network: provision.Network{
				VPCID: "vpc-1", SubnetIDs: []string{"subnet-a", "subnet-b"}, SecurityGroupIDs: []string{"sg-1"},
			},
			Nodes:       provision.NodePool{Architecture: provision.AMD64, InstanceType: "m6i.large", Count: 3, DiskGB: 50},
			Tags:        map[string]string{"team": "orders"},
			PublicCIDRs: []string{"203.0.113.0/24", "198.51.100.7/32"},
		},
	}
}

func TestTemplatesFitIntoARequest(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"cluster": clusterTemplate, "bootstrap": bootstrapTemplate} {
		if len(text) >= maxTemplate {
			t.Errorf("the template %s has %d bytes, of %d at most", name, len(text), maxTemplate)
		}
		t.Logf("%s: %d bytes", name, len(text))
	}
}

// TestTemplatesPassTheLinter asks the linter of CloudFormation, where there is one.
func TestTemplatesPassTheLinter(t *testing.T) {
	t.Parallel()
	linter, err := exec.LookPath("cfn-lint")
	if err != nil {
		t.Log("cfn-lint is not installed here")
		return
	}
	output, err := exec.CommandContext(t.Context(), linter, "templates/cluster.yaml", "templates/bootstrap.yaml").CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

// TestTemplateKnowsEveryParameter fills the template for both kinds of network: what is sent has to exist in it, and
// what has no default has to be sent.
func TestTemplateKnowsEveryParameter(t *testing.T) {
	t.Parallel()
	known := parsed(t, clusterTemplate).Parameters
	made := testRun()
	made.Spec.Network = provision.Network{Create: true, CIDR: "10.20.0.0/16"}
	sent := map[string]bool{}
	for name, run := range map[string]provision.Run{"an existing network": testRun(), "a new network": made} {
		list, err := parameters(testRole(), run, [2]string{"eu-west-1a", "eu-west-1b"})
		if err != nil {
			t.Fatal(err)
		}
		filled := map[string]bool{}
		for _, p := range list {
			key := aws.ToString(p.ParameterKey)
			if _, ok := known[key]; !ok {
				t.Errorf("for %s: %s is sent, but no parameter of the template", name, key)
			}
			filled[key], sent[key] = true, true
		}
		for key, parameter := range known {
			if parameter.Default.IsZero() && !filled[key] {
				t.Errorf("for %s: %s has no default and is not sent", name, key)
			}
		}
	}
	for key := range known {
		if !sent[key] {
			t.Errorf("the parameter %s is never sent", key)
		}
	}
}

func TestParametersOfANewNetwork(t *testing.T) {
	t.Parallel()
	run := testRun()
	run.Spec.Network = provision.Network{Create: true, CIDR: "10.20.0.0/20"}
	run.Spec.Nodes.Architecture = provision.ARM64
	list, err := parameters(testRole(), run, [2]string{"eu-west-1a", "eu-west-1c"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, p := range list {
		got[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	want := map[string]string{
		"ClusterName": "orders-production", "KubernetesVersion": "1.35", "NodeVersion": "1.35",
		"ProvisionRoleArn":       "arn:aws:iam::210987654321:role/roadstead/roadstead-provision",
		"PermissionsBoundaryArn": "arn:aws:iam::210987654321:policy/roadstead/roadstead-boundary",
		"CreateNetwork":          "true", "NetworkCidr": "10.20.0.0/20", "SubnetBits": "10", "SubnetIds": "", "SecurityGroupIds": "",
		"ZoneA": "eu-west-1a", "ZoneB": "eu-west-1c", "NodeAmiType": "AL2023_ARM_64_STANDARD", "NodeInstanceType": "m6i.large",
		"NodeCount": "3", "NodeDiskSize": "50", "PublicAccessCidrs": "203.0.113.0/24,198.51.100.7/32",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// TestTemplateHasEveryOutput sets every output of the template and looks that each is read.
func TestTemplateHasEveryOutput(t *testing.T) {
	t.Parallel()
	var list []types.Output
	for key := range parsed(t, clusterTemplate).Outputs {
		value := "value of " + key
		if key == "CertificateAuthority" {
			value = "LS0tLS1CRUdJTg=="
		}
		list = append(list, types.Output{OutputKey: &key, OutputValue: &value})
	}
	want := provision.Outputs{
		Endpoint: "value of Endpoint", CAPEM: "-----BEGIN", ARN: "value of ClusterArn",
		SecurityGroupID: "value of SecurityGroupId", NodeRoleARN: "value of NodeRoleArn",
	}
	if diff := cmp.Diff(want, outputsOf(list)); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if len(list) != 5 {
		t.Errorf("the template has %d outputs, of which 5 are read", len(list))
	}
}

// TestTemplateSaysWhatMustNotBeLeftToDefaults pins the settings whose defaults cost money or lock us out.
func TestTemplateSaysWhatMustNotBeLeftToDefaults(t *testing.T) {
	t.Parallel()
	resources := parsed(t, clusterTemplate).Resources
	var made struct {
		AccessConfig struct {
			AuthenticationMode                      string `yaml:"AuthenticationMode"`
			BootstrapClusterCreatorAdminPermissions *bool  `yaml:"BootstrapClusterCreatorAdminPermissions"`
		} `yaml:"AccessConfig"`
		UpgradePolicy struct {
			SupportType string `yaml:"SupportType"`
		} `yaml:"UpgradePolicy"`
	}
	properties := resources["Cluster"].Properties
	if err := properties.Decode(&made); err != nil {
		t.Fatal(err)
	}
	if made.AccessConfig.AuthenticationMode != "API" || made.UpgradePolicy.SupportType != "STANDARD" {
		t.Errorf("authentication mode %s, support %s", made.AccessConfig.AuthenticationMode, made.UpgradePolicy.SupportType)
	}
	if creator := made.AccessConfig.BootstrapClusterCreatorAdminPermissions; creator == nil || *creator {
		t.Error("the creator is let in beside the access entry, which EKS refuses")
	}
	var nodes map[string]yaml.Node
	if properties = resources["Nodes"].Properties; properties.Decode(&nodes) != nil || nodes["NodegroupName"].Kind != 0 {
		t.Error("the node group has a name, so that none can be made in its place")
	}
}

// TestStackPolicyGuardsWhatWeGuard holds AWS's guard against ours.
func TestStackPolicyGuardsWhatWeGuard(t *testing.T) {
	t.Parallel()
	var parsedPolicy struct {
		Statement []struct {
			Effect    string
			Condition struct {
				StringEquals struct{ ResourceType []string }
			}
		}
	}
	if err := json.Unmarshal([]byte(stackPolicy), &parsedPolicy); err != nil {
		t.Fatal(err)
	}
	denied := map[string]bool{}
	for _, statement := range parsedPolicy.Statement {
		for _, name := range statement.Condition.StringEquals.ResourceType {
			denied[name] = statement.Effect == "Deny"
		}
	}
	for name, resource := range parsed(t, clusterTemplate).Resources {
		if guarded(resource.Type) != denied[resource.Type] {
			t.Errorf("%s (%s): guarded by us %t, by the stack policy %t", name, resource.Type, guarded(resource.Type), denied[resource.Type])
		}
	}
}

func TestBoundaryOf(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"arn:aws:iam::210987654321:role/roadstead/roadstead-stack":   "arn:aws:iam::210987654321:policy/roadstead/roadstead-boundary",
		"arn:aws-cn:iam::210987654321:role/roadstead/team-one-stack": "arn:aws-cn:iam::210987654321:policy/roadstead/team-one-boundary",
		"arn:aws:iam::210987654321:role/my-own-role":                 "",
		"": "",
	}
	for arn, want := range tests {
		if got := boundaryOf(arn); got != want {
			t.Errorf("boundaryOf(%q) = %q, want %q", arn, got, want)
		}
	}
}
