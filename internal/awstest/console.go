package awstest

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
)

// CreateStack asks for a stack as the account's administrator, who acknowledges that it makes roles. It comes to be as the
// clock goes on: see Outputs.
func (a *Account) CreateStack(regionName, name, body string, parameters map[string]string) error {
	keys := a.Administrator()
	form := url.Values{"StackName": {name}, "TemplateBody": {body}, "Capabilities.member.1": {"CAPABILITY_NAMED_IAM"}}
	for i, key := range slices.Sorted(maps.Keys(parameters)) {
		form.Set(member("Parameters", i+1, "ParameterKey"), key)
		form.Set(member("Parameters", i+1, "ParameterValue"), parameters[key])
	}
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	r, err := a.region(regionName)
	if err != nil {
		return err
	}
	x := &exchange{
		cloud: a.cloud, service: "cloudformation", operation: "CreateStack",
		caller: a.cloud.keys[keys.AccessKeyID], region: r, form: form, now: a.cloud.advance(),
	}
	_, err = createStack(x)
	return err
}

// Outputs returns those of a stack that is made. It is an error that it is not, or not yet.
func (a *Account) Outputs(regionName, name string) (map[string]string, error) {
	a.cloud.mu.Lock()
	defer a.cloud.mu.Unlock()
	a.cloud.advance()
	r, err := a.region(regionName)
	if err != nil {
		return nil, err
	}
	found := r.stack(name)
	if found == nil {
		return nil, fmt.Errorf("there is no stack %s in %s", name, regionName)
	}
	if found.status != "CREATE_COMPLETE" {
		return nil, fmt.Errorf("the stack %s is %s", name, found.status)
	}
	return found.outputs()
}
