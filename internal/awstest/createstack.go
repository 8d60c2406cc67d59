package awstest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

func createStack(x *exchange) (any, error) {
	name, token := x.form.Get("StackName"), x.form.Get("ClientRequestToken")
	if !stackNamePattern.MatchString(name) {
		return nil, invalid("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint", name)
	}
	if token != "" && !requestTokenPattern.MatchString(token) {
		return nil, invalid("1 validation error detected: Value '%s' at 'clientRequestToken' failed to satisfy constraint", token)
	}
	fingerprint := document(x.form)
	if existing := x.region.stack(name); existing != nil {
		if token != "" && existing.tokens["create "+token] == fingerprint {
			return stackID{existing.id}, nil
		}
		return nil, fail(http.StatusBadRequest, "AlreadyExistsException", "Stack [%s] already exists", name)
	}
	made, err := x.newStack(name)
	if err != nil {
		return nil, err
	}
	minutes, _ := strconv.Atoi(x.form.Get("TimeoutInMinutes"))
	if err := made.begin(x.now, time.Duration(minutes)*time.Minute); err != nil {
		return nil, err
	}
	made.tokens["create "+token] = fingerprint
	x.region.stacks = append(x.region.stacks, made)
	return stackID{made.id}, nil
}

type stackID struct {
	StackId string //nolint:revive,staticcheck // wire
}

// newStack checks all that CloudFormation does before it says yes.
func (x *exchange) newStack(name string) (*stack, error) {
	s := &stack{
		region: x.region, name: name, tokens: map[string]string{}, created: x.now, caller: x.caller,
		token: x.form.Get("ClientRequestToken"), protected: x.isTrue("EnableTerminationProtection"),
		policy: x.form.Get("StackPolicyBody"),
	}
	s.id = x.cloud.arn("cloudformation", x.region.name, x.caller.account.id, "stack/"+name+"/"+uuid.NewString())
	var err error
	if s.onFailure, err = x.onFailure(); err != nil {
		return nil, err
	}
	if s.template, s.body, err = x.template(); err != nil {
		return nil, err
	}
	if err := x.acknowledged(s.template); err != nil {
		return nil, err
	}
	if s.values, err = s.template.values(x.given(nil)); err != nil {
		return nil, err
	}
	if s.tags, err = x.tags(); err != nil {
		return nil, err
	}
	s.role, err = x.serviceRole()
	return s, err
}

func (x *exchange) onFailure() (string, error) {
	asked := x.form.Get("OnFailure")
	if asked != "" && x.form.Has("DisableRollback") {
		return "", invalid("You can specify either DisableRollback or OnFailure, but not both")
	}
	if x.isTrue("DisableRollback") {
		asked = "DO_NOTHING"
	}
	if asked != "" && !slices.Contains([]string{"DO_NOTHING", "ROLLBACK", "DELETE"}, asked) {
		return "", invalid("1 validation error detected: Value '%s' at 'onFailure' failed to satisfy constraint", asked)
	}
	return asked, nil
}

// template reads the template of a request.
func (x *exchange) template() (*template, string, error) {
	body := x.form.Get("TemplateBody")
	if body == "" {
		return nil, "", invalid("Either Template URL or Template Body must be specified.")
	}
	if len(body) > maxTemplateBody {
		return nil, "", invalid("1 validation error detected: Value at 'templateBody' failed to satisfy constraint: " +
			"Member must have length less than or equal to 51200")
	}
	t, err := parseTemplate(body)
	if err != nil {
		return nil, "", err
	}
	for _, d := range t.resources {
		if kindOf(d.kind).make == nil {
			return nil, "", invalid("Template format error: Unrecognized resource types: [%s]", d.kind)
		}
	}
	return t, body, nil
}

// acknowledged checks the capabilities, of which the one for named resources holds the other.
func (x *exchange) acknowledged(t *template) error {
	given := x.list("Capabilities")
	for _, needed := range t.capabilities() {
		if !slices.Contains(given, needed) && !slices.Contains(given, "CAPABILITY_NAMED_IAM") {
			return fail(http.StatusBadRequest, "InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
		}
	}
	return nil
}

// given are the parameters of a request; those that shall stay as they are, are taken from the values before.
func (x *exchange) given(before map[string]string) map[string]string {
	values := map[string]string{}
	for i := 1; x.form.Has(member("Parameters", i, "ParameterKey")); i++ {
		key := x.form.Get(member("Parameters", i, "ParameterKey"))
		values[key] = x.form.Get(member("Parameters", i, "ParameterValue"))
		if x.isTrue(member("Parameters", i, "UsePreviousValue")) {
			values[key] = before[key]
		}
	}
	return values
}

func member(list string, i int, field string) string {
	return list + ".member." + strconv.Itoa(i) + "." + field
}

func (x *exchange) tags() (map[string]string, error) {
	tags := map[string]string{}
	for i := 1; x.form.Has(member("Tags", i, "Key")); i++ {
		key := x.form.Get(member("Tags", i, "Key"))
		if strings.HasPrefix(key, "aws:") {
			return nil, invalid("aws: prefixed tag key names are not allowed for external use.")
		}
		if _, twice := tags[key]; twice {
			return nil, invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		tags[key] = x.form.Get(member("Tags", i, "Value"))
	}
	if len(tags) > maxTags {
		return nil, invalid("Tags exceed the limit of %d", maxTags)
	}
	return tags, nil
}

// serviceRole is the role that CloudFormation shall act as: it must trust CloudFormation, and the caller must be allowed to
// pass it on.
func (x *exchange) serviceRole() (*role, error) {
	arn := x.form.Get("RoleARN")
	if arn == "" {
		return nil, nil //nolint:nilnil // none was asked for
	}
	const service = "cloudformation.amazonaws.com"
	asked := request{action: "iam:PassRole", resource: arn, context: map[string]string{"iam:PassedToService": service}}
	if !x.caller.may(asked) {
		return nil, deny(x.service, x.caller, asked)
	}
	found := x.caller.account.roles[arn]
	if found == nil || !found.trustsService(service) {
		return nil, invalid("Role %s is invalid or cannot be assumed", arn)
	}
	return found, nil
}
