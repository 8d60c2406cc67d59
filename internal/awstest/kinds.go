package awstest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// kind is a type of resource: how long it takes in the real AWS, what making it needs, and what it leaves behind here.
type kind struct {
	create, remove time.Duration
	action         string                        // that CloudFormation must be allowed
	target         func(p *part) string          // on this ARN; nil: any of EC2
	createOnly     []string                      // properties whose change makes a new one
	make           func(*part, time.Time) error  // sets the physical id and the attributes
	ready          func(*part, time.Time)        // nil: nothing changes when it is complete
	update         func(*part, time.Time)        // the properties are the new ones; nil: nothing to do
	removing       func(*part) (obstacle string) // nil: it begins to go
	unmake         func(*part)                   // nil: nothing is left to take away
}

func kindOf(name string) kind { return kinds()[name] }

// kinds are the types of resource that the product's templates have.
func kinds() map[string]kind {
	all := map[string]kind{
		"AWS::IAM::Role":            roleKind(),
		"AWS::IAM::ManagedPolicy":   managedPolicyKind(),
		"AWS::IAM::Policy":          {create: 15 * time.Second, remove: time.Second, make: nameless("policy-")},
		"AWS::IAM::InstanceProfile": instanceProfileKind(),
		"AWS::EKS::Cluster":         clusterKind(),
		"AWS::EKS::AccessEntry":     accessEntryKind(),
		"AWS::EKS::Nodegroup":       nodegroupKind(),
		"AWS::EKS::Addon":           addonKind(),
	}
	for name, k := range networkKinds() {
		all[name] = k
	}
	return all
}

// nameless gives a physical id with a prefix, and nothing else.
func nameless(prefix string) func(*part, time.Time) error {
	return func(p *part, _ time.Time) error {
		p.id = prefix + hexID(17)
		p.attributes["Id"] = p.id
		return nil
	}
}

// generated is the name of a resource that was given none.
func (p *part) generated(limit int) string {
	name := p.stack.name + "-" + p.declared.logicalID
	return name[:min(len(name), limit-13)] + "-" + upperID(12)
}

// property is a property that is a text; empty if there is none.
func (p *part) property(name string) string { return text(p.properties[name]) }

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
		return fmt.Errorf("Role with name %s already exists. (HandlerErrorCode: AlreadyExists)", name) //nolint:staticcheck,revive // AWS' words
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

// eksTarget is the ARN of something of EKS.
func eksTarget(form func(*part) string) func(*part) string {
	return func(p *part) string {
		return p.stack.region.account.cloud.arn("eks", p.stack.region.name, p.stack.region.account.id, form(p))
	}
}

func clusterKind() kind {
	return kind{
		create: 9 * time.Minute, remove: 3 * time.Minute, action: "eks:CreateCluster",
		target: eksTarget(func(p *part) string { return "cluster/" + p.property("Name") }),
		createOnly: []string{
			"Name", "RoleArn", "EncryptionConfig", "KubernetesNetworkConfig", "BootstrapSelfManagedAddons",
			"AccessConfig.BootstrapClusterCreatorAdminPermissions",
		},
		make: makeCluster, ready: clusterReady, update: updateCluster,
		removing: func(p *part) string {
			if found := p.cluster(); found != nil {
				found.status = "DELETING"
			}
			return ""
		},
		unmake: func(p *part) { delete(p.stack.region.clusters, p.id) },
	}
}

func accessEntryKind() kind {
	return kind{
		create: 5 * time.Second, remove: 2 * time.Second, action: "eks:CreateAccessEntry",
		target:     eksTarget(func(p *part) string { return "access-entry/" + p.property("ClusterName") + "/role/x" }),
		createOnly: []string{"ClusterName", "PrincipalArn", "Type"},
		make:       makeAccessEntry,
		unmake: func(p *part) {
			if found := p.stack.region.clusters[p.property("ClusterName")]; found != nil {
				delete(found.entries, p.property("PrincipalArn"))
			}
		},
	}
}

func makeAccessEntry(p *part, at time.Time) error {
	found := p.stack.region.clusters[p.property("ClusterName")]
	principal := p.property("PrincipalArn")
	if found == nil {
		return fmt.Errorf("no cluster found for name: %s", p.property("ClusterName"))
	}
	var groups []string
	for _, group := range asList(p.properties["KubernetesGroups"]) {
		groups = append(groups, text(group))
	}
	made, err := found.addEntry(principal, p.property("Type"), p.property("Username"), groups, at)
	if err != nil {
		return err
	}
	for _, item := range asList(p.properties["AccessPolicies"]) {
		association, _ := item.(map[string]any)
		scope, _ := association["AccessScope"].(map[string]any)
		made.associate(text(association["PolicyArn"]), text(scope["Type"]), asList(scope["Namespaces"]), at)
	}
	p.id = principal + "|" + found.name
	p.attributes["AccessEntryArn"] = made.arn
	return nil
}

func nodegroupKind() kind {
	return kind{
		create: 150 * time.Second, remove: 4 * time.Minute, action: "eks:CreateNodegroup",
		target: eksTarget(func(p *part) string { return "nodegroup/" + p.property("ClusterName") + "/x/x" }),
		createOnly: []string{
			"ClusterName", "NodegroupName", "NodeRole", "Subnets", "AmiType", "InstanceTypes", "DiskSize", "CapacityType", "RemoteAccess",
		},
		make: makeNodegroup,
		ready: func(p *part, at time.Time) {
			if found := p.nodegroup(); found != nil {
				found.status, found.changed = "ACTIVE", at
			}
		},
		update: updateNodegroup,
		unmake: func(p *part) {
			if found := p.stack.region.clusters[p.property("ClusterName")]; found != nil {
				delete(found.groups, p.attributes["NodegroupName"])
			}
		},
	}
}

func addonKind() kind {
	return kind{
		create: 30 * time.Second, remove: 20 * time.Second, action: "eks:CreateAddon",
		target: eksTarget(func(p *part) string { return "cluster/" + p.property("ClusterName") }),
		make: func(p *part, _ time.Time) error {
			p.id = p.property("ClusterName") + "|" + p.property("AddonName")
			return nil
		},
	}
}

// replaces reports whether a change of a property makes a new resource. A dotted name is a part of a property.
func (k kind) replaces(name string, before, after any) bool {
	for _, only := range k.createOnly {
		top, rest, dotted := strings.Cut(only, ".")
		switch {
		case top != name:
		case !dotted:
			return true
		case document(within(before, rest)) != document(within(after, rest)):
			return true
		}
	}
	return false
}

func within(value any, name string) any {
	m, _ := value.(map[string]any)
	return m[name]
}
