package awstest

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

const (
	maxTemplateBody = 51200
	maxTags         = 50
)

var (
	stackNamePattern    = regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`)
	requestTokenPattern = regexp.MustCompile(`^[a-zA-Z0-9][-a-zA-Z0-9]{0,127}$`)
)

func stackOperations() map[string]operation {
	return map[string]operation{
		"CreateStack":                 {do: createStack, resource: stackTarget},
		"DeleteStack":                 {do: deleteStack, resource: stackTarget},
		"DescribeStacks":              {do: describeStacks, resource: stackTarget},
		"DescribeStackEvents":         {do: describeStackEvents, resource: stackTarget},
		"DescribeStackResources":      {do: describeStackResources, resource: stackTarget},
		"ListStackResources":          {do: listStackResources, resource: stackTarget},
		"ListStacks":                  {do: listStacks},
		"ValidateTemplate":            {do: validateTemplate},
		"GetTemplateSummary":          {do: validateTemplate},
		"UpdateTerminationProtection": {do: updateTerminationProtection, resource: stackTarget},
		"SetStackPolicy":              {do: setStackPolicy, resource: stackTarget},
		"CreateChangeSet":             {do: createChangeSet, resource: stackTarget},
		"DescribeChangeSet":           {do: describeChangeSet, resource: stackTarget},
		"ExecuteChangeSet":            {do: executeChangeSet, resource: stackTarget},
		"DeleteChangeSet":             {do: deleteChangeSet, resource: stackTarget},
		"CancelUpdateStack":           {do: cancelUpdateStack, resource: stackTarget},
		"ContinueUpdateRollback":      {do: continueUpdateRollback, resource: stackTarget},
	}
}

// stackTarget is the ARN of the stack that is meant. One that does not exist is named as it would be.
func stackTarget(x *exchange) string {
	name := x.form.Get("StackName")
	if set := x.form.Get("ChangeSetName"); name == "" && set != "" {
		if s := x.stackOfSet(set); s != nil {
			return s.id
		}
	}
	switch found := x.region.stack(name); {
	case name == "":
		return "*"
	case found != nil:
		return found.id
	case strings.HasPrefix(name, "arn:"):
		return name
	}
	return x.cloud.arn("cloudformation", x.region.name, x.caller.account.id, "stack/"+name+"/*")
}

// stack finds a stack by id, or by name, by which a deleted one is not found.
func (r *region) stack(nameOrID string) *stack {
	for _, s := range r.stacks {
		if s.id == nameOrID || s.name == nameOrID && s.status != "DELETE_COMPLETE" {
			return s
		}
	}
	return nil
}

func (x *exchange) stack() (*stack, error) {
	name := x.form.Get("StackName")
	if found := x.region.stack(name); found != nil {
		return found, nil
	}
	return nil, invalid("Stack with id %s does not exist", name)
}

func deleteStack(x *exchange) (any, error) {
	found := x.region.stack(x.form.Get("StackName"))
	if found == nil || found.status == "DELETE_COMPLETE" {
		return nothing{}, nil // nothing to delete is no failure
	}
	token := x.form.Get("ClientRequestToken")
	if _, repeated := found.tokens["delete "+token]; repeated && token != "" || found.status == "DELETE_IN_PROGRESS" {
		return nothing{}, nil // that deletion is under way, or has ended
	}
	if found.protected {
		return nil, invalid("Stack [%s] cannot be deleted while TerminationProtection is enabled", found.name)
	}
	if strings.HasPrefix(found.status, "UPDATE_") && found.busy() {
		return nil, invalid("Stack [%s] cannot be deleted while in status %s", found.name, found.status)
	}
	retain := x.list("RetainResources")
	if len(retain) > 0 && found.status != "DELETE_FAILED" {
		return nil, invalid("Invalid operation on stack [%s]. When you delete a stack, specify which resources to retain only when "+
			"the stack is in the DELETE_FAILED state.", found.id)
	}
	passed, err := x.serviceRole()
	if err != nil {
		return nil, err
	}
	if passed != nil {
		found.role = passed
	}
	if found.work != nil && !found.work.over {
		found.work.stop(x.now)
	}
	found.tokens["delete "+token] = ""
	found.token, found.caller = token, x.caller
	if x.form.Get("DeletionMode") == "FORCE_DELETE_STACK" {
		retain = append(retain, found.broken()...)
	}
	found.say(x.now, "DELETE_IN_PROGRESS", "User Initiated")
	found.takeDown(x.now, retain, "DELETE")
	return nothing{}, nil
}

// broken are the parts that could not be deleted.
func (s *stack) broken() []string {
	var list []string
	for _, p := range s.parts {
		if p.status == "DELETE_FAILED" {
			list = append(list, p.declared.logicalID)
		}
	}
	return list
}

func updateTerminationProtection(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	if found.status == "DELETE_COMPLETE" || found.status == "DELETE_IN_PROGRESS" {
		return nil, invalid("Termination protection cannot be changed for a stack in status %s", found.status)
	}
	found.protected = x.isTrue("EnableTerminationProtection")
	return stackID{found.id}, nil
}

func setStackPolicy(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	if _, err := parsePolicy(x.form.Get("StackPolicyBody")); err != nil {
		return nil, invalid("Error validating stack policy: Invalid stack policy")
	}
	found.policy = x.form.Get("StackPolicyBody")
	return nothing{}, nil
}

func validateTemplate(x *exchange) (any, error) {
	t, _, err := x.template()
	if err != nil {
		return nil, err
	}
	type parameter struct {
		ParameterKey, DefaultValue, Description string
		NoEcho                                  bool
	}
	var list []parameter
	for _, name := range slices.Sorted(maps.Keys(t.parameters)) {
		p := t.parameters[name]
		shown := parameter{ParameterKey: name, Description: p.description, NoEcho: p.noEcho}
		if p.byDefault != nil {
			shown.DefaultValue = *p.byDefault
		}
		list = append(list, shown)
	}
	return struct {
		Description  string
		Capabilities []string    `xml:"Capabilities>member"`
		Parameters   []parameter `xml:"Parameters>member"`
	}{t.description, t.capabilities(), list}, nil
}
