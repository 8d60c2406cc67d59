package eks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// member is one event on the wire.
func member(id int, logical, kind, status, reason string) string {
	return fmt.Sprintf(`<member><EventId>e%d</EventId><StackId>s</StackId><StackName>n</StackName><LogicalResourceId>%s</LogicalResourceId>`+
		`<ResourceType>%s</ResourceType><ResourceStatus>%s</ResourceStatus><ResourceStatusReason>%s</ResourceStatusReason>`+
		`<Timestamp>2026-11-22T12:00:%02dZ</Timestamp></member>`, id, logical, kind, status, reason, id)
}

func eventPage(next string, members ...string) answer {
	if next != "" {
		next = "<NextToken>" + next + "</NextToken>"
	}
	return ok("DescribeStackEvents", "<StackEvents>"+strings.Join(members, "")+"</StackEvents>"+next)[0]
}

// TestEventsOfAFailedStack reads three pages, newest first, as they come when two parts fail at once and the others with
// them.
func TestEventsOfAFailedStack(t *testing.T) {
	t.Parallel()
	cloud, asked := scripted(t, map[string][]answer{"DescribeStackEvents": {
		eventPage("2",
			member(8, "roadstead-x-1", stackType, "ROLLBACK_IN_PROGRESS", "The following resource(s) failed to create: [Cluster, Vpc]."),
			member(7, "NodeRole", "AWS::IAM::Role", "CREATE_FAILED", "Resource creation cancelled"),
			member(6, "NatGateway", "AWS::EC2::NatGateway", "CREATE_FAILED", "quota (HandlerErrorCode: ServiceLimitExceeded)")),
		eventPage("3",
			member(5, "Vpc", "AWS::EC2::VPC", "CREATE_FAILED", "The maximum number of VPCs has been reached."),
			member(4, "ClusterRole", "AWS::IAM::Role", "CREATE_COMPLETE", "")),
		eventPage("",
			member(3, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", "Resource creation Initiated"),
			member(2, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", ""),
			member(1, "roadstead-x-1", stackType, "CREATE_IN_PROGRESS", "User Initiated")),
	}})
	events, err := cloud.Events(t.Context(), testSession(), "stack", "e2")
	if err != nil {
		t.Fatal(err)
	}
	type short struct {
		ID       string
		Status   provision.EventStatus
		Code     apperr.Code
		FollowUp bool
	}
	var got []short
	for _, e := range events {
		line := short{ID: e.ID, Status: e.Status, FollowUp: e.FollowUp}
		if e.Failure != nil {
			line.Code = e.Failure.Code
		}
		got = append(got, line)
	}
	want := []short{
		{"e3", provision.PartCreating, "", false},
		{"e4", provision.PartCreated, "", false},
		{"e5", provision.PartFailed, apperr.CloudQuotaNetworks, false},
		{"e6", provision.PartFailed, apperr.CloudQuota, false},
		{"e7", provision.PartFailed, apperr.CloudUnknown, true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if asked.calls() != 3 {
		t.Errorf("%d pages were read, want 3", asked.calls())
	}
}

// TestEventsStopAtTheLastKnownOne pins that what was read is not read again, page by page.
func TestEventsStopAtTheLastKnownOne(t *testing.T) {
	t.Parallel()
	cloud, asked := scripted(t, map[string][]answer{"DescribeStackEvents": {
		eventPage("2", member(2, "Vpc", "AWS::EC2::VPC", "CREATE_COMPLETE", ""), member(1, "Vpc", "AWS::EC2::VPC", "CREATE_IN_PROGRESS", "")),
	}})
	events, err := cloud.Events(t.Context(), testSession(), "stack", "e1")
	if err != nil || len(events) != 1 || events[0].ID != "e2" || asked.calls() != 1 {
		t.Errorf("%d events after %d pages: %v", len(events), asked.calls(), err)
	}
}

// TestTimeOfAStackIsOver pins the one event of the stack itself that says why.
func TestTimeOfAStackIsOver(t *testing.T) {
	t.Parallel()
	cloud, _ := scripted(t, map[string][]answer{"DescribeStackEvents": {
		eventPage("", member(1, "roadstead-x-1", stackType, "ROLLBACK_IN_PROGRESS", "Stack creation time exceeded the specified timeout. Rollback requested by user.")),
	}})
	events, err := cloud.Events(t.Context(), testSession(), "stack", "")
	if err != nil || len(events) != 1 || events[0].Failure == nil || events[0].Failure.Class != provision.TimedOut {
		t.Errorf("%+v, %v", events, err)
	}
}

// TestEveryStackStatusIsKnown looks that none is forgotten but those of reviews and imports, which are not ours.
func TestEveryStackStatusIsKnown(t *testing.T) {
	t.Parallel()
	for _, status := range types.StackStatus("").Values() {
		foreign := strings.HasPrefix(string(status), "IMPORT_") || status == types.StackStatusReviewInProgress
		if (stackStatus(status) == provision.StackUnknown) != foreign {
			t.Errorf("%s is %s", status, stackStatus(status))
		}
	}
}

func TestPartStatus(t *testing.T) {
	t.Parallel()
	tests := map[types.ResourceStatus]provision.EventStatus{
		types.ResourceStatusCreateInProgress: provision.PartCreating,
		types.ResourceStatusCreateComplete:   provision.PartCreated,
		types.ResourceStatusCreateFailed:     provision.PartFailed,
		types.ResourceStatusUpdateInProgress: provision.PartUpdating,
		types.ResourceStatusUpdateComplete:   provision.PartUpdated,
		types.ResourceStatusUpdateFailed:     provision.PartFailed,
		types.ResourceStatusDeleteInProgress: provision.PartDeleting,
		types.ResourceStatusDeleteComplete:   provision.PartDeleted,
		types.ResourceStatusDeleteFailed:     provision.PartFailed,
		types.ResourceStatusDeleteSkipped:    provision.PartRetained,
	}
	for status, want := range tests {
		if got := partStatus(status); got != want {
			t.Errorf("%s is %s, want %s", status, got, want)
		}
	}
}
