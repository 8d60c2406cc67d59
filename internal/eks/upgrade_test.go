package eks

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

const planID = "arn:aws:cloudformation:eu-west-1:210987654321:changeSet/upgrade/0aaa"

func changeSetAnswer(status, execution, rest string) []answer {
	return ok("DescribeChangeSet", "<ChangeSetId>"+planID+"</ChangeSetId><Status>"+status+"</Status><ExecutionStatus>"+execution+"</ExecutionStatus>"+rest)
}

func changeMember(logical, kind, action, replacement string) string {
	return "<member><Type>Resource</Type><ResourceChange><Action>" + action + "</Action><LogicalResourceId>" + logical +
		"</LogicalResourceId><ResourceType>" + kind + "</ResourceType><Replacement>" + replacement + "</Replacement></ResourceChange></member>"
}

// TestPlan follows a change set from nothing to the ways in which it ends.
func TestPlan(t *testing.T) {
	t.Parallel()
	none := queryError(404, "ChangeSetNotFound", "ChangeSet does not exist")
	made := ok("CreateChangeSet", "<Id>"+planID+"</Id>")
	stack := ok("DescribeStacks", "<Stacks><member><Parameters><member><ParameterKey>KubernetesVersion</ParameterKey></member>"+
		"<member><ParameterKey>ClusterName</ParameterKey></member></Parameters></member></Stacks>")
	changes := "<Changes>" + changeMember("Cluster", "AWS::EKS::Cluster", "Modify", "False") +
		changeMember("Vpc", "AWS::EC2::VPC", "Modify", "Conditional") + "</Changes>"
	tests := map[string]struct {
		answers map[string][]answer
		want    provision.Plan
		code    apperr.Code
		created int
	}{
		"there is none": {
			map[string][]answer{"DescribeChangeSet": {none}, "DescribeStacks": stack, "CreateChangeSet": made},
			provision.Plan{ID: planID},
			"", 1,
		},
		"it is being made": {
			map[string][]answer{"DescribeChangeSet": changeSetAnswer("CREATE_IN_PROGRESS", "UNAVAILABLE", "")},
			provision.Plan{ID: planID},
			"", 0,
		},
		"it is ready": {
			map[string][]answer{"DescribeChangeSet": changeSetAnswer("CREATE_COMPLETE", "AVAILABLE", changes)},
			provision.Plan{ID: planID, Ready: true, Changes: []provision.Change{
				{LogicalID: "Cluster", Type: "AWS::EKS::Cluster", Action: "modify", Guarded: true},
				{LogicalID: "Vpc", Type: "AWS::EC2::VPC", Action: "modify", Replaced: true, Guarded: true},
			}},
			"", 0,
		},
		"it would change nothing": {
			map[string][]answer{"DescribeChangeSet": changeSetAnswer("FAILED", "UNAVAILABLE",
				"<StatusReason>The submitted information didn't contain changes. Submit different information to create a change set.</StatusReason>")},
			provision.Plan{ID: planID, Ready: true, Empty: true},
			"", 0,
		},
		"it cannot be made": {
			map[string][]answer{"DescribeChangeSet": changeSetAnswer("FAILED", "UNAVAILABLE", "<StatusReason>no such parameter</StatusReason>")},
			provision.Plan{},
			apperr.CloudInvalid, 0,
		},
		"it was used up": {
			map[string][]answer{
				"DescribeChangeSet": changeSetAnswer("CREATE_COMPLETE", "EXECUTE_FAILED", ""), "DeleteChangeSet": ok("DeleteChangeSet", ""),
				"DescribeStacks": stack, "CreateChangeSet": made,
			},
			provision.Plan{ID: planID},
			"", 1,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud, asked := scripted(t, test.answers)
			run := testRun()
			run.StackID = "arn:stack/1"
			plan, err := cloud.Plan(t.Context(), testSession(), testRole(), run, provision.Upgrade{Version: "1.36"})
			if apperr.CodeOf(err) != test.code {
				t.Fatalf("%v, want code %q", err, test.code)
			}
			if diff := cmp.Diff(test.want, plan); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
			creations := asked.asking("CreateChangeSet")
			if len(creations) != test.created {
				t.Fatalf("%d change sets made, want %d", len(creations), test.created)
			}
			for _, form := range creations {
				got := map[string]string{
					form.Get("Parameters.member.1.ParameterKey"): form.Get("Parameters.member.1.ParameterValue"),
					form.Get("Parameters.member.2.ParameterKey"): "previous " + form.Get("Parameters.member.2.UsePreviousValue"),
				}
				if diff := cmp.Diff(map[string]string{"KubernetesVersion": "1.36", "ClusterName": "previous true"}, got); diff != "" {
					t.Errorf("parameters (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestExecute(t *testing.T) {
	t.Parallel()
	used := queryError(400, "InvalidChangeSetStatus", "ChangeSet cannot be executed in its current execution status")
	replacing := []provision.Change{{LogicalID: "Cluster", Type: "AWS::EKS::Cluster", Action: "modify", Replaced: true, Guarded: true}}
	removing := []provision.Change{{LogicalID: "Vpc", Type: "AWS::EC2::VPC", Action: "remove", Guarded: true}}
	tests := map[string]struct {
		changes []provision.Change
		answers map[string][]answer
		code    apperr.Code
		asked   int
	}{
		"it begins":                 {nil, map[string][]answer{"ExecuteChangeSet": ok("ExecuteChangeSet", "")}, "", 1},
		"it would replace":          {replacing, nil, apperr.CloudReplaceRefused, 0},
		"it would remove":           {removing, nil, apperr.CloudReplaceRefused, 0},
		"it has begun":              {nil, map[string][]answer{"ExecuteChangeSet": {used}, "DescribeChangeSet": changeSetAnswer("CREATE_COMPLETE", "EXECUTE_IN_PROGRESS", "")}, "", 2},
		"it cannot be begun at all": {nil, map[string][]answer{"ExecuteChangeSet": {used}, "DescribeChangeSet": changeSetAnswer("CREATE_COMPLETE", "OBSOLETE", "")}, apperr.CloudBusy, 2},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud, asked := scripted(t, test.answers)
			err := cloud.Execute(t.Context(), testSession(), testRun(), provision.Plan{ID: planID, Ready: true, Changes: test.changes})
			if apperr.CodeOf(err) != test.code || asked.calls() != test.asked {
				t.Errorf("%v after %d calls, want code %q after %d", err, asked.calls(), test.code, test.asked)
			}
		})
	}
}
