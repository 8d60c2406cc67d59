package awstest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// policy is an IAM policy document, of permissions or of trust.
type policy struct {
	Statement []statement `json:"Statement"`
}

type statement struct {
	Effect    string                      `json:"Effect"`
	Principal principals                  `json:"Principal"`
	Action    texts                       `json:"Action"`
	NotAction texts                       `json:"NotAction"`
	Resource  texts                       `json:"Resource"`
	Condition map[string]map[string]texts `json:"Condition"`
}

// texts is a string or a list of strings.
type texts []string

// UnmarshalJSON takes both forms, and the booleans and numbers that YAML makes of some strings.
func (t *texts) UnmarshalJSON(data []byte) error {
	var one any
	if err := json.Unmarshal(data, &one); err != nil {
		return fmt.Errorf("decode a list of strings: %w", err)
	}
	list, isList := one.([]any)
	if !isList {
		list = []any{one}
	}
	for _, item := range list {
		*t = append(*t, fmt.Sprint(item))
	}
	return nil
}

// principals are those that a trust policy names, by kind; "*" is everybody.
type principals map[string]texts

// UnmarshalJSON takes "*" too.
func (p *principals) UnmarshalJSON(data []byte) error {
	if string(data) == `"*"` {
		*p = principals{"AWS": {"*"}}
		return nil
	}
	var byKind map[string]texts
	if err := json.Unmarshal(data, &byKind); err != nil {
		return fmt.Errorf("decode principals: %w", err)
	}
	*p = byKind
	return nil
}

// parsePolicy reads a document; Statement may be a single one.
func parsePolicy(document string) (policy, error) {
	var raw struct {
		Statement json.RawMessage `json:"Statement"`
	}
	if err := json.Unmarshal([]byte(document), &raw); err != nil {
		return policy{}, fmt.Errorf("decode a policy: %w", err)
	}
	if !strings.HasPrefix(strings.TrimSpace(string(raw.Statement)), "[") {
		raw.Statement = append(append(json.RawMessage("["), raw.Statement...), ']')
	}
	var p policy
	if err := json.Unmarshal(raw.Statement, &p.Statement); err != nil {
		return policy{}, fmt.Errorf("decode the statements of a policy: %w", err)
	}
	if len(p.Statement) == 0 {
		return policy{}, fmt.Errorf("a policy needs a statement")
	}
	return p, nil
}

// request is what a policy decides on.
type request struct {
	action   string
	resource string
	context  map[string]string // condition keys
}

// effect is what a list of policies says on a request.
type effect int

const (
	silent effect = iota
	allows
	denies
)

func decide(policies []policy, r request) effect {
	verdict := silent
	for _, p := range policies {
		for _, s := range p.Statement {
			if !s.covers(r) {
				continue
			}
			if s.Effect == "Deny" {
				return denies
			}
			verdict = allows
		}
	}
	return verdict
}

func (s statement) covers(r request) bool {
	action := anyMatches(s.Action, r.action, true)
	if len(s.NotAction) > 0 {
		action = !anyMatches(s.NotAction, r.action, true)
	}
	return action && (len(s.Resource) == 0 || anyMatches(s.Resource, r.resource, false)) && s.holds(r.context)
}

// holds reports whether all conditions are met. One that is not known here is not met.
func (s statement) holds(context map[string]string) bool {
	for operator, keys := range s.Condition {
		for key, wanted := range keys {
			if !meets(operator, wanted, context, key) {
				return false
			}
		}
	}
	return true
}

func meets(operator string, wanted []string, context map[string]string, key string) bool {
	value, present := lookup(context, key)
	plain, ifExists := strings.CutSuffix(operator, "IfExists")
	if !present && plain != "Null" {
		return ifExists || strings.Contains(plain, "Not")
	}
	switch plain {
	case "StringEquals", "ArnEquals", "Bool":
		return slices.Contains(wanted, value)
	case "StringNotEquals":
		return !slices.Contains(wanted, value)
	case "StringLike", "ArnLike":
		return anyMatches(wanted, value, false)
	case "StringNotLike":
		return !anyMatches(wanted, value, false)
	case "Null":
		return slices.Contains(wanted, fmt.Sprint(!present))
	}
	return false
}

// lookup finds a condition key, whose case does not matter.
func lookup(context map[string]string, key string) (string, bool) {
	for name, value := range context {
		if strings.EqualFold(name, key) {
			return value, true
		}
	}
	return "", false
}

func anyMatches(patterns []string, text string, fold bool) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if fold {
			return matches(strings.ToLower(pattern), strings.ToLower(text))
		}
		return matches(pattern, text)
	})
}

// matches knows the wildcards * and ?.
func matches(pattern, text string) bool {
	star, mark := -1, 0
	p, t := 0, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			p, t = p+1, t+1
		case star >= 0:
			mark++
			p, t = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
