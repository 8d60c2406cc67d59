package awstest_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/awstest"
)

// small is a template that takes no time to read: a group in a network.
const small = `
Parameters:
  Cidr: { Type: String, AllowedValues: [10.0.0.0/16, 10.1.0.0/16] }
  Note: { Type: String, Default: none }
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties:
      CidrBlock: !Ref Cidr
      Tags: [{ Key: Note, Value: !Ref Note }]
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: test, VpcId: !Ref Vpc }
Outputs:
  Summary: { Value: !Sub "${AWS::StackName} in ${AWS::Region}: ${Vpc}/${Group.GroupId} ${Cidr}" }
`

func (w *world) smallStack(name string) *cloudformation.CreateStackInput {
	return &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: aws.String(small), ClientRequestToken: aws.String("create-" + name), RoleARN: &w.stackRole,
		Parameters: parameters(map[string]string{"Cidr": "10.0.0.0/16"}),
	}
}

func TestCreateStackChecksWhatItIsAsked(t *testing.T) {
	t.Parallel()
	const role = "Resources: { R: { Type: AWS::IAM::Role, Properties: { AssumeRolePolicyDocument: { Statement: [{ Effect: Allow, " +
		"Principal: { Service: x }, Action: sts:AssumeRole }] } } } }"
	tests := map[string]struct {
		change func(w *world, in *cloudformation.CreateStackInput)
		want   string
	}{
		"as it should be":       {func(*world, *cloudformation.CreateStackInput) {}, ""},
		"a name of digits":      {func(_ *world, in *cloudformation.CreateStackInput) { in.StackName = aws.String("1-x") }, "ValidationError"},
		"a token with an under": {func(_ *world, in *cloudformation.CreateStackInput) { in.ClientRequestToken = aws.String("a_b") }, "ValidationError"},
		"a parameter too many": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.Parameters = parameters(map[string]string{"Cidr": "10.0.0.0/16", "Other": "x"})
		}, "ValidationError"},
		"a parameter too few": {func(_ *world, in *cloudformation.CreateStackInput) { in.Parameters = nil }, "ValidationError"},
		"a value that is not allowed": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.Parameters = parameters(map[string]string{"Cidr": "10.9.0.0/16"})
		}, "ValidationError"},
		"a body of 51,201": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody = aws.String(small + strings.Repeat("#", 51201-len(small)))
		}, "ValidationError"},
		"a body of 51,200": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody = aws.String(small + strings.Repeat("#", 51200-len(small)))
		}, ""},
		"an unknown type": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody = aws.String("Resources: { X: { Type: AWS::Moon::Base } }")
			in.Parameters = nil
		}, "ValidationError"},
		"a reference to nothing": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody = aws.String(strings.ReplaceAll(small, "!Ref Vpc", "!Ref Lake"))
		}, "ValidationError"},
		"a role without capability": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody, in.Parameters = aws.String(role), nil
		}, "InsufficientCapabilitiesException"},
		"a named role without its own": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.TemplateBody, in.Parameters = aws.String(strings.Replace(role, "Properties: {", "Properties: { RoleName: r,", 1)), nil
			in.Capabilities = []cfn.Capability{cfn.CapabilityCapabilityIam}
		}, "InsufficientCapabilitiesException"},
		"a service role that trusts others": {func(w *world, in *cloudformation.CreateStackInput) {
			in.RoleARN = aws.String(w.role(awstest.Role{Name: "other", Trust: awstest.TrustService("ec2.amazonaws.com")}))
		}, "ValidationError"},
		"a service role that may not be passed": {func(w *world, in *cloudformation.CreateStackInput) {
			_ = w.cloud.Account(customerAccount).SetRolePolicy(w.provision,
				`{"Statement":{"Effect":"Allow","Action":"cloudformation:*","Resource":"*"}}`)
		}, "AccessDenied"},
		"both ways to say what a failure does": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.OnFailure, in.DisableRollback = cfn.OnFailureDelete, aws.Bool(true)
		}, "ValidationError"},
		"a tag of AWS' own": {func(_ *world, in *cloudformation.CreateStackInput) {
			in.Tags = []cfn.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
		}, "ValidationError"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			in := w.smallStack("roadstead-1-1")
			test.change(w, in)
			_, err := w.cfn().CreateStack(t.Context(), in)
			if got := code(t, err); got != test.want {
				t.Errorf("CreateStack = %q, want %q (%v)", got, test.want, err)
			}
		})
	}
}

func TestARepeatedCreateMakesOneStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	first := w.create(w.smallStack("roadstead-1-1"))
	again, err := w.cfn().CreateStack(t.Context(), w.smallStack("roadstead-1-1"))
	if err != nil || *again.StackId != *first.StackId {
		t.Errorf("the same request again: %v, %v, want %s", again, err, *first.StackId)
	}
	other := w.smallStack("roadstead-1-1")
	other.ClientRequestToken = aws.String("another")
	if _, err := w.cfn().CreateStack(t.Context(), other); code(t, err) != "AlreadyExistsException" {
		t.Errorf("another request for the same name: %v", err)
	}
	elsewhere := cloudformation.NewFromConfig(w.config("us-east-1", w.customer()))
	if _, err := elsewhere.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: first.StackId}); code(t, err) != "ValidationError" {
		t.Errorf("the stack is seen in another region: %v", err)
	}
	if _, err := elsewhere.CreateStack(t.Context(), w.smallStack("roadstead-1-1")); err != nil {
		t.Errorf("the same name in another region: %v", err)
	}
}

// events reads all pages, newest first.
func (w *world) events(id string) (all []cfn.StackEvent, pages int) {
	w.t.Helper()
	list := cloudformation.NewDescribeStackEventsPaginator(w.cfn(), &cloudformation.DescribeStackEventsInput{StackName: &id})
	for ; list.HasMorePages(); pages++ {
		page, err := list.NextPage(w.t.Context())
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, page.StackEvents...)
	}
	return all, pages
}

// story is what happened to a stack, oldest first.
func (w *world) story(id string) []string {
	var lines []string
	all, _ := w.events(id)
	for _, e := range slices.Backward(all) {
		lines = append(lines, *e.LogicalResourceId+" "+string(e.ResourceStatus))
	}
	return lines
}

func TestEventsAreThoseOfTheRealThing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack := w.create(w.smallStack("roadstead-1-1"))
	want := []string{
		"roadstead-1-1 CREATE_IN_PROGRESS",
		"Vpc CREATE_IN_PROGRESS", "Vpc CREATE_IN_PROGRESS", "Vpc CREATE_COMPLETE",
		"Group CREATE_IN_PROGRESS", "Group CREATE_IN_PROGRESS", "Group CREATE_COMPLETE",
		"roadstead-1-1 CREATE_COMPLETE",
	}
	if diff := cmp.Diff(want, w.story(*stack.StackId)); diff != "" {
		t.Errorf("events, oldest first (-want +got):\n%s", diff)
	}
	all, pages := w.events(*stack.StackId)
	if pages != 4 || *all[0].LogicalResourceId != "roadstead-1-1" || *all[0].ClientRequestToken != "create-roadstead-1-1" {
		t.Errorf("%d pages, the first event is of %s by %s", pages, *all[0].LogicalResourceId, *all[0].ClientRequestToken)
	}
	if got := *stack.Outputs[0].OutputValue; !strings.HasPrefix(got, "roadstead-1-1 in eu-west-1: vpc-") || !strings.HasSuffix(got, " 10.0.0.0/16") {
		t.Errorf("the output is %q", got)
	}
}

func TestAFailureEndsAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		onFailure cfn.OnFailure
		faults    []awstest.ResourceFault
		want      cfn.StackStatus
		last      string // event
	}{
		"rollback":        {cfn.OnFailureRollback, nil, cfn.StackStatusRollbackComplete, "Vpc DELETE_COMPLETE"},
		"delete":          {cfn.OnFailureDelete, nil, cfn.StackStatusDeleteComplete, "Vpc DELETE_COMPLETE"},
		"leave":           {cfn.OnFailureDoNothing, nil, cfn.StackStatusCreateFailed, "Group CREATE_FAILED"},
		"rollback broken": {"", []awstest.ResourceFault{{Resource: "Vpc", Phase: awstest.Deleting}}, cfn.StackStatusRollbackFailed, "Vpc DELETE_FAILED"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			w.cloud.FailResource(awstest.ResourceFault{Resource: "Group", Reason: "The maximum number of groups has been reached."})
			for _, fault := range test.faults {
				w.cloud.FailResource(fault)
			}
			in := w.smallStack("roadstead-1-1")
			in.OnFailure = test.onFailure
			stack := w.create(in)
			story := w.story(*stack.StackId)
			if stack.StackStatus != test.want || story[len(story)-2] != test.last {
				t.Errorf("the stack is %s after %s, want %s after %s", stack.StackStatus, story[len(story)-2], test.want, test.last)
			}
		})
	}
}

func TestAQuotaFailureCancelsTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.cloud.FailResource(awstest.ResourceFault{Resource: "AWS::EC2::VPC"})
	stack := w.create(w.clusterStack("roadstead-1-1"))
	if stack.StackStatus != cfn.StackStatusRollbackComplete {
		t.Fatalf("the stack is %s", stack.StackStatus)
	}
	reasons := map[string]string{}
	all, _ := w.events(*stack.StackId)
	for _, e := range all {
		if e.ResourceStatus == cfn.ResourceStatusCreateFailed {
			reasons[*e.LogicalResourceId] = *e.ResourceStatusReason
		}
	}
	if !strings.Contains(reasons["Vpc"], "The maximum number of VPCs has been reached") || reasons["ClusterRole"] != "Resource creation cancelled" {
		t.Errorf("reasons: %v", reasons)
	}
}

func TestAStackThatHangsRunsIntoItsTimeout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.cloud.FailResource(awstest.ResourceFault{Resource: "Group", Hang: true})
	in := w.smallStack("roadstead-1-1")
	in.TimeoutInMinutes = aws.Int32(5)
	stack := w.create(in)
	all, _ := w.events(*stack.StackId)
	timedOut := slices.ContainsFunc(all, func(e cfn.StackEvent) bool {
		return strings.Contains(aws.ToString(e.ResourceStatusReason), "exceeded the specified timeout")
	})
	if stack.StackStatus != cfn.StackStatusRollbackComplete || !timedOut {
		t.Errorf("the stack is %s, timed out: %t", stack.StackStatus, timedOut)
	}
}

func TestStacksAreListedInPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	for _, name := range []string{"roadstead-1", "roadstead-2", "roadstead-3"} {
		w.create(w.smallStack(name))
	}
	var names []string
	pages := cloudformation.NewListStacksPaginator(w.cfn(), &cloudformation.ListStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil || len(page.StackSummaries) > 2 {
			t.Fatalf("a page of %d, %v", len(page.StackSummaries), err)
		}
		for _, s := range page.StackSummaries {
			names = append(names, *s.StackName)
		}
	}
	if diff := cmp.Diff([]string{"roadstead-3", "roadstead-2", "roadstead-1"}, names); diff != "" {
		t.Errorf("stacks, newest first (-want +got):\n%s", diff)
	}
}

func TestAServiceRoleMustBeAllowedToMakeEachResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	if err := w.cloud.Account(customerAccount).SetRolePolicy(w.stackRole,
		`{"Statement":{"Effect":"Allow","NotAction":"ec2:CreateSecurityGroup","Resource":"*"}}`); err != nil {
		t.Fatal(err)
	}
	stack := w.create(w.smallStack("roadstead-1-1"))
	all, _ := w.events(*stack.StackId)
	denied := slices.ContainsFunc(all, func(e cfn.StackEvent) bool {
		return strings.Contains(aws.ToString(e.ResourceStatusReason), "not authorized to perform: ec2:CreateSecurityGroup")
	})
	if stack.StackStatus != cfn.StackStatusRollbackComplete || !denied {
		t.Errorf("the stack is %s, refused: %t", stack.StackStatus, denied)
	}
}

func TestTheBootstrapTemplateMakesRolesThatWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	admin := w.cloud.Account(customerAccount).Administrator()
	client := cloudformation.NewFromConfig(w.config(home, static(admin)))
	made, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("bootstrap"), TemplateBody: shipped(t, "bootstrap.yaml"),
		Capabilities: []cfn.Capability{cfn.CapabilityCapabilityNamedIam},
		Parameters:   parameters(map[string]string{"TrustedPrincipal": ourAccount, "ExternalId": externalID}),
	})
	if err != nil {
		t.Fatal(err)
	}
	stack := w.settled(client, *made.StackId)
	outputs := map[string]string{}
	for _, o := range stack.Outputs {
		outputs[*o.OutputKey] = *o.OutputValue
	}
	if names := slices.Sorted(maps.Keys(outputs)); !slices.Equal(names, []string{"ProvisionRoleArn", "StackRoleArn"}) {
		t.Fatalf("the stack is %s: %s, with %v", stack.StackStatus, aws.ToString(stack.StackStatusReason), names)
	}
	w.provision, w.stackRole = outputs["ProvisionRoleArn"], outputs["StackRoleArn"]
	in := w.clusterStack("roadstead-1-1")
	in.Parameters = append(in.Parameters, cfn.Parameter{
		ParameterKey: aws.String("PermissionsBoundaryArn"), ParameterValue: aws.String("arn:aws:iam::" + customerAccount + ":policy/roadstead/roadstead-boundary"),
	})
	if s := w.create(in); s.StackStatus != cfn.StackStatusCreateComplete {
		all, _ := w.events(*s.StackId)
		for _, e := range all {
			if e.ResourceStatus == cfn.ResourceStatusCreateFailed {
				t.Errorf("%s: %s", *e.LogicalResourceId, aws.ToString(e.ResourceStatusReason))
			}
		}
		t.Errorf("the cluster's stack is %s", s.StackStatus)
	}
}
