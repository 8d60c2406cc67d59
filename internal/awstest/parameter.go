package awstest

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

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
