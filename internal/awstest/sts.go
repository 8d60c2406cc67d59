package awstest

import (
	"net/http"
	"regexp"
	"strconv"
	"time"
)

const (
	minSession = 15 * time.Minute
	maxSession = 12 * time.Hour
	// chainedSession is the longest session that a session may assume.
	chainedSession = time.Hour
	// maxSessionPolicy is the length of an inline session policy in characters.
	maxSessionPolicy = 2048
)

var (
	sessionNamePattern = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	externalIDPattern  = regexp.MustCompile(`^[\w+=,.@:/-]+$`)
)

func stsOperations() map[string]operation {
	return map[string]operation{
		"AssumeRole":        {do: assumeRole, resource: func(x *exchange) string { return x.form.Get("RoleArn") }},
		"GetCallerIdentity": {do: callerIdentity, open: true},
	}
}

func callerIdentity(x *exchange) (any, error) {
	return struct {
		Arn, UserId, Account string //nolint:revive,staticcheck // the names on the wire
	}{x.caller.arn(), x.caller.uniqueID(), x.caller.account.id}, nil
}

// assumeRole opens a session. A refusal does not say whether the role is missing or does not trust the caller.
func assumeRole(x *exchange) (any, error) {
	name := x.form.Get("RoleSessionName")
	if !sessionNamePattern.MatchString(name) {
		return nil, invalid("1 validation error detected: Value %q at 'roleSessionName' failed to satisfy constraint: "+
			"Member must satisfy regular expression pattern: [\\w+=,.@-]*", name)
	}
	externalID := x.optional("ExternalId")
	if externalID != nil && (len(*externalID) < 2 || len(*externalID) > 1224 || !externalIDPattern.MatchString(*externalID)) {
		return nil, invalid("1 validation error detected: Value at 'externalId' failed to satisfy constraint")
	}
	found := x.cloud.roleByARN(x.form.Get("RoleArn"))
	if found == nil || !found.trusts(x.caller, externalID) {
		return nil, deny(x.service, x.caller, request{action: "sts:AssumeRole", resource: x.form.Get("RoleArn")})
	}
	lifetime, err := x.sessionTime(found)
	if err != nil {
		return nil, err
	}
	narrowed, err := x.sessionPolicy()
	if err != nil {
		return nil, err
	}
	made := &credential{
		id: "ASIA" + upperID(16), secret: secretText(40), token: secretText(356),
		account: x.cloud.accounts[accountOf(found.arn)], role: found, sessionName: name, policy: narrowed,
		expires: x.now.Add(lifetime).Truncate(time.Second),
	}
	x.cloud.keys[made.id] = made
	return assumedRole(made, len(x.form.Get("Policy"))*100/maxSessionPolicy), nil
}

// sessionTime checks how long a session shall last, and how long it does.
func (x *exchange) sessionTime(r *role) (time.Duration, error) {
	asked := time.Hour
	if text := x.form.Get("DurationSeconds"); text != "" {
		seconds, err := strconv.Atoi(text)
		asked = time.Duration(seconds) * time.Second
		if err != nil || asked < minSession || asked > maxSession {
			return 0, invalid("1 validation error detected: Value '%s' at 'durationSeconds' failed to satisfy constraint: "+
				"Member must have value between 900 and 43200", text)
		}
	}
	switch {
	case asked > r.maxSession:
		return 0, invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
	case x.caller.role != nil && asked > chainedSession:
		return 0, invalid("The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")
	case x.cloud.rules.sessionTime > 0:
		return x.cloud.rules.sessionTime, nil
	}
	return asked, nil
}

func (x *exchange) sessionPolicy() (*policy, error) {
	text := x.form.Get("Policy")
	if text == "" {
		return nil, nil //nolint:nilnil // none was given
	}
	if len(text) > maxSessionPolicy {
		return nil, invalid("1 validation error detected: Value at 'policy' failed to satisfy constraint: " +
			"Member must have length less than or equal to 2048")
	}
	p, err := parsePolicy(text)
	if err != nil {
		return nil, fail(http.StatusBadRequest, "MalformedPolicyDocument", "%v", err)
	}
	return &p, nil
}

func assumedRole(c *credential, packed int) any {
	type credentials struct{ AccessKeyId, SecretAccessKey, SessionToken, Expiration string } //nolint:revive,staticcheck // wire
	type assumed struct{ AssumedRoleId, Arn string }                                         //nolint:revive,staticcheck // wire
	return struct {
		Credentials      credentials
		AssumedRoleUser  assumed
		PackedPolicySize int
	}{
		credentials{c.id, c.secret, c.token, c.expires.UTC().Format(time.RFC3339)},
		assumed{c.uniqueID(), c.arn()},
		packed,
	}
}
