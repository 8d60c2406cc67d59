package awstest_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"

	"github.com/roadstead/roadstead/internal/awstest"
)

func TestAClusterIsMadeAndTakenDown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	stack := w.create(w.clusterStack("roadstead-1-1"))
	if stack.StackStatus != cfn.StackStatusCreateComplete {
		t.Fatalf("the stack is %s: %s", stack.StackStatus, aws.ToString(stack.StackStatusReason))
	}
	outputs := map[string]string{}
	for _, o := range stack.Outputs {
		outputs[*o.OutputKey] = *o.OutputValue
	}
	for _, name := range []string{"Endpoint", "CertificateAuthority", "ClusterArn", "SecurityGroupId", "NodeRoleArn"} {
		if outputs[name] == "" {
			t.Errorf("the output %s is empty in %v", name, outputs)
		}
	}
	found, err := w.eks().DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("seaside")})
	if err != nil {
		t.Fatal(err)
	}
	if got := *found.Cluster.Endpoint; got != outputs["Endpoint"] || found.Cluster.Status != "ACTIVE" {
		t.Errorf("the cluster is %s at %s, want ACTIVE at %s", found.Cluster.Status, got, outputs["Endpoint"])
	}
	groups, err := w.eks().ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: aws.String("seaside")})
	if err != nil || len(groups.Nodegroups) != 1 {
		t.Fatalf("node groups: %v, %v", groups, err)
	}
	entries, err := w.eks().ListAccessEntries(t.Context(), &eks.ListAccessEntriesInput{ClusterName: aws.String("seaside")})
	if err != nil || !slices.Contains(entries.AccessEntries, w.provision) || !slices.Contains(entries.AccessEntries, outputs["NodeRoleArn"]) {
		t.Errorf("access entries: %v, %v", entries, err)
	}

	client := w.cfn()
	if _, err := client.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: stack.StackId}); err != nil {
		t.Fatal(err)
	}
	if stack = w.settled(client, *stack.StackId); stack.StackStatus != cfn.StackStatusDeleteComplete {
		t.Errorf("the deleted stack is %s: %s", stack.StackStatus, aws.ToString(stack.StackStatusReason))
	}
	_, err = client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: stack.StackName})
	if got := code(t, err); got != "ValidationError" {
		t.Errorf("a deleted stack is found by its name: %q", got)
	}
	_, err = w.eks().DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: aws.String("seaside")})
	if got := code(t, err); got != "ResourceNotFoundException" {
		t.Errorf("the cluster of a deleted stack: %q", got)
	}
}
