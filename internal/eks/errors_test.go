package eks

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/provision"
)

// TestClasses lets each service refuse in its own way over the wire, and looks what is made of it.
func TestClasses(t *testing.T) {
	t.Parallel()
	stack := func(ctx context.Context, c *Cloud) error {
		_, err := c.Stack(ctx, testSession(), "roadstead-x-1")
		return err
	}
	create := func(ctx context.Context, c *Cloud) error {
		_, err := c.Create(ctx, testSession(), testRole(), testRun())
		return err
	}
	regions := func(ctx context.Context, c *Cloud) error {
		_, err := c.regions(ctx, testSession())
		return err
	}
	control := func(ctx context.Context, c *Cloud) error {
		_, err := c.Control(ctx, testSession(), testRun())
		return err
	}
	assume := func(ctx context.Context, c *Cloud) error {
		role := testRole()
		_, err := c.Assume(ctx, provision.Grant{Role: role, Region: role.Region, ExternalID: &role.ExternalID, Purpose: provision.ToVerify})
		return err
	}
	const denied = "User: arn:aws:sts::210987654321:assumed-role/x/y is not authorized to perform: cloudformation:CreateStack on resource: z"
	tests := map[string]struct {
		answer answer
		call   func(context.Context, *Cloud) error
		class  provision.Class
		code   apperr.Code
		action string
	}{
		"CloudFormation throttles": {queryError(400, "Throttling", "Rate exceeded"), stack, provision.Throttled, apperr.CloudThrottled, ""},
		"EC2 throttles":            {machineError(503, "RequestLimitExceeded", "Request limit exceeded."), regions, provision.Throttled, apperr.CloudThrottled, ""},
		"EKS throttles":            {jsonError(429, "ThrottlingException", "Rate exceeded"), control, provision.Throttled, apperr.CloudThrottled, ""},
		"a session has expired":    {queryError(403, "ExpiredToken", "The security token included in the request is expired"), stack, provision.Expired, apperr.CloudSessionExpired, ""},
		"EC2 says so":              {machineError(401, "AuthFailure", "AWS was not able to validate the provided access credentials"), regions, provision.Expired, apperr.CloudSessionExpired, ""},
		"EKS says so":              {jsonError(403, "UnrecognizedClientException", "The security token included in the request is invalid."), control, provision.Expired, apperr.CloudSessionExpired, ""},
		"a right is missing":       {queryError(403, "AccessDenied", denied), create, provision.Denied, apperr.CloudPermissions, "cloudformation:CreateStack"},
		"a right of EC2's":         {machineError(403, "UnauthorizedOperation", "You are not authorized to perform this operation."), regions, provision.Denied, apperr.CloudPermissions, ""},
		"a region is off":          {machineError(401, "OptInRequired", "You are not subscribed to this service."), regions, provision.Denied, apperr.CloudRegion, ""},
		"a request is invalid":     {queryError(400, "ValidationError", "Template format error"), create, provision.Invalid, apperr.CloudInvalid, ""},
		"too many stacks":          {queryError(400, "LimitExceededException", "Limit for stack has been exceeded"), create, provision.Quota, apperr.CloudQuota, ""},
		"a server fails":           {queryError(500, "InternalFailure", "sorry"), stack, provision.Transient, apperr.CloudUnavailable, ""},
		"a proxy fails":            {answer{502, "<html>bad gateway</html>"}, stack, provision.Transient, apperr.CloudUnavailable, ""},
		"something else fails":     {queryError(400, "NeverHeardOfIt", "what?"), stack, provision.Unknown, apperr.CloudUnknown, ""},
		"the role refuses":         {queryError(403, "AccessDenied", denied), assume, provision.Denied, apperr.CloudRoleRefused, ""},
		"our own keys are wrong":   {queryError(403, "InvalidClientTokenId", "The security token included in the request is invalid."), assume, provision.Denied, apperr.CloudCredentials, ""},
		"the token service is off": {queryError(403, "RegionDisabledException", "STS is not activated in this region"), assume, provision.Denied, apperr.CloudRegion, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud, _ := stubbed(t, test.answer)
			err := test.call(t.Context(), cloud)
			found, ok := errors.AsType[*provision.CloudError](err)
			if !ok {
				t.Fatalf("%v is no error of a cloud", err)
			}
			if found.Class != test.class || found.Code != test.code || found.Action != test.action {
				t.Errorf("class %s, code %s, action %q; want %s, %s, %q\n%v",
					found.Class, found.Code, found.Action, test.class, test.code, test.action, err)
			}
			if apperr.CodeOf(err) != test.code {
				t.Errorf("code of the error = %s, want %s", apperr.CodeOf(err), test.code)
			}
		})
	}
}

// TestWhatPeopleSeeHoldsNoWordOfTheCloud pins that the words of AWS are in the cause alone.
func TestWhatPeopleSeeHoldsNoWordOfTheCloud(t *testing.T) {
	t.Parallel()
	cloud, _ := stubbed(t, queryError(400, "ValidationError", "arn:aws:iam::210987654321:role/private"))
	_, err := cloud.Create(t.Context(), testSession(), testRole(), testRun())
	shown, ok := apperr.From(err)
	if !ok || strings.Contains(shown.Error()+shown.Hint, "private") {
		t.Errorf("people see %v", shown)
	}
	if found, ok := errors.AsType[*provision.CloudError](err); !ok || !strings.Contains(found.Cause.Error(), "private") {
		t.Errorf("the log lacks the words of the cloud: %v", err)
	}
}

func TestUnreachableCloudIsTransient(t *testing.T) {
	t.Parallel()
	cloud := New(Config{Guard: openGuard(t), Endpoint: "http://127.0.0.1:1"})
	_, err := cloud.Stack(t.Context(), testSession(), "roadstead-x-1")
	if provision.ClassOf(err) != provision.Transient || apperr.CodeOf(err) != apperr.CloudUnavailable {
		t.Errorf("%v, class %s", err, provision.ClassOf(err))
	}
}

func TestGivingUpIsNoFailureOfTheCloud(t *testing.T) {
	t.Parallel()
	cloud, _ := stubbed(t, answer{200, ""})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := cloud.Stack(ctx, testSession(), "roadstead-x-1")
	if apperr.CodeOf(err) != apperr.Interrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("%v, code %s", err, apperr.CodeOf(err))
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	cloud, asked := stubbed(t, answer{307, ""})
	if _, err := cloud.Stack(t.Context(), testSession(), "roadstead-x-1"); err == nil || asked.calls() != 1 {
		t.Errorf("%v after %d calls, want a failure after one", err, asked.calls())
	}
}

// TestOneCallIsTriedThreeTimes pins that a call ends soon: who called comes back.
func TestOneCallIsTriedThreeTimes(t *testing.T) {
	t.Parallel()
	cloud, asked := stubbed(t, queryError(500, "InternalFailure", "sorry"))
	start := time.Now()
	_, err := cloud.Stack(t.Context(), testSession(), "roadstead-x-1")
	if provision.ClassOf(err) != provision.Transient || asked.calls() != attempts {
		t.Errorf("%v after %d calls, want %d", err, asked.calls(), attempts)
	}
	t.Logf("three attempts took %s", time.Since(start))
}

func TestLostAnswerIsAskedForAgainWithTheSameToken(t *testing.T) {
	t.Parallel()
	cloud, asked := stubbed(t, answer{500, ""}, answer{
		200,
		`<CreateStackResponse><CreateStackResult><StackId>arn:stack/1</StackId></CreateStackResult></CreateStackResponse>`,
	})
	id, err := cloud.Create(t.Context(), testSession(), testRole(), testRun())
	if err != nil || id != "arn:stack/1" {
		t.Fatalf("Create = %q, %v", id, err)
	}
	want := testRun().RequestToken("create")
	for _, form := range asked.asked {
		if form.Get("ClientRequestToken") != want || form.Get("StackName") != testRun().StackName() {
			t.Errorf("token %q, name %q", form.Get("ClientRequestToken"), form.Get("StackName"))
		}
	}
	if asked.calls() != 2 {
		t.Errorf("asked %d times, want twice", asked.calls())
	}
}

// TestPollsOfOneAccountAreCounted uses up the polls of an account at a fixed time: it is told when to come back, without
// a call, while another account is not.
func TestPollsOfOneAccountAreCounted(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	cloud, asked := stubbed(t, queryError(400, "ValidationError", "Stack with id x does not exist"))
	cloud.now, cloud.lanes.now = func() time.Time { return now }, func() time.Time { return now }
	session := testSession()
	for range pollBurst {
		if _, err := cloud.Stack(t.Context(), session, "x"); !errors.Is(err, provision.ErrStackNotFound) {
			t.Fatal(err)
		}
	}
	_, err := cloud.Stack(t.Context(), session, "x")
	if after, ok := apperr.AfterOf(err); provision.ClassOf(err) != provision.Throttled || !ok || after != time.Second/pollRate {
		t.Errorf("%v, come back after %s", err, after)
	}
	if asked.calls() != pollBurst {
		t.Errorf("%d calls, want %d", asked.calls(), pollBurst)
	}
	session.AccountID = "123456789012"
	if _, err := cloud.Stack(t.Context(), session, "x"); !errors.Is(err, provision.ErrStackNotFound) {
		t.Errorf("another account: %v", err)
	}
	now = now.Add(time.Second)
	session.AccountID = "210987654321"
	if _, err := cloud.Stack(t.Context(), session, "x"); !errors.Is(err, provision.ErrStackNotFound) {
		t.Errorf("a second later: %v", err)
	}
}

func TestLanesThatAreIdleAreForgotten(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	l := newLanes(func() time.Time { return now }, 1)
	first := l.of("1", "eu-west-1")
	now = now.Add(laneIdle)
	if l.of("1", "eu-west-1") != first {
		t.Error("a lane in use was made anew")
	}
	now = now.Add(laneIdle + time.Second)
	l.of("2", "eu-west-1")
	if len(l.byKey) != 1 {
		t.Errorf("%d lanes, want the idle one forgotten", len(l.byKey))
	}
}
