package e2e_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/awstest"
)

// TestTroubleOnTheWay puts trouble in the way of a creation that it must not end: the cluster is ready all the same, with
// one stack and one identity.
func TestTroubleOnTheWay(t *testing.T) {
	t.Parallel()
	calls := func(faults ...awstest.Fault) func(*estate) {
		return func(e *estate) {
			for _, f := range faults {
				e.aws.Inject(f)
			}
		}
	}
	tests := map[string]func(e *estate){
		"throttled now and then": calls(
			awstest.Fault{Operation: "DescribeStacks", Skip: 1, Times: 7, Trouble: awstest.Throttle},
			awstest.Fault{Operation: "DescribeStackEvents", Skip: 2, Times: 4, Trouble: awstest.Throttle},
			awstest.Fault{Operation: "AssumeRole", Times: 4, Trouble: awstest.Throttle},
			awstest.Fault{Operation: "CreateStack", Times: 4, Trouble: awstest.Throttle},
		),
		"errors inside AWS": calls(
			awstest.Fault{Operation: "CreateStack", Times: 4, Trouble: awstest.ServerError},
			awstest.Fault{Operation: "DescribeCluster", Times: 4, Trouble: awstest.ServerError},
			awstest.Fault{Operation: "UpdateTerminationProtection", Times: 4, Trouble: awstest.ServerError},
		),
		"a lost answer of the creation":  calls(awstest.Fault{Operation: "CreateStack", Times: 3, Trouble: awstest.LostAnswer}),
		"sessions that are not accepted": calls(awstest.Fault{Operation: "DescribeStacks", Skip: 2, Times: 3, Trouble: awstest.Expire}),
		"a late access entry":            func(e *estate) { e.aws.DelayAccess(2 * time.Second) },
		"a late endpoint":                func(e *estate) { e.aws.DelayEndpoint(2 * time.Second) },
		"rights that take their time":    calls(awstest.Fault{Operation: "CreateStack", Times: 2, Trouble: awstest.Deny}),
	}
	for name, trouble := range someOf(t, tests) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
			trouble(e)
			e.begin(t)
			e.reaches(t, "ready")
			if err := e.isReady(t.Context()); err != nil {
				t.Error(err)
			}
			if now, _ := e.run(t.Context()); now.Attempt != 1 || now.Failure != nil {
				t.Errorf("the run is %+v", now)
			}
		})
	}
}

// someOf are all cases in a full run, else a seeded sample.
func someOf(t *testing.T, cases map[string]func(e *estate)) map[string]func(e *estate) {
	t.Helper()
	all := slices.Sorted(maps.Keys(cases))
	chosen := map[string]func(e *estate){}
	for _, i := range sample(t, len(all)) {
		chosen[all[i-1]] = cases[all[i-1]]
		if len(chosen) == 2 && os.Getenv("ROADSTEAD_TEST_FULL") == "" {
			break
		}
	}
	return chosen
}

// TestSessionsEndBeforeTheStack makes a cluster with credentials that live a fraction of the time that it takes.
func TestSessionsEndBeforeTheStack(t *testing.T) {
	t.Parallel()
	e := newDraft(t, 8*time.Second, filepath.Join(shared.bin, "roadstead"))
	e.aws.LimitSessions(2 * time.Second)
	e.must(t, "eks", "role", "register", "customer", e.role, "--stack-role", e.stack)
	e.begin(t)
	e.reaches(t, "ready")
	if err := e.isReady(t.Context()); err != nil {
		t.Error(err)
	}
	if n := e.aws.Count("AssumeRole"); n < 6 {
		t.Errorf("the role was assumed %d times only", n)
	}
}

// TestQuotaIsMissed fails a part of the stack: the reason is shown, everything is taken back, and a retry succeeds.
func TestQuotaIsMissed(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
	e.aws.FailResource(awstest.ResourceFault{Resource: "AWS::EC2::VPC"})
	out, err := e.cli(t.Context(), e.createArgs()...)
	if err == nil || !strings.Contains(out+err.Error(), "AWS::EC2::VPC") {
		t.Fatalf("a failed creation says: %v\n%s", err, out)
	}
	now := e.reaches(t, "failed")
	if f := now.Failure; f.Code != "cloud_quota_networks" || f.Class != "quota" || f.ResourceType != "AWS::EC2::VPC" || f.CorrelationID == "" {
		t.Errorf("the failure is %+v", f)
	}
	if left := e.stacks(); len(left) > 0 {
		t.Errorf("these stacks are left: %+v", left)
	}
	if out := e.must(t, "eks", "events", e.name); !strings.Contains(out, "failed") {
		t.Errorf("the events are:\n%s", out)
	}
	e.must(t, "eks", "retry", e.name)
	if err := e.isReady(t.Context()); err != nil {
		t.Error(err)
	}
	if now, _ := e.run(t.Context()); now.Attempt != 2 {
		t.Errorf("it is attempt %d", now.Attempt)
	}
}

// TestRollbackFails leaves something in the account until its deletion succeeds at last, as another try of ours.
func TestRollbackFails(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
	e.aws.FailResource(awstest.ResourceFault{Resource: "AWS::EKS::Nodegroup"})
	e.aws.FailResource(awstest.ResourceFault{Resource: "AWS::EC2::VPC", Phase: awstest.Deleting, Times: 2})
	e.begin(t)
	now := e.reaches(t, "failed")
	if f := now.Failure; f.ResourceType != "AWS::EKS::Nodegroup" || f.NeedsCleanup {
		t.Errorf("the failure is %+v", f)
	}
	if left := e.stacks(); len(left) > 0 {
		t.Errorf("these stacks are left: %+v", left)
	}
}

// TestRoleIsRevokedInMidRun takes the role away while the stack is made: nothing more can be done, and that is said.
func TestRoleIsRevokedInMidRun(t *testing.T) {
	t.Parallel()
	e := newDraft(t, 4*time.Second, filepath.Join(shared.bin, "roadstead"))
	e.must(t, "eks", "role", "register", "customer", e.role, "--stack-role", e.stack)
	e.begin(t)
	e.reaches(t, "waiting")
	e.account().RemoveRole(e.role)
	now := e.reaches(t, "delete_blocked")
	if f := now.Failure; f == nil || f.Class != "permissions" || !f.NeedsCleanup {
		t.Errorf("the failure is %+v", f)
	}
	e.must(t, "eks", "forget", e.name, "--confirm", e.name)
	if known, err := e.knows("/api/v1/aws/clusters/1"); known || err != nil {
		t.Errorf("the forgotten run is known: %v, %v", known, err)
	}
	if left := e.stacks(); len(left) != 1 {
		t.Errorf("forgetting touched the account: %+v", left)
	}
}

// TestSomebodyElseDeletesTheStack while it is being made.
func TestSomebodyElseDeletesTheStack(t *testing.T) {
	t.Parallel()
	e := newDraft(t, 4*time.Second, filepath.Join(shared.bin, "roadstead"))
	e.must(t, "eks", "role", "register", "customer", e.role, "--stack-role", e.stack)
	e.begin(t)
	e.reaches(t, "waiting")
	e.deleteStack(t, e.stacks()[0].ID)
	if now := e.reaches(t, "failed"); now.Failure.Class != "gone" {
		t.Errorf("the failure is %+v", now.Failure)
	}
	if left := e.stacks(); len(left) > 0 {
		t.Errorf("these stacks are left: %+v", left)
	}
}

// TestCancelledAtEveryState ends a creation wherever it is, and leaves nothing.
func TestCancelledAtEveryState(t *testing.T) {
	t.Parallel()
	states := map[string]func(e *estate){
		"preflight": func(e *estate) {
			e.aws.Inject(awstest.Fault{Operation: "DescribeRegions", Times: 6, Trouble: awstest.ServerError})
		},
		"creating": func(e *estate) {
			e.aws.Inject(awstest.Fault{Operation: "CreateStack", Times: 6, Trouble: awstest.ServerError})
		},
		"waiting":    func(*estate) {},
		"connecting": func(e *estate) { e.aws.DelayAccess(5 * time.Second) },
		"configuring": func(e *estate) {
			e.aws.Inject(awstest.Fault{Operation: "UpdateTerminationProtection", Times: 6, Trouble: awstest.ServerError})
		},
	}
	for state, hold := range someOf(t, states) {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
			hold(e)
			e.begin(t)
			e.reaches(t, state)
			e.must(t, "eks", "cancel", e.name)
			if now := e.reaches(t, "cancelled"); now.Failure != nil {
				t.Errorf("the failure is %+v", now.Failure)
			}
			if left := e.stacks(); len(left) > 0 {
				t.Errorf("these stacks are left: %+v", left)
			}
		})
	}
}
