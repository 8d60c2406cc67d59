package awstest

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// noValue is what Ref AWS::NoValue gives: the property is as if it were not there.
type noValue struct{}

// scope is what functions of a template are resolved against.
type scope struct {
	stack    *stack
	template *template
	values   map[string]string
	// attribute returns the Ref (name "") or an attribute of a resource.
	attribute func(logicalID, name string) (string, error)
}

// resolve evaluates all functions in a value.
func (s scope) resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		return s.resolveList(value)
	case map[string]any:
		for name, argument := range value {
			if len(value) == 1 && (name == "Ref" || strings.HasPrefix(name, "Fn::") || name == "Condition" && isText(argument)) {
				return s.call(name, argument)
			}
		}
		return s.resolveMap(value)
	}
	return value, nil
}

func (s scope) resolveList(value []any) (any, error) {
	list := []any{}
	for _, item := range value {
		resolved, err := s.resolve(item)
		if err != nil {
			return nil, err
		}
		if _, none := resolved.(noValue); !none {
			list = append(list, resolved)
		}
	}
	return list, nil
}

func isText(value any) bool {
	_, ok := value.(string)
	return ok
}

func (s scope) resolveMap(value map[string]any) (any, error) {
	m := map[string]any{}
	for key, item := range value {
		resolved, err := s.resolve(item)
		if err != nil {
			return nil, err
		}
		if _, none := resolved.(noValue); !none {
			m[key] = resolved
		}
	}
	return m, nil
}

// call evaluates one function. Those that choose resolve what they chose only.
func (s scope) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		return s.ref(text(argument))
	case "Condition":
		holds, err := s.condition(text(argument))
		return strconv.FormatBool(holds), err
	case "Fn::If":
		return s.choose(asList(argument))
	}
	resolved, err := s.resolve(argument)
	if err != nil {
		return nil, err
	}
	list := asList(resolved)
	switch name {
	case "Fn::GetAtt":
		if len(list) != 2 {
			return nil, invalid("Template error: every Fn::GetAtt object requires two non-empty parameters")
		}
		return s.attribute(text(list[0]), text(list[1]))
	case "Fn::Sub":
		return s.substitute(list)
	case "Fn::Base64":
		return base64.StdEncoding.EncodeToString([]byte(text(resolved))), nil
	case "Fn::GetAZs":
		return zonesOf(s.stack.region.name), nil
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return strconv.FormatBool(logic(name, list)), nil
	}
	return listFunction(name, list)
}

func listFunction(name string, list []any) (any, error) {
	if len(list) < 2 {
		return nil, invalid("Template error: %s needs more arguments", name)
	}
	switch name {
	case "Fn::Join":
		var parts []string
		for _, item := range asList(list[1]) {
			parts = append(parts, text(item))
		}
		return strings.Join(parts, text(list[0])), nil
	case "Fn::Select":
		i, err := strconv.Atoi(text(list[0]))
		from := asList(list[1])
		if err != nil || i < 0 || i >= len(from) {
			return nil, invalid("Template error: Fn::Select cannot select nonexistent value at index %v", list[0])
		}
		return from[i], nil
	case "Fn::Split":
		var parts []any
		for part := range strings.SplitSeq(text(list[1]), text(list[0])) {
			parts = append(parts, part)
		}
		return parts, nil
	case "Fn::Cidr":
		return cidrs(list)
	}
	return nil, invalid("Template error: the function %s is not supported", name)
}

func logic(name string, list []any) bool {
	switch name {
	case "Fn::Equals":
		return len(list) == 2 && fmt.Sprint(list[0]) == fmt.Sprint(list[1])
	case "Fn::Not":
		return len(list) == 1 && list[0] != "true"
	case "Fn::And":
		for _, item := range list {
			if item != "true" {
				return false
			}
		}
		return true
	}
	for _, item := range list {
		if item == "true" {
			return true
		}
	}
	return false
}

func (s scope) choose(list []any) (any, error) {
	if len(list) != 3 {
		return nil, invalid("Template error: Fn::If requires a list argument with three values")
	}
	holds, err := s.condition(text(list[0]))
	if err != nil {
		return nil, err
	}
	if holds {
		return s.resolve(list[1])
	}
	return s.resolve(list[2])
}

func (s scope) condition(name string) (bool, error) {
	declaredAs, ok := s.template.conditions[name]
	if !ok {
		return false, invalid("Template format error: Unresolved condition %s", name)
	}
	resolved, err := s.resolve(declaredAs)
	return resolved == "true", err
}

// ref is a pseudo parameter, a parameter or the physical id of a resource.
func (s scope) ref(name string) (any, error) {
	c, stack := s.stack.region.account.cloud, s.stack
	switch name {
	case "AWS::NoValue":
		return noValue{}, nil
	case "AWS::Partition":
		return c.config.Partition, nil
	case "AWS::Region":
		return stack.region.name, nil
	case "AWS::AccountId":
		return stack.region.account.id, nil
	case "AWS::StackId":
		return stack.id, nil
	case "AWS::StackName":
		return stack.name, nil
	case "AWS::URLSuffix":
		return "amazonaws.com", nil
	}
	p, ok := s.template.parameters[name]
	if !ok {
		return s.attribute(name, "")
	}
	if p.kind != "CommaDelimitedList" && !strings.HasPrefix(p.kind, "List<") {
		return s.values[name], nil
	}
	list := []any{}
	for item := range strings.SplitSeq(s.values[name], ",") {
		list = append(list, strings.TrimSpace(item))
	}
	return list, nil
}

func (s scope) substitute(list []any) (any, error) {
	var own map[string]any
	if len(list) > 1 {
		own, _ = list[1].(map[string]any)
	}
	var failed error
	out := placeholder.ReplaceAllStringFunc(text(list[0]), func(found string) string {
		name := found[2 : len(found)-1]
		if value, ok := own[name]; ok {
			return text(value)
		}
		var value any
		var err error
		if id, attribute, dotted := strings.Cut(name, "."); dotted {
			value, err = s.attribute(id, attribute)
		} else {
			value, err = s.ref(name)
		}
		if err != nil {
			failed = err
		}
		return text(value)
	})
	return strings.ReplaceAll(out, "${!", "${"), failed
}

// cidrs cuts a range into count parts with so many bits of an address each.
func cidrs(list []any) (any, error) {
	whole, err := netip.ParsePrefix(text(list[0]))
	if err != nil || len(list) != 3 {
		return nil, invalid("Template error: Fn::Cidr needs a range, a count and a number of bits")
	}
	count, _ := strconv.Atoi(text(list[1]))
	bits, _ := strconv.Atoi(text(list[2]))
	size := 32 - bits
	if size < whole.Bits() || count > 1<<(size-whole.Bits()) {
		return nil, invalid("Template error: Fn::Cidr cannot cut %s into %d ranges of %d bits", whole, count, bits)
	}
	base := whole.Masked().Addr().As4()
	start := uint32(base[0])<<24 | uint32(base[1])<<16 | uint32(base[2])<<8 | uint32(base[3])
	var parts []any
	for i := range count {
		at := start + uint32(i)<<bits
		address := netip.AddrFrom4([4]byte{byte(at >> 24), byte(at >> 16), byte(at >> 8), byte(at)})
		parts = append(parts, netip.PrefixFrom(address, size).String())
	}
	return parts, nil
}

// zonesOf are the availability zones of a region.
func zonesOf(region string) []any { return []any{region + "a", region + "b", region + "c"} }
