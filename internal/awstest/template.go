package awstest

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// template is a CloudFormation template. Every scalar in it is a string, whatever YAML or JSON took it for.
type template struct {
	description string
	parameters  map[string]parameter
	conditions  map[string]any
	resources   []declared
	outputs     []output
}

// declared is a resource as the template has it.
type declared struct {
	logicalID  string
	kind       string
	condition  string
	dependsOn  []string
	properties map[string]any
	retain     bool
}

type output struct {
	key, description, condition string
	value                       any
}

// parseTemplate reads JSON or YAML, with the short forms of functions.
func parseTemplate(body string) (*template, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(body), &document); err != nil || len(document.Content) != 1 {
		return nil, invalid("Template format error: YAML not well-formed. (%v)", err)
	}
	root, ok := document.Content[0], document.Content[0].Kind == yaml.MappingNode
	if !ok {
		return nil, invalid("Template format error: unsupported structure.")
	}
	t := &template{parameters: map[string]parameter{}, conditions: map[string]any{}}
	for name, node := range entries(root) {
		if err := t.section(name, node); err != nil {
			return nil, err
		}
	}
	if len(t.resources) == 0 {
		return nil, invalid("Template format error: At least one Resources member must be defined.")
	}
	return t, t.check()
}

// entries walks a mapping in the order of the document.
func entries(node *yaml.Node) func(yield func(string, *yaml.Node) bool) {
	return func(yield func(string, *yaml.Node) bool) {
		if node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i].Value, node.Content[i+1]) {
				return
			}
		}
	}
}

func (t *template) section(name string, node *yaml.Node) error {
	switch name {
	case "Description":
		t.description = node.Value
	case "Parameters":
		for key, value := range entries(node) {
			p, err := parseParameter(fields(value))
			if err != nil {
				return invalid("Template format error: parameter %s: %v", key, err)
			}
			t.parameters[key] = p
		}
	case "Conditions":
		for key, value := range entries(node) {
			t.conditions[key] = plainValue(value)
		}
	case "Resources":
		for key, value := range entries(node) {
			t.resources = append(t.resources, parseResource(key, fields(value)))
		}
	case "Outputs":
		for key, value := range entries(node) {
			f := fields(value)
			t.outputs = append(t.outputs, output{key, text(f["Description"]), text(f["Condition"]), f["Value"]})
		}
	case "AWSTemplateFormatVersion", "Metadata", "Rules":
	default:
		return invalid("Template format error: the section %s is not supported", name)
	}
	return nil
}

func fields(node *yaml.Node) map[string]any {
	value, _ := plainValue(node).(map[string]any)
	return value
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

// plainValue turns a node into strings, lists and maps; a tag such as !Sub becomes the function's long form.
func plainValue(node *yaml.Node) any {
	if node.Kind == yaml.AliasNode {
		return plainValue(node.Alias)
	}
	value := untagged(node)
	tag := node.Tag
	if !strings.HasPrefix(tag, "!") || strings.HasPrefix(tag, "!!") {
		return value
	}
	name := "Fn::" + tag[1:]
	switch tag {
	case "!Ref", "!Condition":
		name = tag[1:]
	case "!GetAtt":
		if dotted, ok := value.(string); ok {
			id, attribute, _ := strings.Cut(dotted, ".")
			value = []any{id, attribute}
		}
	}
	return map[string]any{name: value}
}

func untagged(node *yaml.Node) any {
	switch node.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for key, value := range entries(node) {
			m[key] = plainValue(value)
		}
		return m
	case yaml.SequenceNode:
		list := []any{}
		for _, item := range node.Content {
			list = append(list, plainValue(item))
		}
		return list
	default:
		return node.Value
	}
}

// asList is a list, or the list of one.
func asList(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	default:
		return []any{value}
	}
}

func parseResource(id string, f map[string]any) declared {
	d := declared{
		logicalID: id, kind: text(f["Type"]), condition: text(f["Condition"]),
		retain: text(f["DeletionPolicy"]) == "Retain",
	}
	d.properties, _ = f["Properties"].(map[string]any)
	for _, name := range asList(f["DependsOn"]) {
		d.dependsOn = append(d.dependsOn, text(name))
	}
	return d
}

// capabilities returns the acknowledgements that the template needs.
func (t *template) capabilities() []string {
	needed := []string(nil)
	for _, d := range t.resources {
		if !strings.HasPrefix(d.kind, "AWS::IAM::") {
			continue
		}
		for _, property := range []string{"RoleName", "ManagedPolicyName", "InstanceProfileName", "UserName", "GroupName"} {
			if _, named := d.properties[property]; named {
				return []string{"CAPABILITY_NAMED_IAM"}
			}
		}
		needed = []string{"CAPABILITY_IAM"}
	}
	return needed
}
