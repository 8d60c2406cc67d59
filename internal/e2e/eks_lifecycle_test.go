package e2e_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/roadstead/roadstead/internal/awstest"
)

// TestClusterOnEKS takes a cluster on Amazon EKS from its role to its end, by the commands that a person types.
func TestClusterOnEKS(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
	card := e.must(t, e.createArgs()...)
	for _, word := range []string{"ready", "100%", "1 of 1"} {
		if !strings.Contains(card, word) {
			t.Errorf("the card of a ready cluster says no %q:\n%s", word, card)
		}
	}
	if err := e.isReady(t.Context()); err != nil {
		t.Fatal(err)
	}
	if report := e.must(t, "cluster", "check", e.name); strings.Count(report, "✓") < 7 || strings.Contains(report, "✗") {
		t.Errorf("the report card is not green:\n%s", report)
	}
	e.upgrade(t)
	e.demolish(t)
}

// upgrade goes one version up: the control plane, then the machines.
func (e *estate) upgrade(t *testing.T) {
	t.Helper()
	e.must(t, "eks", "upgrade", e.name, "--kubernetes", "1.36")
	if now := e.reaches(t, "ready"); now.Spec.Version != "1.36" || now.Failure != nil {
		t.Errorf("after the upgrade the run is %+v", now)
	}
	if n := e.aws.Count("ExecuteChangeSet"); n != 2 {
		t.Errorf("%d change sets were executed, not one for the control plane and one for the machines", n)
	}
}

// demolish looks what the cluster holds and deletes it.
func (e *estate) demolish(t *testing.T) {
	t.Helper()
	volume, err := e.account().AddVolume(home, e.name, 20)
	if err != nil {
		t.Fatal(err)
	}
	if out := e.must(t, "eks", "inventory", e.name); !strings.Contains(out, volume) {
		t.Errorf("the inventory does not name the volume %s:\n%s", volume, out)
	}
	if out, err := e.cli(t.Context(), "eks", "delete", e.name, "--confirm", "another"); err == nil {
		t.Errorf("deleting without the name says:\n%s", out)
	}
	if out := e.must(t, "eks", "delete", e.name, "--confirm", e.name); !strings.Contains(out, volume) {
		t.Errorf("nobody is told of the volume that is left:\n%s", out)
	}
	if now, err := e.run(t.Context()); err != nil || now.State != "deleted" || now.Failure != nil {
		t.Errorf("the run is %+v, %v", now, err)
	}
	if left := e.stacks(); len(left) > 0 {
		t.Errorf("these stacks are left: %+v", left)
	}
	if status, err := e.get(t.Context(), "/api/v1/clusters/"+e.name, nil); status != http.StatusNotFound {
		t.Errorf("the deleted cluster answers %d, %v", status, err)
	}
}

// TestDeletionIsStuck fails a deletion more often than we try it, then leaves the choice to people.
func TestDeletionIsStuck(t *testing.T) {
	t.Parallel()
	for name, choice := range map[string][]string{"retain": {"--retain", "Vpc"}, "force": {"--force"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEstate(t, filepath.Join(shared.bin, "roadstead"), "ROADSTEAD_AWS_PACE=500")
			e.must(t, e.createArgs()...)
			e.aws.FailResource(awstest.ResourceFault{Resource: "Vpc", Phase: awstest.Deleting, Times: -1})
			// The answer is lost, too: asking twice is asking once.
			e.aws.Inject(awstest.Fault{Operation: "DeleteStack", Trouble: awstest.LostAnswer})
			_, _ = e.cli(t.Context(), "eks", "delete", e.name, "--confirm", e.name)
			now := e.reaches(t, "delete_blocked")
			if len(now.Stuck) != 1 || now.Stuck[0] != "Vpc" || now.Failure.Code != "cloud_delete_blocked" {
				t.Errorf("the run is %+v", now)
			}
			e.must(t, append([]string{"eks", "delete", e.name, "--confirm", e.name}, choice...)...)
			if now := e.reaches(t, "deleted"); now.Failure != nil {
				t.Errorf("the run is %+v", now)
			}
			if left := e.stacks(); len(left) > 0 {
				t.Errorf("these stacks are left: %+v", left)
			}
		})
	}
}

// TestNameOfTheStackIsTaken finds a stack of somebody else's under our name, and leaves it alone.
func TestNameOfTheStackIsTaken(t *testing.T) {
	t.Parallel()
	e := newEstate(t, filepath.Join(shared.bin, "roadstead"))
	e.aws.Inject(awstest.Fault{Operation: "DescribeRegions", Times: 9, Trouble: awstest.ServerError})
	e.begin(t)
	var now struct{ Stack string }
	if _, err := e.get(t.Context(), "/api/v1/aws/clusters/1", &now); err != nil {
		t.Fatal(err)
	}
	foreign := `{"Resources":{"Vpc":{"Type":"AWS::EC2::VPC","Properties":{"CidrBlock":"10.9.0.0/16"}}}}`
	if _, err := e.console().CreateStack(t.Context(), &cloudformation.CreateStackInput{StackName: &now.Stack, TemplateBody: aws.String(foreign)}); err != nil {
		t.Fatal(err)
	}
	if failed := e.reaches(t, "failed"); failed.Failure.Code != "cloud_name_taken" {
		t.Errorf("the failure is %+v", failed.Failure)
	}
	if left := e.stacks(); len(left) != 1 || left[0].Name != now.Stack {
		t.Errorf("the stacks are %+v", left)
	}
}
