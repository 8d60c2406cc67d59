package awstest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/awstest"
)

func TestDeleteStackMeetsProtectionAndObstacles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack := w.create(w.smallStack("roadstead-1-1"))
	client := w.cfn()
	protect := func(on bool) {
		t.Helper()
		_, err := client.UpdateTerminationProtection(t.Context(), &cloudformation.UpdateTerminationProtectionInput{
			StackName: stack.StackId, EnableTerminationProtection: &on,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	remove := func(retain ...string) error {
		_, err := client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: stack.StackId, RetainResources: retain})
		return err
	}
	protect(true)
	if got := code(t, remove()); got != "ValidationError" {
		t.Errorf("deleting a protected stack: %q", got)
	}
	protect(false)
	if got := code(t, remove("Vpc")); got != "ValidationError" {
		t.Errorf("retaining before anything failed: %q", got)
	}
	w.cloud.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Deleting, Times: 2})
	for i, want := range []cfn.StackStatus{cfn.StackStatusDeleteFailed, cfn.StackStatusDeleteFailed, cfn.StackStatusDeleteComplete} {
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		s := w.settled(client, *stack.StackId)
		if s.StackStatus != want || want == cfn.StackStatusDeleteFailed && !strings.Contains(*s.StackStatusReason, "[Vpc]") {
			t.Errorf("deletion %d ended in %s: %s, want %s", i+1, s.StackStatus, aws.ToString(s.StackStatusReason), want)
		}
	}
	if err := remove(); err != nil {
		t.Errorf("deleting what is deleted: %v", err)
	}
}

func TestWhatCannotBeDeletedIsRetainedOrForced(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]cloudformation.DeleteStackInput{
		"retained": {RetainResources: []string{"Vpc"}},
		"forced":   {DeletionMode: cfn.DeletionModeForceDeleteStack},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			w.cloud.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Deleting, Times: -1})
			stack, client := w.create(w.smallStack("roadstead-1-1")), w.cfn()
			for _, step := range []cloudformation.DeleteStackInput{{}, in} {
				step.StackName = stack.StackId
				if _, err := client.DeleteStack(t.Context(), &step); err != nil {
					t.Fatal(err)
				}
				stack = w.settled(client, *stack.StackId)
			}
			story := w.story(*stack.StackId)
			if stack.StackStatus != cfn.StackStatusDeleteComplete || !slices.Contains(story, "Vpc DELETE_SKIPPED") {
				t.Errorf("the stack is %s after %v", stack.StackStatus, story)
			}
		})
	}
}

func TestARepeatedDeleteIsOneDeletion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.cloud.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Deleting})
	stack, client := w.create(w.smallStack("roadstead-1-1")), w.cfn()
	for _, step := range []struct {
		token string
		want  cfn.StackStatus
	}{
		{"delete-0", cfn.StackStatusDeleteFailed},
		{"delete-0", cfn.StackStatusDeleteFailed},
		{"delete-1", cfn.StackStatusDeleteComplete},
	} {
		_, err := client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: stack.StackId, ClientRequestToken: &step.token})
		if err != nil {
			t.Fatal(err)
		}
		if s := w.settled(client, *stack.StackId); s.StackStatus != step.want {
			t.Errorf("after %s the stack is %s, want %s", step.token, s.StackStatus, step.want)
		}
	}
}
