package eks_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/uuid"

	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/eks"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/secret"
)

const (
	ourAccount      = "111111111111"
	customerAccount = "222222222222"
	home            = "eu-west-1"
	externalID      = "0123456789abcdef0123456789abcdef01234567"
	stackTime       = 300 * time.Millisecond
)

// world is AWS with our account, which may assume roles, and a customer's, in which the bootstrap template was run. All
// that the adapter does there is held against the policies of that template and of its own sessions.
type world struct {
	t     *testing.T
	aws   *awstest.Cloud
	cloud *eks.Cloud
	role  provision.Role
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, aws: awstest.Start(t, awstest.Config{PageSize: 2, StackTime: stackTime})}
	w.aws.UsePlatform(awstest.Platform{URL: "https://127.0.0.1:1", CA: []byte("-----BEGIN CERTIFICATE-----\n")})
	keys, err := w.aws.Account(ourAccount).AddUser("roadstead",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/roadstead/*"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := egress.ParseRules("127.0.0.0/8:*")
	if err != nil {
		t.Fatal(err)
	}
	w.cloud = eks.New(eks.Config{
		Guard: egress.NewGuard(egress.Config{Allow: rules}), Endpoint: w.aws.Endpoint(), Installation: "test",
		Credentials: eks.Keys(keys.AccessKeyID, secret.NewValue([]byte(keys.SecretAccessKey))), Now: hurried(),
	})
	t.Cleanup(w.cloud.Close)
	w.role = w.bootstrap()
	return w
}

// hurried is a clock that is a second later each time it is asked, so that the budget of polls does not slow a test.
func hurried() func() time.Time {
	var mu sync.Mutex
	now := time.Now()
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

// bootstrap runs the template that we offer as the customer's administrator does.
func (w *world) bootstrap() provision.Role {
	w.t.Helper()
	keys, endpoint := w.aws.Account(customerAccount).Administrator(), w.aws.Endpoint()
	client := cloudformation.NewFromConfig(aws.Config{
		Region: home, BaseEndpoint: &endpoint, Credentials: eks.Keys(keys.AccessKeyID, secret.NewValue([]byte(keys.SecretAccessKey))),
	})
	out, err := client.CreateStack(w.t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("bootstrap"), TemplateBody: aws.String(eks.BootstrapTemplate()),
		Capabilities: []cfn.Capability{cfn.CapabilityCapabilityNamedIam},
		Parameters: []cfn.Parameter{
			{ParameterKey: aws.String("TrustedPrincipal"), ParameterValue: aws.String(ourAccount)},
			{ParameterKey: aws.String("ExternalId"), ParameterValue: aws.String(externalID)},
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	role := provision.Role{
		ID: 7, Level: cluster.Group, GroupID: 3, Name: "shop", ExternalID: externalID,
		AccountID: customerAccount, Partition: "aws", Region: home,
	}
	w.until("the bootstrap stack", func() bool {
		found, err := client.DescribeStacks(w.t.Context(), &cloudformation.DescribeStacksInput{StackName: out.StackId})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, output := range found.Stacks[0].Outputs {
			switch aws.ToString(output.OutputKey) {
			case "ProvisionRoleArn":
				role.ARN = aws.ToString(output.OutputValue)
			case "StackRoleArn":
				role.StackRoleARN = aws.ToString(output.OutputValue)
			}
		}
		if found.Stacks[0].StackStatus == cfn.StackStatusRollbackComplete {
			w.t.Fatal(aws.ToString(found.Stacks[0].StackStatusReason))
		}
		return found.Stacks[0].StackStatus == cfn.StackStatusCreateComplete
	})
	return role
}

// until polls for something, at most 20 seconds.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			w.t.Fatalf("waited too long for %s", what)
		}
	}
}

// wish is a run for a cluster with a network of its own.
func (w *world) wish() provision.Run {
	return provision.Run{
		ID: 9, UUID: uuid.NewString(), RoleID: w.role.ID, Level: cluster.Group, GroupID: 3, ClusterID: 42, Attempt: 1,
		Spec: provision.Spec{
			Version: 1, Name: "orders-production", EnvironmentScope: "*", Region: home, KubernetesVersion: "1.35",
			Network: provision.Network{Create: true, CIDR: "10.20.0.0/16"},
			Nodes:   provision.NodePool{Architecture: provision.AMD64, InstanceType: "m6i.large", Count: 3, DiskGB: 50},
			Tags:    map[string]string{"team": "orders"},
		},
	}
}

func (w *world) session(purpose provision.Purpose, run provision.Run) provision.Session {
	w.t.Helper()
	s, err := w.cloud.Assume(w.t.Context(), provision.Grant{
		Role: w.role, Region: home, ExternalID: &w.role.ExternalID, Purpose: purpose, Run: run,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// create asks for the run's stack and follows it until nothing happens to it any more.
func (w *world) create(run *provision.Run) provision.Stack {
	w.t.Helper()
	s := w.session(provision.ToProvision, *run)
	id, err := w.cloud.Create(w.t.Context(), s, w.role, *run)
	if err != nil {
		w.t.Fatal(err)
	}
	run.StackID = id
	stack := w.settled(s, id)
	run.Outputs = stack.Outputs
	return stack
}

// settled follows a stack until nothing happens to it any more.
func (w *world) settled(s provision.Session, id string) (stack provision.Stack) {
	w.t.Helper()
	w.until("the stack", func() bool {
		var err error
		if stack, err = w.cloud.Stack(w.t.Context(), s, id); err != nil {
			w.t.Fatal(err)
		}
		switch stack.Status {
		case provision.StackCreating, provision.StackRollingBack, provision.StackUpdating, provision.StackDeleting:
			return false
		default:
			return true
		}
	})
	return stack
}
