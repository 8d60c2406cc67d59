package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/stage"
)

const (
	ourAccount      = "111111111111"
	customerAccount = "222222222222"
	home            = "eu-west-1"
	// ourPolicy is what an operator lets Roadstead's user at AWS do.
	ourPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/roadstead/*"}]}`
	// The fake AWS makes a cluster in stackTime; awsPace shortens the server's waits about as much.
	stackTime = 1500 * time.Millisecond
	awsPace   = 100
	// made bounds a run on a busy machine.
	made = 90 * time.Second
)

// platform is the control plane that every cluster of every fake AWS of this package turns out to be. It has bearer
// tokens reviewed by whichever fake AWS knows them.
type platform struct {
	once    sync.Once
	err     error
	process *stage.Process
	server  *http.Server
	dir     string
	where   awstest.Platform

	mu      sync.Mutex
	reviews map[string]string // URLs, by endpoint
}

var eksPlatform = &platform{reviews: map[string]string{}} //nolint:gochecknoglobals // made once, when first needed; stopped by TestMain

// join has the tokens of a fake AWS known, until the test ends.
func (p *platform) join(t *testing.T, cloud *awstest.Cloud) {
	t.Helper()
	p.once.Do(func() { p.err = p.open() })
	if p.err != nil {
		t.Fatalf("starting the control plane of clusters on EKS: %v", p.err)
	}
	p.mu.Lock()
	p.reviews[cloud.Endpoint()] = cloud.WebhookURL("")
	p.mu.Unlock()
	t.Cleanup(func() {
		p.mu.Lock()
		delete(p.reviews, cloud.Endpoint())
		p.mu.Unlock()
	})
	cloud.UsePlatform(p.where)
}

func (p *platform) open() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	p.server = &http.Server{Handler: http.HandlerFunc(p.review), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }()
	p.dir = filepath.Join(shared.dir, "eks")
	p.process, err = stage.Start(context.Background(), stage.Command{
		Program: filepath.Join(shared.bin, "devcluster"), Log: filepath.Join(shared.dir, "eks.log"), Ready: "devcluster ready:",
		Args: []string{
			"up", "--dir", p.dir, "--installer-bin", filepath.Join(shared.bin, "roadstead-installer"),
			"--authentication-webhook", "http://" + listener.Addr().String() + "/",
		},
	})
	if err != nil {
		return err
	}
	p.where.URL = stage.WordAfter(p.process.ReadyLine, "api")
	if p.where.CA, err = os.ReadFile(filepath.Join(p.dir, "ca.crt")); err != nil {
		return err
	}
	_, err = p.kubectl(context.Background(), "create", "clusterrolebinding", "awstest-view", "--clusterrole=view", "--group="+awstest.ViewGroup)
	return err
}

func (p *platform) close() {
	if p.server != nil {
		_ = p.server.Close()
	}
	if p.process != nil {
		p.process.Stop()
	}
}

// review asks every fake AWS, and answers as the first one that knows the token.
func (p *platform) review(w http.ResponseWriter, r *http.Request) {
	question, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	var urls []string
	for _, url := range p.reviews {
		urls = append(urls, url)
	}
	p.mu.Unlock()
	answer := []byte(`{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":{"authenticated":false}}`)
	for _, url := range urls {
		if found, ok := ask(r.Context(), url, question); ok {
			answer = found
			break
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(answer)
}

func ask(ctx context.Context, url string, question []byte) (answer []byte, known bool) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(question))
	if err != nil {
		return nil, false
	}
	response, err := (&http.Client{Timeout: 5 * time.Second}).Do(request)
	if err != nil {
		return nil, false
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	var review struct{ Status struct{ Authenticated bool } }
	return answer, err == nil && json.Unmarshal(answer, &review) == nil && review.Status.Authenticated
}

// kubectl works in the cluster that every fake AWS makes.
func (p *platform) kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := shared.kubectlCommand(ctx, args...)
	cmd.Env = kubectlEnv(p.dir)
	return output(cmd)
}

// estate is a server that is let into a customer's account of a fake AWS by the roles of our own bootstrap template.
type estate struct {
	*server

	aws      *awstest.Cloud
	keys     awstest.Keys // ours
	role     string       // ARN
	stack    string       // ARN
	external string
	name     string // of the cluster
}

// newEstate starts a fake AWS and a server, and registers a verified role.
func newEstate(t *testing.T, bin string, env ...string) *estate {
	t.Helper()
	e := newDraft(t, stackTime, bin, env...)
	if out := e.must(t, "eks", "role", "register", "customer", e.role, "--stack-role", e.stack); !strings.Contains(out, "verified") {
		t.Fatalf("registering the role says:\n%s", out)
	}
	return e
}

// newDraft is an estate whose role is not registered yet.
func newDraft(t *testing.T, stackTime time.Duration, bin string, env ...string) *estate {
	t.Helper()
	e := &estate{aws: awstest.Start(t, awstest.Config{StackTime: stackTime, PageSize: 2}), name: unique("orders")}
	eksPlatform.join(t, e.aws)
	var err error
	e.keys, err = e.aws.Account(ourAccount).AddUser("roadstead", ourPolicy)
	if err != nil {
		t.Fatal(err)
	}
	e.server = &server{bin: bin, dir: t.TempDir(), token: adminToken, env: append([]string{
		"ROADSTEAD_AWS_ENDPOINT=" + e.aws.Endpoint(), "ROADSTEAD_AWS_PACE=" + strconv.Itoa(awsPace),
		"ROADSTEAD_AWS_ACCESS_KEY_ID=" + e.keys.AccessKeyID, "ROADSTEAD_AWS_SECRET_ACCESS_KEY=" + e.keys.SecretAccessKey,
		"ROADSTEAD_EGRESS_ALLOW=127.0.0.0/8:*",
	}, env...)}
	e.mustStart(t)
	t.Cleanup(func() { e.process.Kill() })
	var draft struct {
		ExternalID string `json:"external_id"`
		Principal  string
	}
	text := e.must(t, "eks", "role", "add", "customer", "--region", home, "-o", "json")
	if err := json.Unmarshal([]byte(text), &draft); err != nil || draft.Principal != ourAccount || draft.ExternalID == "" {
		t.Fatalf("adding a role says %s: %v", text, err)
	}
	e.external = draft.ExternalID
	e.bootstrap(t)
	return e
}

// bootstrap runs the template that the server offers, as the customer's administrator does.
func (e *estate) bootstrap(t *testing.T) {
	t.Helper()
	client := e.console()
	out, err := client.CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("bootstrap"), TemplateBody: aws.String(e.must(t, "eks", "role", "template")),
		Capabilities: []cfn.Capability{cfn.CapabilityCapabilityNamedIam},
		Parameters: []cfn.Parameter{
			{ParameterKey: aws.String("TrustedPrincipal"), ParameterValue: aws.String(ourAccount)},
			{ParameterKey: aws.String("ExternalId"), ParameterValue: aws.String(e.external)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, made, func() error {
		found, err := client.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: out.StackId})
		if err != nil {
			return err
		}
		for _, o := range found.Stacks[0].Outputs {
			switch aws.ToString(o.OutputKey) {
			case "ProvisionRoleArn":
				e.role = aws.ToString(o.OutputValue)
			case "StackRoleArn":
				e.stack = aws.ToString(o.OutputValue)
			}
		}
		if status := found.Stacks[0].StackStatus; status != cfn.StackStatusCreateComplete {
			return fmt.Errorf("the bootstrap stack is %s", status)
		}
		return nil
	})
}

// console is how the customer's administrator works on stacks.
func (e *estate) console() *cloudformation.Client {
	keys, endpoint := e.account().Administrator(), e.aws.Endpoint()
	return cloudformation.NewFromConfig(aws.Config{
		Region: home, BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider(keys.AccessKeyID, keys.SecretAccessKey, ""),
	})
}

// deleteStack deletes a stack behind our back.
func (e *estate) deleteStack(t *testing.T, id string) {
	t.Helper()
	if _, err := e.console().DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: &id}); err != nil {
		t.Fatal(err)
	}
}

func (e *estate) account() *awstest.Account { return e.aws.Account(customerAccount) }

// createArgs are the arguments that ask for a cluster.
func (e *estate) createArgs() []string {
	return []string{
		"eks", "create", e.name, "--role", "customer", "--kubernetes", "1.35", "--new-network", "--nodes", "1", "--accept-cost",
	}
}

// begin asks for the cluster and does not wait.
func (e *estate) begin(t *testing.T) {
	t.Helper()
	e.must(t, append(e.createArgs(), "--no-wait")...)
}

// running is what the API says of a cluster that we make.
type running struct {
	ID        int64
	ClusterID int64 `json:"cluster_id"`
	State     string
	Final     bool
	Attempt   int
	Percent   int
	Spec      struct {
		Version string `json:"kubernetes_version"`
	}
	Stuck   []string
	Left    []struct{ Kind, ID string }
	Failure *struct {
		Code, Class, Title, Action string
		ResourceType               string `json:"resource_type"`
		NeedsCleanup               bool   `json:"needs_cleanup"`
		CorrelationID              string `json:"correlation_id"`
	}
}

func (e *estate) run(ctx context.Context) (now running, err error) {
	status, err := e.get(ctx, "/api/v1/aws/clusters/1", &now)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("the run answers %d", status)
	}
	return now, err
}

// reaches waits for a state, and returns the run in it. Another final state ends the test.
func (e *estate) reaches(t *testing.T, state string) (now running) {
	t.Helper()
	eventually(t, made, func() (err error) {
		if now, err = e.run(t.Context()); err == nil && now.State != state {
			err = fmt.Errorf("the run is %s: %+v", now.State, now.Failure)
		}
		return err
	})
	return now
}

// stacks are those of the run, not the roles', that are not deleted.
func (e *estate) stacks() (standing []awstest.StackState) {
	for _, s := range e.account().Stacks(home) {
		if s.Name != "bootstrap" && s.Status != "DELETE_COMPLETE" {
			standing = append(standing, s)
		}
	}
	return standing
}

// isReady returns nil when there is exactly one stack, protected, and exactly one identity in use, with one token.
func (e *estate) isReady(ctx context.Context) error {
	now, err := e.run(ctx)
	if err != nil {
		return err
	}
	if now.State != "ready" {
		return fmt.Errorf("the run is %s: %+v", now.State, now.Failure)
	}
	if found := e.stacks(); len(found) != 1 || found[0].Status != "CREATE_COMPLETE" || !found[0].Protected {
		return fmt.Errorf("the stacks are %+v", found)
	}
	i, err := e.identity(e.name)
	if err != nil {
		return err
	}
	if i.State != "own" || !i.InUse {
		return fmt.Errorf("the identity is %s (%s)", i.State, i.Error.Code)
	}
	secrets, err := eksPlatform.kubectl(ctx, "get", "secrets", "-n", i.Namespace, "-o", "name")
	if err == nil && strings.Count(secrets, "\n") != 1 {
		err = fmt.Errorf("the identity's tokens are %q", secrets)
	}
	accounts, accountsErr := eksPlatform.kubectl(ctx, "get", "serviceaccounts", "-n", i.Namespace, "-o", "name")
	if accountsErr == nil && strings.Count(strings.ReplaceAll(accounts, "serviceaccount/default\n", ""), "\n") != 1 {
		accountsErr = fmt.Errorf("the accounts are %q", accounts)
	}
	return errors.Join(err, accountsErr, e.clusterConnected(names{cluster: e.name}))
}
