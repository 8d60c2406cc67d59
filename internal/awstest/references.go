package awstest

import (
	"regexp"
	"slices"
	"strings"
)

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
