package awstest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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

type parameter struct {
	kind        string
	byDefault   *string
	allowed     []string
	pattern     *regexp.Regexp
	minimum     *float64
	maximum     *float64
	shortest    int
	noEcho      bool
	description string
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
	}
	return node.Value
}

func parseParameter(f map[string]any) (parameter, error) {
	p := parameter{kind: text(f["Type"]), noEcho: text(f["NoEcho"]) == "true", description: text(f["Description"])}
	if p.kind == "" {
		return p, fmt.Errorf("it has no type")
	}
	if value, ok := f["Default"]; ok {
		byDefault := text(value)
		p.byDefault = &byDefault
	}
	for _, value := range asList(f["AllowedValues"]) {
		p.allowed = append(p.allowed, text(value))
	}
	if pattern := text(f["AllowedPattern"]); pattern != "" {
		compiled, err := regexp.Compile("^(?:" + pattern + ")$")
		if err != nil {
			return p, fmt.Errorf("compile its pattern: %w", err)
		}
		p.pattern = compiled
	}
	p.minimum, p.maximum = number(f["MinValue"]), number(f["MaxValue"])
	if shortest := number(f["MinLength"]); shortest != nil {
		p.shortest = int(*shortest)
	}
	return p, nil
}

func number(value any) *float64 {
	n, err := strconv.ParseFloat(text(value), 64)
	if err != nil {
		return nil
	}
	return &n
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

// check refuses references to nothing.
func (t *template) check() error {
	for _, d := range t.resources {
		for _, name := range slices.Concat(d.dependsOn, references(d.properties)) {
			if !t.defines(name) {
				return invalid("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", name)
			}
		}
	}
	for _, o := range t.outputs {
		for _, name := range references(o.value) {
			if !t.defines(name) {
				return invalid("Template format error: Unresolved resource dependencies [%s] in the Outputs block of the template", name)
			}
		}
	}
	return nil
}

func (t *template) defines(name string) bool {
	_, isParameter := t.parameters[name]
	return isParameter || strings.HasPrefix(name, "AWS::") ||
		slices.ContainsFunc(t.resources, func(d declared) bool { return d.logicalID == name })
}

var placeholder = regexp.MustCompile(`\$\{([^!}][^}]*)\}`)

// references returns the names that a value mentions by Ref, GetAtt and Sub.
func references(value any) []string {
	var names []string
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			names = append(names, references(item)...)
		}
	case map[string]any:
		for key, item := range value {
			switch {
			case key == "Ref" && len(value) == 1:
				names = append(names, text(item))
			case key == "Fn::GetAtt" && len(value) == 1:
				names = append(names, text(asList(item)[0]))
			case key == "Fn::Sub" && len(value) == 1:
				names = append(names, substituted(item)...)
			default:
				names = append(names, references(item)...)
			}
		}
	}
	return names
}

// substituted returns the names in a Sub, but for those that it defines itself.
func substituted(value any) []string {
	list := asList(value)
	var own map[string]any
	if len(list) > 1 {
		own, _ = list[1].(map[string]any)
	}
	names := references(own)
	for _, found := range placeholder.FindAllStringSubmatch(text(list[0]), -1) {
		name, _, _ := strings.Cut(found[1], ".")
		if _, defined := own[found[1]]; !defined {
			names = append(names, name)
		}
	}
	return names
}

// values completes given parameters by the defaults, and checks them.
func (t *template) values(given map[string]string) (map[string]string, error) {
	for name := range given {
		if _, ok := t.parameters[name]; !ok {
			return nil, invalid("Parameters: [%s] do not exist in the template", name)
		}
	}
	all := map[string]string{}
	var lacking []string
	for name, p := range t.parameters {
		value, ok := given[name]
		switch {
		case !ok && p.byDefault == nil:
			lacking = append(lacking, name)
			continue
		case !ok:
			value = *p.byDefault
		}
		if err := p.accepts(name, value); err != nil {
			return nil, err
		}
		all[name] = value
	}
	if len(lacking) > 0 {
		slices.Sort(lacking)
		return nil, invalid("Parameters: [%s] must have values", strings.Join(lacking, ", "))
	}
	return all, nil
}

const maxParameterValue = 4096

func (p parameter) accepts(name, value string) error {
	n := number(value)
	switch {
	case len(value) > maxParameterValue:
		return invalid("Parameter '%s' must be at most %d bytes", name, maxParameterValue)
	case len(p.allowed) > 0 && !slices.Contains(p.allowed, value):
		return invalid("Parameter '%s' must be one of AllowedValues", name)
	case p.pattern != nil && !p.pattern.MatchString(value):
		return invalid("Parameter '%s' must match pattern %s", name, p.pattern)
	case p.kind == "Number" && n == nil:
		return invalid("Parameter '%s' must be a number.", name)
	case p.minimum != nil && *n < *p.minimum:
		return invalid("Parameter '%s' must be a number not less than %v", name, *p.minimum)
	case p.maximum != nil && *n > *p.maximum:
		return invalid("Parameter '%s' must be a number not greater than %v", name, *p.maximum)
	case len(value) < p.shortest:
		return invalid("Parameter '%s' must contain at least %d characters", name, p.shortest)
	}
	return nil
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
