package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/awstest"
)

const (
	ourAccount      = "111111111111"
	customerAccount = "222222222222"
	region          = "eu-west-1"
	bootstrap       = "roadstead-bootstrap" // the stack of the roles
	eksName         = "orders-production"
	eksNodes        = 3
	// The fake AWS makes a cluster in stackTime, of thirteen minutes in the real one; awsPace hurries the server likewise.
	stackTime = 8 * time.Second
	awsPace   = "100"
	// ourPolicy is all that Roadstead's own identity may do.
	ourPolicy = `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/roadstead/*"}]}`
)

// eksSteps take a cluster on Amazon EKS from its role to being ready; and when all is checked, to its end.
func (s *show) eksSteps() []step {
	steps := []step{
		{"start a fake AWS", s.startAWS, nil},
		{"start the Kubernetes cluster that it will hand out (devcluster)", s.startPlatform, nil},
		{"start the server", s.startServer, s.checkHealth},
		{"eks role add: begin with a role of the account", s.addRole, nil},
		{"in the account: run the template that makes the roles", s.makeRoles, nil},
		{"eks role register: try the role, with and without its external id", s.registerRole, nil},
		{"eks offers: what a cluster can be made of", s.cli("eks", "offers", "production"), nil},
		{"eks create: a cluster in a network of its own", s.follow("eks", "create", eksName, "--role", "production",
			"--kubernetes", "1.35", "--new-network", "--nodes", strconv.Itoa(eksNodes), "--accept-cost"), s.checkCreated},
		{"cluster check: its report card", s.cli("cluster", "check", eksName), s.checkConnected(eksName)},
		{"eks inventory: what it holds beside its stack", s.inventory, nil},
	}
	if s.Check {
		steps = append(steps, step{
			"eks delete: until all of it is gone", s.follow("eks", "delete", eksName, "--confirm", eksName), s.checkDeleted,
		})
	}
	return steps
}

// startAWS has an AWS that knows an identity of ours. It runs in this process.
func (s *show) startAWS(context.Context) (_ string, err error) {
	if s.cloud, err = awstest.New(awstest.Config{StackTime: stackTime}); err != nil {
		return "", fmt.Errorf("start the fake AWS: %w", err)
	}
	keys, err := s.cloud.Account(ourAccount).AddUser("roadstead", ourPolicy)
	if err != nil {
		return "", fmt.Errorf("make Roadstead's identity: %w", err)
	}
	s.settings = []string{
		"ROADSTEAD_AWS_ENDPOINT=" + s.cloud.Endpoint(), "ROADSTEAD_AWS_PACE=" + awsPace,
		"ROADSTEAD_AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "ROADSTEAD_AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey,
	}
	return s.cloud.Endpoint() + "\nIt is a fake on this machine: Amazon is never called, and nothing costs anything.", nil
}

// startPlatform starts the cluster that stands for the one on EKS. It asks the fake AWS who a token belongs to.
func (s *show) startPlatform(ctx context.Context) (string, error) {
	address, err := s.startCluster(ctx)
	if err != nil {
		return "", err
	}
	ca, err := os.ReadFile(s.path("cluster/ca.crt"))
	if err != nil {
		return "", fmt.Errorf("read the CA of the cluster: %w", err)
	}
	s.cloud.UsePlatform(awstest.Platform{URL: s.api, CA: ca})
	_, err = s.kubectl(ctx, s.kubeconfig, "", "create", "clusterrolebinding", "eks-view", "--clusterrole=view", "--group="+awstest.ViewGroup)
	return address + "\nEvery cluster of the fake AWS turns out to be this one, whatever version is asked for.", err
}

func (s *show) addRole(ctx context.Context) (string, error) {
	text, err := s.run(ctx, "eks", "role", "add", "production", "--region", region, "-o", "json")
	if err != nil {
		return "", err
	}
	var role struct {
		Principal  string `json:"principal"`
		ExternalID string `json:"external_id"`
	}
	if err := json.Unmarshal([]byte(text), &role); err != nil {
		return "", fmt.Errorf("read the role: %w", err)
	}
	s.trust = map[string]string{"TrustedPrincipal": role.Principal, "ExternalId": role.ExternalID}
	return "external id  " + role.ExternalID + "\nour account  " + role.Principal, nil
}

// makeRoles does what an administrator of the account does: runs the printed template and reads the outputs of the stack.
func (s *show) makeRoles(ctx context.Context) (string, error) {
	template, err := s.run(ctx, "eks", "role", "template")
	if err != nil {
		return "", err
	}
	account := s.cloud.Account(customerAccount)
	if err := account.CreateStack(region, bootstrap, template, s.trust); err != nil {
		return "", fmt.Errorf("create the stack of the roles: %w", err)
	}
	return retry(ctx, func() (string, error) {
		s.roles, err = account.Outputs(region, bootstrap)
		return s.roles["ProvisionRoleArn"] + "\n" + s.roles["StackRoleArn"], err
	})
}

func (s *show) registerRole(ctx context.Context) (string, error) {
	return s.run(ctx, "eks", "role", "register", "production", s.roles["ProvisionRoleArn"], "--stack-role", s.roles["StackRoleArn"])
}

// inventory is taken after an application has claimed a volume, which no stack knows of.
func (s *show) inventory(ctx context.Context) (string, error) {
	volume, err := s.cloud.Account(customerAccount).AddVolume(region, eksName, 20)
	if err != nil {
		return "", fmt.Errorf("make a volume: %w", err)
	}
	out, err := s.run(ctx, "eks", "inventory", eksName)
	if err == nil && !strings.Contains(out, volume) {
		err = fmt.Errorf("the volume %s is not shown:\n%s", volume, out)
	}
	return out, err
}

// follow is a step that is one command whose progress is shown as it goes on.
func (s *show) follow(args ...string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		fmt.Fprintf(s.Out, "%s$ roadstead %s\n", indent, strings.Join(args, " "))
		var out bytes.Buffer
		progress := &indented{to: s.Out}
		cmd := s.command(ctx, args...)
		cmd.Stdout, cmd.Stderr = &out, progress
		if err := cmd.Run(); err != nil {
			return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out.String())
		}
		return out.String(), nil
	}
}

// stacks are those of clusters that stand in the account.
func (s *show) stacks() (standing []awstest.StackState) {
	for _, found := range s.cloud.Account(customerAccount).Stacks(region) {
		if found.Name != bootstrap && found.Status != "DELETE_COMPLETE" {
			standing = append(standing, found)
		}
	}
	return standing
}
