package eks_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/awstest"
	"github.com/roadstead/roadstead/internal/provision"
)

func TestRoleOpensWithItsExternalIDOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.session(provision.ToVerify, provision.Run{})
	if account, err := w.cloud.Account(t.Context(), s); err != nil || account != customerAccount || s.AccountID != customerAccount {
		t.Errorf("let into %q, %q: %v", account, s.AccountID, err)
	}
	if account, err := w.cloud.Account(t.Context(), provision.Session{}); err != nil || account != ourAccount {
		t.Errorf("our own account is %q: %v", account, err)
	}
	wrong := strings.Repeat("f", len(externalID))
	for name, id := range map[string]*string{"none": nil, "another": &wrong} {
		_, err := w.cloud.Assume(t.Context(), provision.Grant{Role: w.role, Region: home, ExternalID: id, Purpose: provision.ToVerify})
		if provision.ClassOf(err) != provision.Denied || apperr.CodeOf(err) != apperr.CloudRoleRefused {
			t.Errorf("with %s: %v", name, err)
		}
	}
	// A session to find out who we are may do nothing else, whatever the role may.
	if _, err := w.cloud.Offers(t.Context(), s); provision.ClassOf(err) != provision.Denied {
		t.Errorf("a session for a verification fills a form: %v", err)
	}
}

func TestFormIsFilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	offers, err := w.cloud.Offers(t.Context(), w.session(provision.ToDescribe, provision.Run{}))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(offers.Regions, home) || len(offers.Versions) < 2 || !slices.Contains(offers.InstanceTypes, "m6i.large") {
		t.Errorf("regions %v, versions %v, %d types", offers.Regions, offers.Versions, len(offers.InstanceTypes))
	}
	if len(offers.Networks) == 0 || len(offers.Networks[0].Subnets) < 2 || len(offers.Networks[0].SecurityGroups) == 0 {
		t.Errorf("networks %+v", offers.Networks)
	}
}

// TestLifeOfACluster takes a cluster all the way, with the rights of the bootstrap template and of each session only.
func TestLifeOfACluster(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.wish()

	findings, err := w.cloud.Preflight(t.Context(), w.session(provision.ToDescribe, run), w.role, run)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range findings {
		if !f.OK {
			t.Errorf("before the creation: %+v", f)
		}
	}

	stack := w.create(&run)
	if stack.Status != provision.StackCreated || stack.RunUUID != run.UUID || stack.Name != run.StackName() {
		t.Fatalf("stack %+v", stack)
	}
	if o := stack.Outputs; o.Endpoint == "" || !strings.HasPrefix(o.CAPEM, "-----BEGIN") || o.ARN == "" || o.SecurityGroupID == "" || o.NodeRoleARN == "" {
		t.Errorf("outputs %+v", o)
	}
	provisioning := w.session(provision.ToProvision, run)
	if again, err := w.cloud.Create(t.Context(), provisioning, w.role, run); again != run.StackID && !errors.Is(err, provision.ErrStackExists) {
		t.Errorf("the same request again: %q, %v", again, err)
	}
	checkEvents(t, w, provisioning, run)

	connecting := w.session(provision.ToConnect, run)
	control, err := w.cloud.Control(t.Context(), connecting, run)
	if err != nil || control.Status != provision.ControlActive || control.ConfigMap || !control.NodeEntry || control.Endpoint != stack.Outputs.Endpoint {
		t.Errorf("control %+v, %v", control, err)
	}
	checkUpgrade(t, w, provisioning, run)
	checkDeletion(t, w, run)
	t.Logf("%d calls to AWS", w.aws.Count())
}

// checkEvents reads the events twice: at once, and from one in the middle on.
func checkEvents(t *testing.T, w *world, s provision.Session, run provision.Run) {
	t.Helper()
	events, err := w.cloud.Events(t.Context(), s, run.StackID, "")
	if err != nil || len(events) < 20 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if !slices.IsSortedFunc(events, func(a, b provision.Event) int { return a.At.Compare(b.At) }) {
		t.Error("the events are not in the order of time")
	}
	middle := len(events) / 2
	rest, err := w.cloud.Events(t.Context(), s, run.StackID, events[middle-1].ID)
	if err != nil || len(rest) != len(events)-middle || rest[0].ID != events[middle].ID {
		t.Errorf("%d events after the one in the middle, want %d: %v", len(rest), len(events)-middle, err)
	}
}

// checkUpgrade brings the control plane to a newer version, then finds nothing left to change.
func checkUpgrade(t *testing.T, w *world, s provision.Session, run provision.Run) {
	t.Helper()
	upgrade := provision.Upgrade{Version: "1.36"}
	plan := w.plan(s, run, upgrade)
	if plan.Empty || !slices.ContainsFunc(plan.Changes, func(c provision.Change) bool { return c.LogicalID == "Cluster" && c.Guarded && !c.Replaced }) {
		t.Fatalf("plan %+v", plan)
	}
	for range 2 { // the second time as if the answer had been lost
		if err := w.cloud.Execute(t.Context(), s, run, plan); err != nil {
			t.Fatal(err)
		}
	}
	if stack := w.settled(s, run.StackID); stack.Status != provision.StackUpdated {
		t.Fatalf("the upgraded stack is %s", stack.Status)
	}
	control, err := w.cloud.Control(t.Context(), w.session(provision.ToConnect, run), run)
	if err != nil || control.Version != "1.36" {
		t.Errorf("control plane %+v, %v", control, err)
	}
	if plan = w.plan(s, run, upgrade); !plan.Empty {
		t.Errorf("the same upgrade again: %+v", plan)
	}
	upgrade.Nodes = true
	if plan = w.plan(s, run, upgrade); !slices.ContainsFunc(plan.Changes, func(c provision.Change) bool { return c.LogicalID == "Nodes" && !c.Guarded }) {
		t.Errorf("plan for the nodes %+v", plan)
	}
}

func (w *world) plan(s provision.Session, run provision.Run, u provision.Upgrade) (plan provision.Plan) {
	w.t.Helper()
	w.until("the plan", func() bool {
		var err error
		if plan, err = w.cloud.Plan(w.t.Context(), s, w.role, run, u); err != nil {
			w.t.Fatal(err)
		}
		return plan.Ready
	})
	return plan
}

// checkDeletion locks the stack, finds it locked, and takes it down.
func checkDeletion(t *testing.T, w *world, run provision.Run) {
	t.Helper()
	provisioning, deleting := w.session(provision.ToProvision, run), w.session(provision.ToDelete, run)
	for range 2 {
		if err := w.cloud.Narrow(t.Context(), provisioning, w.role, run); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.cloud.Protect(t.Context(), provisioning, run.StackID, true); err != nil {
		t.Fatal(err)
	}
	options := provision.DeleteOptions{Token: run.RequestToken("delete"), RoleARN: w.role.StackRoleARN}
	if err := w.cloud.Delete(t.Context(), deleting, run.StackID, options); provision.ClassOf(err) != provision.Invalid {
		t.Errorf("a protected stack is deleted: %v", err)
	}
	if _, err := w.cloud.Billed(t.Context(), deleting, run); err != nil {
		t.Error(err)
	}
	if err := w.cloud.Widen(t.Context(), deleting, w.role, run); err != nil {
		t.Error(err)
	}
	if err := w.cloud.Protect(t.Context(), deleting, run.StackID, false); err != nil {
		t.Fatal(err)
	}
	if err := w.cloud.Delete(t.Context(), deleting, run.StackID, options); err != nil {
		t.Fatal(err)
	}
	if stack := w.settled(deleting, run.StackID); stack.Status != provision.StackDeleted {
		t.Errorf("the deleted stack is %s, stuck on %v", stack.Status, stack.Stuck)
	}
	if _, err := w.cloud.Stack(t.Context(), deleting, run.StackName()); !errors.Is(err, provision.ErrStackNotFound) {
		t.Errorf("a deleted stack is found by its name: %v", err)
	}
	if billed, err := w.cloud.Billed(t.Context(), deleting, run); err != nil || len(billed) > 0 {
		t.Errorf("left behind: %+v, %v", billed, err)
	}
}

// TestExistingNetwork makes a cluster in the network that the account has.
func TestExistingNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.wish()
	describing := w.session(provision.ToDescribe, run)
	offers, err := w.cloud.Offers(t.Context(), describing)
	if err != nil {
		t.Fatal(err)
	}
	network := offers.Networks[0]
	run.Spec.Network = provision.Network{
		VPCID: network.ID, SubnetIDs: []string{network.Subnets[0].ID, network.Subnets[1].ID},
		SecurityGroupIDs: []string{network.SecurityGroups[0].ID},
	}
	findings, err := w.cloud.Preflight(t.Context(), describing, w.role, run)
	if err != nil || slices.ContainsFunc(findings, func(f provision.Finding) bool { return !f.OK }) {
		t.Errorf("%+v, %v", findings, err)
	}
	if stack := w.create(&run); stack.Status != provision.StackCreated {
		t.Errorf("the stack is %s", stack.Status)
	}
}

// TestWithoutAStackRole lets CloudFormation act with the rights of the session, which the role of the bootstrap template
// does not have: it fails, and the first refused action is named.
func TestWithoutAStackRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	run := w.wish()
	w.role.StackRoleARN = ""
	stack := w.create(&run)
	failure := w.rootCause(run)
	if stack.Status != provision.StackRolledBack || failure.Class != provision.Denied || failure.Action == "" {
		t.Errorf("stack %s, failure %+v", stack.Status, failure)
	}
	// A role that may do all does it.
	if err := w.aws.Account(customerAccount).SetRolePolicy(w.role.ARN, awstest.Everything); err != nil {
		t.Fatal(err)
	}
	run.Attempt++
	if stack := w.create(&run); stack.Status != provision.StackCreated {
		t.Errorf("the stack is %s: %+v", stack.Status, w.rootCause(run))
	}
}

// rootCause is the earliest failure that does not follow from another.
func (w *world) rootCause(run provision.Run) provision.Failure {
	w.t.Helper()
	events, err := w.cloud.Events(w.t.Context(), w.session(provision.ToProvision, run), run.StackID, "")
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		if e.Failure != nil && !e.FollowUp {
			return *e.Failure
		}
	}
	return provision.Failure{}
}

// TestRootCause fails parts of a stack and looks that the first of them is named.
func TestRootCause(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault awstest.ResourceFault
		kind  string
		code  apperr.Code
	}{
		"no room for a network": {
			awstest.ResourceFault{Resource: "Vpc", Reason: "The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400) (HandlerErrorCode: ServiceLimitExceeded)"},
			"AWS::EC2::VPC", apperr.CloudQuotaNetworks,
		},
		"no capacity": {
			awstest.ResourceFault{Resource: "Cluster", Reason: "eu-west-1a does not currently have sufficient capacity to support the cluster. Retry and choose from these availability zones: eu-west-1b, eu-west-1c"},
			"AWS::EKS::Cluster", apperr.CloudCapacity,
		},
		"machines stay away": {
			awstest.ResourceFault{Resource: "Nodes", Reason: "Instances failed to join the kubernetes cluster (HandlerErrorCode: NotStabilized)"},
			"AWS::EKS::Nodegroup", apperr.CloudNodesMissing,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.aws.FailResource(test.fault)
			run := w.wish()
			stack := w.create(&run)
			if got := w.rootCause(run); stack.Status != provision.StackRolledBack || got.Code != test.code || got.ResourceType != test.kind {
				t.Errorf("stack %s, failure %+v", stack.Status, got)
			}
		})
	}
}

// TestStuckDeletion pins what is told of a deletion that cannot end, and both ways out.
func TestStuckDeletion(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]provision.DeleteOptions{"retain": {Retain: []string{"Vpc"}}, "force": {Force: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			run := w.wish()
			w.create(&run)
			w.aws.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Deleting, Times: -1})
			deleting := w.session(provision.ToDelete, run)
			options.RoleARN = w.role.StackRoleARN
			if err := w.cloud.Delete(t.Context(), deleting, run.StackID, provision.DeleteOptions{RoleARN: w.role.StackRoleARN}); err != nil {
				t.Fatal(err)
			}
			if stack := w.settled(deleting, run.StackID); stack.Status != provision.StackDeleteFailed || !slices.Equal(stack.Stuck, []string{"Vpc"}) {
				t.Fatalf("the stack is %s, stuck on %v", stack.Status, stack.Stuck)
			}
			if err := w.cloud.Delete(t.Context(), deleting, run.StackID, options); err != nil {
				t.Fatal(err)
			}
			if stack := w.settled(deleting, run.StackID); stack.Status != provision.StackDeleted {
				t.Errorf("the stack is %s, stuck on %v", stack.Status, stack.Stuck)
			}
		})
	}
}

// TestBadMoments puts trouble before and after the creation: one stack is made, and no moment is taken for a verdict.
func TestBadMoments(t *testing.T) {
	t.Parallel()
	for _, trouble := range []awstest.Trouble{awstest.Throttle, awstest.ServerError, awstest.LostAnswer, awstest.Expire} {
		t.Run(string(trouble), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			run := w.wish()
			w.aws.Inject(awstest.Fault{Operation: "CreateStack", Trouble: trouble})
			var id string
			w.until("the stack to be asked for", func() bool {
				s := w.session(provision.ToProvision, run)
				var err error
				id, err = w.cloud.Create(t.Context(), s, w.role, run)
				if errors.Is(err, provision.ErrStackExists) {
					found, err := w.cloud.Stack(t.Context(), s, run.StackName())
					if err != nil || found.RunUUID != run.UUID {
						t.Fatalf("%+v, %v", found, err)
					}
					id = found.ID
					return true
				}
				switch provision.ClassOf(err) {
				case provision.Throttled, provision.Transient, provision.Expired:
					return false
				default:
					if err != nil {
						t.Fatal(err)
					}
					return true
				}
			})
			s := w.session(provision.ToProvision, run)
			if stack := w.settled(s, id); stack.Status != provision.StackCreated {
				t.Errorf("the stack is %s", stack.Status)
			}
			made := map[string]bool{}
			for _, call := range w.aws.Calls("CreateStack") {
				made[call.Parameters["StackName"]] = true
			}
			if delete(made, "bootstrap"); len(made) != 1 {
				t.Errorf("asked for the stacks %v", made)
			}
		})
	}
}
