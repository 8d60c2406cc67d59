package awstest

import (
	"encoding/json"
	"fmt"
	"time"
)

// document is a property that is a policy, as JSON.
func document(value any) string {
	data, _ := json.Marshal(value) //nolint:errchkjson // strings, lists and maps
	return string(data)
}

func roleKind() kind {
	return kind{
		create: 18 * time.Second, remove: 2 * time.Second, action: "iam:CreateRole",
		createOnly: []string{"RoleName", "Path"},
		target: func(p *part) string {
			name := p.property("RoleName")
			if name == "" {
				name = p.stack.name + "-" + p.declared.logicalID + "-XXXXXXXXXXXX"
			}
			return p.iamARN("role", name)
		},
		make:   makeRole,
		update: func(p *part, _ time.Time) { _ = p.setRole(p.stack.region.account.roles[p.attributes["Arn"]]) },
		unmake: func(p *part) { delete(p.stack.region.account.roles, p.attributes["Arn"]) },
	}
}

func (p *part) iamARN(what, name string) string {
	path := p.property("Path")
	if path == "" {
		path = "/"
	}
	account := p.stack.region.account
	return account.cloud.arn("iam", "", account.id, what+path+name)
}

func makeRole(p *part, _ time.Time) error {
	name := p.property("RoleName")
	if name == "" {
		name = p.generated(64)
	}
	account := p.stack.region.account
	if account.roles[p.iamARN("role", name)] != nil {
		return fmt.Errorf("Role with name %s already exists. (HandlerErrorCode: AlreadyExists)", name)
	}
	path := p.property("Path")
	made, err := account.newRole(Role{Name: name, Path: path, Trust: document(p.properties["AssumeRolePolicyDocument"])})
	if err != nil {
		return err
	}
	if err := p.setRole(made); err != nil {
		return err
	}
	account.roles[made.arn] = made
	p.id = name
	p.attributes["Arn"], p.attributes["RoleId"] = made.arn, made.id
	return nil
}

// setRole gives a role the policies that the template has for it.
func (p *part) setRole(r *role) error {
	trust, err := parsePolicy(document(p.properties["AssumeRolePolicyDocument"]))
	if err != nil {
		return err
	}
	r.trust, r.policies = trust, nil
	for _, item := range asList(p.properties["Policies"]) {
		inline, _ := item.(map[string]any)
		parsed, err := parsePolicy(document(inline["PolicyDocument"]))
		if err != nil {
			return err
		}
		r.policies = append(r.policies, parsed)
	}
	return nil
}

func managedPolicyKind() kind {
	return kind{
		create: 15 * time.Second, remove: 2 * time.Second, action: "iam:CreatePolicy",
		target: func(p *part) string { return p.iamARN("policy", p.property("ManagedPolicyName")) },
		make: func(p *part, _ time.Time) error {
			name := p.property("ManagedPolicyName")
			if name == "" {
				name = p.generated(128)
			}
			p.id = p.iamARN("policy", name)
			p.attributes["PolicyArn"] = p.id
			_, err := parsePolicy(document(p.properties["PolicyDocument"]))
			return err
		},
	}
}

func instanceProfileKind() kind {
	return kind{
		create: 2 * time.Minute, remove: 2 * time.Second, action: "iam:CreateInstanceProfile",
		target: func(p *part) string { return p.iamARN("instance-profile", p.declared.logicalID) },
		make: func(p *part, _ time.Time) error {
			p.id = p.generated(128)
			p.attributes["Arn"] = p.iamARN("instance-profile", p.id)
			return nil
		},
	}
}
