package awstest_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/roadstead/roadstead/internal/awstest"
)

func TestAssumeRoleKeepsToTheTrustPolicy(t *testing.T) {
	t.Parallel()
	const none = "\x00"
	tests := map[string]struct {
		trust      string
		externalID string
		want       string
	}{
		"the right id":                     {awstest.TrustFrom(ourAccount, externalID), externalID, ""},
		"a wrong id":                       {awstest.TrustFrom(ourAccount, externalID), "another", "AccessDenied"},
		"no id":                            {awstest.TrustFrom(ourAccount, externalID), none, "AccessDenied"},
		"an id where none is asked for":    {awstest.TrustFrom(ourAccount, ""), "another", ""},
		"no id where none is asked for":    {awstest.TrustFrom(ourAccount, ""), none, ""},
		"the account's root":               {awstest.TrustFrom("arn:aws:iam::"+ourAccount+":root", ""), none, ""},
		"the user itself":                  {awstest.TrustFrom("arn:aws:iam::"+ourAccount+":user/roadstead", ""), none, ""},
		"somebody else":                    {awstest.TrustFrom("333333333333", ""), none, "AccessDenied"},
		"a service":                        {awstest.TrustService("ec2.amazonaws.com"), none, "AccessDenied"},
		"an id that no document can carry": {awstest.TrustFrom(ourAccount, externalID), "x y", "ValidationError"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			w.provision = w.role(awstest.Role{Name: "tested", Trust: test.trust})
			_, err := w.assume(func(in *sts.AssumeRoleInput) {
				in.ExternalId = &test.externalID
				if test.externalID == none {
					in.ExternalId = nil
				}
			})
			if got := code(t, err); got != test.want {
				t.Errorf("AssumeRole = %q, want %q", got, test.want)
			}
		})
	}
}

func TestAssumeRoleChecksItsParameters(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*sts.AssumeRoleInput)
		want   string
	}{
		"a name with a space":    {func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, "ValidationError"},
		"a name of 65":           {func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String(strings.Repeat("x", 65)) }, "ValidationError"},
		"899 seconds":            {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(899) }, "ValidationError"},
		"900 seconds":            {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(900) }, ""},
		"more than the role has": {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(3601) }, "ValidationError"},
		"more than a role can":   {func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(43201) }, "ValidationError"},
		"a policy of 2049": {func(in *sts.AssumeRoleInput) {
			in.Policy = aws.String(awstest.Everything + strings.Repeat(" ", 2049-len(awstest.Everything)))
		}, "ValidationError"},
		"a policy of 2048": {func(in *sts.AssumeRoleInput) {
			in.Policy = aws.String(awstest.Everything + strings.Repeat(" ", 2048-len(awstest.Everything)))
		}, ""},
		"a policy that is none": {func(in *sts.AssumeRoleInput) { in.Policy = aws.String("{}") }, "MalformedPolicyDocument"},
		"a role that is none":   {func(in *sts.AssumeRoleInput) { in.RoleArn = aws.String("arn:aws:iam::222222222222:role/x") }, "AccessDenied"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newWorld(t, awstest.Config{}).assume(test.change)
			if got := code(t, err); got != test.want {
				t.Errorf("AssumeRole = %q, want %q", got, test.want)
			}
		})
	}
}

func TestAChainedSessionLastsAnHourAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	long := w.role(awstest.Role{Name: "long", Trust: awstest.TrustFrom(w.provision, ""), MaxSession: 12 * time.Hour})
	chained := sts.NewFromConfig(w.config(home, w.customer()))
	for seconds, want := range map[int32]string{3600: "", 3601: "ValidationError"} {
		_, err := chained.AssumeRole(t.Context(), &sts.AssumeRoleInput{
			RoleArn: &long, RoleSessionName: aws.String("chained"), DurationSeconds: &seconds,
		})
		if got := code(t, err); got != want {
			t.Errorf("a chained session of %d s = %q, want %q", seconds, got, want)
		}
	}
}

func TestEveryServiceRefusesABadCredentialInItsOwnWords(t *testing.T) {
	t.Parallel()
	type codes struct{ sts, cfn, eks, ec2 string }
	tests := map[string]struct {
		spoil func(w *world, key, secret, token string) aws.CredentialsProvider
		want  codes
	}{
		"an unknown key": {func(_ *world, _, secret, token string) aws.CredentialsProvider {
			return credentials.NewStaticCredentialsProvider("ASIAUNKNOWN", secret, token)
		}, codes{"InvalidClientTokenId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"}},
		"a wrong secret": {func(_ *world, key, _, token string) aws.CredentialsProvider {
			return credentials.NewStaticCredentialsProvider(key, "wrong", token)
		}, codes{"SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException", "SignatureDoesNotMatch"}},
		"another session's token": {func(_ *world, key, secret, _ string) aws.CredentialsProvider {
			return credentials.NewStaticCredentialsProvider(key, secret, "another")
		}, codes{"InvalidClientTokenId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"}},
		"a removed role": {func(w *world, key, secret, token string) aws.CredentialsProvider {
			w.cloud.Account(customerAccount).RemoveRole(w.provision)
			return credentials.NewStaticCredentialsProvider(key, secret, token)
		}, codes{"InvalidClientTokenId", "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, awstest.Config{})
			out, err := w.assume(nil)
			if err != nil {
				t.Fatal(err)
			}
			c := out.Credentials
			got := w.refusals(t, w.config(home, test.spoil(w, *c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)))
			if got != test.want {
				t.Errorf("refused with %v, want %v", got, test.want)
			}
		})
	}
}

func (w *world) refusals(t *testing.T, config aws.Config) (got struct{ sts, cfn, eks, ec2 string }) {
	t.Helper()
	_, err := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
	got.sts = code(t, err)
	_, err = cloudformation.NewFromConfig(config).DescribeStacks(t.Context(), nil)
	got.cfn = code(t, err)
	_, err = eks.NewFromConfig(config).ListClusters(t.Context(), nil)
	got.eks = code(t, err)
	_, err = ec2.NewFromConfig(config).DescribeRegions(t.Context(), nil)
	got.ec2 = code(t, err)
	return got
}

// clock is set by a test.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(d time.Duration) { c.ahead.Add(int64(d)) }
func (c *clock) config() awstest.Config  { return awstest.Config{Now: c.now} }

func TestAnEndedSessionIsToldFromABadOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	w.cloud.LimitSessions(time.Nanosecond)
	got := w.refusals(t, w.config(home, w.customer()))
	want := struct{ sts, cfn, eks, ec2 string }{"ExpiredToken", "ExpiredToken", "ExpiredTokenException", "RequestExpired"}
	if got != want {
		t.Errorf("refused with %v, want %v", got, want)
	}
}

func TestASignatureMustBeOfNow(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		skew time.Duration
		want string
	}{
		"4 minutes slow": {4 * time.Minute, ""},
		"4 minutes fast": {-4 * time.Minute, ""},
		"6 minutes slow": {6 * time.Minute, "SignatureDoesNotMatch"},
		"6 minutes fast": {-6 * time.Minute, "SignatureDoesNotMatch"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var c clock
			w := newWorld(t, c.config())
			c.forward(test.skew)
			_, err := w.sts().GetCallerIdentity(t.Context(), nil)
			if got := code(t, err); got != test.want {
				t.Errorf("a client whose clock is off by %s: %q, want %q", test.skew, got, test.want)
			}
		})
	}
}

func TestASessionPolicyNarrowsTheRole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	out, err := w.assume(func(in *sts.AssumeRoleInput) {
		in.Policy = aws.String(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Action":["cloudformation:Describe*"],"Resource":"arn:aws:cloudformation:` + home + `:*:stack/roadstead-1-*/*"},
			{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*"}]}`)
	})
	if err != nil {
		t.Fatal(err)
	}
	config := w.config(home, session(out.Credentials))
	stacks, machines := cloudformation.NewFromConfig(config), ec2.NewFromConfig(config)
	named := func(name string) error {
		_, err := stacks.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: &name})
		return err
	}
	_, describe := machines.DescribeVpcs(t.Context(), nil)
	_, other := machines.DescribeSubnets(t.Context(), nil)
	_, remove := stacks.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("roadstead-1-1")})
	_, identity := sts.NewFromConfig(config).GetCallerIdentity(t.Context(), nil)
	for _, test := range []struct {
		what string
		err  error
		want string
	}{
		{"a stack of the run, which is not there", named("roadstead-1-1"), "ValidationError"},
		{"a stack of another run", named("roadstead-2-1"), "AccessDenied"},
		{"an action not allowed on the stack", remove, "AccessDenied"},
		{"an action allowed", describe, ""},
		{"an action not allowed", other, "UnauthorizedOperation"},
		{"who am I, which nobody can forbid", identity, ""},
	} {
		if got := code(t, test.err); got != test.want {
			t.Errorf("%s: %q, want %q", test.what, got, test.want)
		}
	}
}

func TestARoleIsNotWidenedByItsSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	if err := w.cloud.Account(customerAccount).SetRolePolicy(w.provision,
		`{"Statement":{"Effect":"Allow","Action":"ec2:DescribeVpcs","Resource":"*"}}`); err != nil {
		t.Fatal(err)
	}
	out, err := w.assume(func(in *sts.AssumeRoleInput) { in.Policy = aws.String(awstest.Everything) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = ec2.NewFromConfig(w.config(home, session(out.Credentials))).DescribeSubnets(t.Context(), nil)
	if got := code(t, err); got != "UnauthorizedOperation" {
		t.Errorf("an action that the role does not have: %q", got)
	}
}

func TestARegionThatIsNotEnabledKnowsNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, awstest.Config{})
	_, err := sts.NewFromConfig(w.config("ap-east-1", static(w.keys))).GetCallerIdentity(t.Context(), nil)
	if got := code(t, err); got != "InvalidClientTokenId" {
		t.Errorf("a region that is not enabled: %q", got)
	}
}
