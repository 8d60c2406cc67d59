package awstest_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"

	"github.com/roadstead/roadstead/internal/awstest"
)

const (
	ourAccount      = "111111111111"
	customerAccount = "222222222222"
	home            = "eu-west-1"
	externalID      = "a1b2c3d4-the-right-one"
)

// world is a service with keys of its own, and a customer's account with roles for it.
type world struct {
	t         *testing.T
	cloud     *awstest.Cloud
	keys      awstest.Keys
	provision string // ARN
	stackRole string // ARN
}

func newWorld(t *testing.T, config awstest.Config) *world {
	t.Helper()
	if config.PageSize == 0 {
		config.PageSize = 2
	}
	if config.StackTime == 0 {
		config.StackTime = 300 * time.Millisecond
	}
	w := &world{t: t, cloud: awstest.Start(t, config)}
	w.cloud.UsePlatform(awstest.Platform{URL: "https://127.0.0.1:1", CA: []byte("-----BEGIN CERTIFICATE-----\n")})
	var err error
	if w.keys, err = w.cloud.Account(ourAccount).AddUser("roadstead", awstest.Everything); err != nil {
		t.Fatal(err)
	}
	w.provision = w.role(awstest.Role{Name: "provision", Path: "/roadstead/", Trust: awstest.TrustFrom(ourAccount, externalID)})
	w.stackRole = w.role(awstest.Role{Name: "stack", Path: "/roadstead/", Trust: awstest.TrustService("cloudformation.amazonaws.com")})
	return w
}

func (w *world) role(r awstest.Role) string {
	w.t.Helper()
	arn, err := w.cloud.Account(customerAccount).AddRole(r)
	if err != nil {
		w.t.Fatal(err)
	}
	return arn
}

// config is that of SDK clients which do not repeat calls by themselves.
func (w *world) config(region string, c aws.CredentialsProvider) aws.Config {
	endpoint := w.cloud.Endpoint()
	return aws.Config{
		Region: region, Credentials: c, BaseEndpoint: &endpoint,
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

func static(k awstest.Keys) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(k.AccessKeyID, k.SecretAccessKey, "")
}

func session(c *types.Credentials) aws.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
}

func (w *world) sts() *sts.Client { return sts.NewFromConfig(w.config(home, static(w.keys))) }

func (w *world) assume(change func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
	in := &sts.AssumeRoleInput{RoleArn: &w.provision, RoleSessionName: aws.String("roadstead-run-1"), ExternalId: aws.String(externalID)}
	if change != nil {
		change(in)
	}
	return w.sts().AssumeRole(w.t.Context(), in)
}

// customer is a session of the provisioning role.
func (w *world) customer() aws.CredentialsProvider {
	w.t.Helper()
	out, err := w.assume(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return session(out.Credentials)
}

func (w *world) cfn() *cloudformation.Client {
	return cloudformation.NewFromConfig(w.config(home, w.customer()))
}
func (w *world) eks() *eks.Client { return eks.NewFromConfig(w.config(home, w.customer())) }
func (w *world) ec2() *ec2.Client { return ec2.NewFromConfig(w.config(home, w.customer())) }
func (w *world) iam() *iam.Client { return iam.NewFromConfig(w.config(home, w.customer())) }

// shipped is a template of the product.
func shipped(t *testing.T, name string) *string {
	t.Helper()
	data, err := os.ReadFile("../eks/templates/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return aws.String(string(data))
}

func parameters(values map[string]string) []cfn.Parameter {
	var list []cfn.Parameter
	for key, value := range values {
		list = append(list, cfn.Parameter{ParameterKey: &key, ParameterValue: &value})
	}
	return list
}

// clusterStack asks for a cluster with a network of its own.
func (w *world) clusterStack(name string) *cloudformation.CreateStackInput {
	return &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: shipped(w.t, "cluster.yaml"), RoleARN: &w.stackRole,
		Capabilities: []cfn.Capability{cfn.CapabilityCapabilityIam}, ClientRequestToken: aws.String("create-" + name),
		Tags: []cfn.Tag{{Key: aws.String("roadstead:provider-id"), Value: aws.String("run-1")}},
		Parameters: parameters(map[string]string{
			"ClusterName": "seaside", "KubernetesVersion": "1.35", "NodeVersion": "1.35", "ProvisionRoleArn": w.provision, "CreateNetwork": "true",
			"SubnetIds": "",
		}),
	}
}

// create makes a stack and waits until it stands still.
func (w *world) create(in *cloudformation.CreateStackInput) cfn.Stack {
	w.t.Helper()
	client := w.cfn()
	out, err := client.CreateStack(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.settled(client, *out.StackId)
}

// settled polls until nothing happens to a stack any more.
func (w *world) settled(client *cloudformation.Client, id string) cfn.Stack {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id})
		if err != nil {
			w.t.Fatal(err)
		}
		if s := out.Stacks[0]; !inProgress(s.StackStatus) {
			return s
		}
		<-tick.C
	}
}

func inProgress(s cfn.StackStatus) bool {
	const suffix = "_IN_PROGRESS"
	return len(s) > len(suffix) && string(s)[len(s)-len(suffix):] == suffix
}

// code is the code of an answer of AWS; empty for success.
func code(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	said, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("no answer of AWS: %v", err)
	}
	return said.ErrorCode()
}
