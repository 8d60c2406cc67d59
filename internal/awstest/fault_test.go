package awstest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/internal/awstest"
)

func TestEveryServiceThrottlesInItsOwnWords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	config := w.config(home, w.customer())
	w.cloud.Inject(awstest.Fault{Operation: "*", Times: 3, Trouble: awstest.Throttle})
	_, stacks := cloudformation.NewFromConfig(config).DescribeStacks(t.Context(), nil)
	_, clusters := eks.NewFromConfig(config).ListClusters(t.Context(), nil)
	_, regions := ec2.NewFromConfig(config).DescribeRegions(t.Context(), nil)
	got := [3]string{code(t, stacks), code(t, clusters), code(t, regions)}
	if want := [3]string{"Throttling", "ThrottlingException", "RequestLimitExceeded"}; got != want {
		t.Errorf("throttled with %v, want %v", got, want)
	}
}

func TestAFaultMeetsTheCallItIsFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	client := w.cfn()
	w.cloud.Inject(awstest.Fault{Operation: "ListStacks", Skip: 1, Times: 2, Trouble: awstest.ServerError})
	for i, want := range []string{"", "InternalFailure", "InternalFailure", ""} {
		_, err := client.ListStacks(t.Context(), nil)
		if got := code(t, err); got != want {
			t.Errorf("call %d: %q, want %q", i+1, got, want)
		}
	}
	calls := w.cloud.Calls("ListStacks")
	if len(calls) != 4 || calls[1].Code != "InternalFailure" || calls[0].Code != "" || calls[0].Region != home {
		t.Errorf("recorded: %+v", calls)
	}
}

func TestALostAnswerIsOfACallThatWasDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	client := w.cfn()
	w.cloud.Inject(awstest.Fault{Operation: "CreateStack", Trouble: awstest.LostAnswer})
	_, err := client.CreateStack(t.Context(), w.smallStack("roadstead-1-1"))
	if _, answered := errors.AsType[smithy.APIError](err); err == nil || answered {
		t.Fatalf("the answer was not lost: %v", err)
	}
	again, err := client.CreateStack(t.Context(), w.smallStack("roadstead-1-1"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("roadstead-1-1")})
	if err != nil || *found.Stacks[0].StackId != *again.StackId || w.cloud.Count("CreateStack") != 2 {
		t.Errorf("after the same request again: %v, %v", found, err)
	}
}

func TestASlowAnswerOutlivesAPatience(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	client := w.cfn()
	w.cloud.Inject(awstest.Fault{Operation: "ListStacks", Trouble: awstest.Slow, Delay: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := client.ListStacks(ctx, nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a slow answer: %v", err)
	}
}

func TestCallsHoldNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	if _, err := w.cfn().CreateStack(t.Context(), w.smallStack("roadstead-1-1")); err != nil {
		t.Fatal(err)
	}
	call := w.cloud.Calls("CreateStack")[0]
	if call.Parameters["StackName"] != "roadstead-1-1" || call.Account != customerAccount ||
		call.Principal != "arn:aws:sts::"+customerAccount+":assumed-role/provision/roadstead-run-1" {
		t.Errorf("recorded: %+v", call)
	}
	for name := range call.Parameters {
		if len(name) > 5 && name[:6] == "X-Amz-" {
			t.Errorf("the parameter %s is recorded", name)
		}
	}
}
