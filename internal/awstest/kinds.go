package awstest

import (
	"maps"
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
	maps.Copy(all, networkKinds())
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
