package awstest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/awstest"
)

// plan makes a change set of a stack that keeps all parameters but some, and waits until it is computed.
func (w *world) plan(stack cfn.Stack, template *string, changed map[string]string) *cloudformation.DescribeChangeSetOutput {
	w.t.Helper()
	list := parameters(changed)
	for _, p := range stack.Parameters {
		if _, ok := changed[*p.ParameterKey]; !ok {
			list = append(list, cfn.Parameter{ParameterKey: p.ParameterKey, UsePreviousValue: aws.Bool(true)})
		}
	}
	client := w.cfn()
	made, err := client.CreateChangeSet(w.t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: stack.StackId, ChangeSetName: aws.String("upgrade"), TemplateBody: template, Parameters: list,
		Capabilities: []cfn.Capability{cfn.CapabilityCapabilityIam},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		set, err := client.DescribeChangeSet(w.t.Context(), &cloudformation.DescribeChangeSetInput{ChangeSetName: made.Id})
		if err != nil {
			w.t.Fatal(err)
		}
		if set.Status != cfn.ChangeSetStatusCreateInProgress {
			return set
		}
		<-tick.C
	}
}

// execute begins what a change set says.
func (w *world) execute(set *cloudformation.DescribeChangeSetOutput) {
	w.t.Helper()
	_, err := w.cfn().ExecuteChangeSet(w.t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId, StackName: set.StackId})
	if err != nil {
		w.t.Fatal(err)
	}
}

func changes(set *cloudformation.DescribeChangeSetOutput) []string {
	var lines []string
	for _, c := range set.Changes {
		r := c.ResourceChange
		lines = append(lines, *r.LogicalResourceId+" "+string(r.Action)+" "+string(r.Replacement))
	}
	return lines
}

func TestAChangeSetSaysWhatIsReplaced(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		changed map[string]string
		want    []string
		status  cfn.ChangeSetStatus
	}{
		"nothing":           {nil, nil, cfn.ChangeSetStatusFailed},
		"a property":        {map[string]string{"Note": "new"}, []string{"Vpc Modify False"}, cfn.ChangeSetStatusCreateComplete},
		"a create-only one": {map[string]string{"Cidr": "10.1.0.0/16"}, []string{"Vpc Modify True", "Group Modify True"}, cfn.ChangeSetStatusCreateComplete},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			set := w.plan(w.create(w.smallStack("roadstead-1-1")), aws.String(small), test.changed)
			if diff := cmp.Diff(test.want, changes(set)); diff != "" || set.Status != test.status {
				t.Errorf("the change set is %s, changes (-want +got):\n%s", set.Status, diff)
			}
		})
	}
}

func TestAnUpgradeChangesTheCluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack := w.create(w.clusterStack("roadstead-1-1"))
	set := w.plan(stack, shipped(t, "cluster.yaml"), map[string]string{"KubernetesVersion": "1.36"})
	if diff := cmp.Diff([]string{"Cluster Modify False"}, changes(set)); diff != "" {
		t.Fatalf("changes (-want +got):\n%s", diff)
	}
	w.execute(set)
	if s := w.settled(w.cfn(), *stack.StackId); s.StackStatus != cfn.StackStatusUpdateComplete {
		t.Fatalf("the stack is %s: %s", s.StackStatus, aws.ToString(s.StackStatusReason))
	}
	found, err := w.eks().DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("seaside")})
	if err != nil || *found.Cluster.Version != "1.36" {
		t.Errorf("the cluster after the upgrade: %v, %v", found, err)
	}
	_, err = w.cfn().ExecuteChangeSet(t.Context(), &cloudformation.ExecuteChangeSetInput{ChangeSetName: set.ChangeSetId})
	if got := code(t, err); got != "InvalidChangeSetStatus" {
		t.Errorf("executing it again: %q", got)
	}
}

func TestAReplacedPartIsMadeAnewAndTheOldOneRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack := w.create(w.smallStack("roadstead-1-1"))
	w.execute(w.plan(stack, aws.String(small), map[string]string{"Cidr": "10.1.0.0/16"}))
	after := w.settled(w.cfn(), *stack.StackId)
	if after.StackStatus != cfn.StackStatusUpdateComplete || *after.Outputs[0].OutputValue == *stack.Outputs[0].OutputValue {
		t.Errorf("the stack is %s with the output %s", after.StackStatus, *after.Outputs[0].OutputValue)
	}
	if story := w.story(*stack.StackId); !slices.Contains(story, "Vpc DELETE_COMPLETE") {
		t.Errorf("the old network stays: %v", story)
	}
}

func TestAFailedUpdateIsTakenBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		times int
		want  cfn.StackStatus
	}{
		"once":                {1, cfn.StackStatusUpdateRollbackComplete},
		"in the rollback too": {2, cfn.StackStatusUpdateRollbackFailed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			stack := w.create(w.smallStack("roadstead-1-1"))
			w.cloud.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Updating, Times: test.times})
			w.execute(w.plan(stack, aws.String(small), map[string]string{"Note": "new"}))
			after := w.settled(w.cfn(), *stack.StackId)
			if after.StackStatus != test.want {
				t.Fatalf("the stack is %s: %s", after.StackStatus, aws.ToString(after.StackStatusReason))
			}
			for _, p := range after.Parameters {
				if *p.ParameterKey == "Note" && *p.ParameterValue != "none" {
					t.Errorf("the parameter stays %s", *p.ParameterValue)
				}
			}
			_, err := w.cfn().ContinueUpdateRollback(t.Context(), &cloudformation.ContinueUpdateRollbackInput{StackName: stack.StackId})
			if failed := after.StackStatus == cfn.StackStatusUpdateRollbackFailed; failed != (err == nil) {
				t.Errorf("continuing the rollback of a stack in %s: %v", after.StackStatus, err)
			}
			if s := w.settled(w.cfn(), *stack.StackId); s.StackStatus != cfn.StackStatusUpdateRollbackComplete {
				t.Errorf("the stack ends in %s", s.StackStatus)
			}
		})
	}
}

func TestOnlyAnUpdateCanBeCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack, client := w.create(w.smallStack("roadstead-1-1")), w.cfn()
	cancel := func() error {
		_, err := client.CancelUpdateStack(t.Context(), &cloudformation.CancelUpdateStackInput{StackName: stack.StackId})
		return err
	}
	if got := code(t, cancel()); got != "ValidationError" {
		t.Errorf("cancelling without an update: %q", got)
	}
	w.cloud.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Updating, Hang: true})
	w.execute(w.plan(stack, aws.String(small), map[string]string{"Note": "new"}))
	if err := cancel(); err != nil {
		t.Fatal(err)
	}
	if s := w.settled(client, *stack.StackId); s.StackStatus != cfn.StackStatusUpdateRollbackComplete {
		t.Errorf("the stack is %s", s.StackStatus)
	}
}
