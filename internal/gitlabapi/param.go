package gitlabapi

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// kind is what the value of a parameter is read as.
type kind int

const (
	text kind = iota
	integer
	boolean
	date
	object
	list // of texts; a text with commas is one too
)

// param declares one parameter, as the predecessor does. What is not declared is ignored.
type param struct {
	name     string
	kind     kind
	required bool
	// filled refuses a value that is blank.
	filled bool
	// fallback takes the place of what is absent or null; nil for none.
	fallback any
	// values lists all that the value may be; nil for anything.
	values []string
	// fields are those of an object.
	fields []param
}

// values are the parameters of a request as declared, each a string, an int64, a bool, a [time.Time], a []string, other
// values, or nil for null. What was not sent and has no fallback is absent.
type values map[string]any

// read checks what was given against the declared parameters and reports all that is wrong in one go, in the order of
// the declaration and for each parameter in the predecessor's: presence, type, blankness, membership.
func read(declared []param, from given) (values, error) {
	r := reading{}
	found := r.object(declared, from, "")
	if len(r.problems) > 0 {
		return nil, refused(http.StatusBadRequest, strings.Join(r.problems, ", "))
	}
	return found, nil
}

// reading gathers what is wrong while it reads.
type reading struct{ problems []string }

func (r *reading) object(declared []param, from given, within string) values {
	found := values{}
	for _, p := range declared {
		name := p.name
		if within != "" {
			name = within + "[" + p.name + "]"
		}
		raw, present := from[p.name]
		if value, ok := r.value(p, name, raw, present); ok {
			found[p.name] = value
		}
	}
	return found
}

// value returns what a parameter is, and whether there is one.
func (r *reading) value(p param, name string, raw any, present bool) (any, bool) {
	if p.required && !present {
		r.note(name, "is missing")
	}
	value, ok := p.kind.coerce(raw)
	if !ok {
		r.note(name, "is invalid")
	}
	if value == nil && p.fallback != nil {
		value, present = p.fallback, true
	}
	if !p.required && !present {
		return nil, false
	}
	if p.filled && blank(value) {
		r.note(name, "is empty")
	}
	if said, isText := value.(string); p.values != nil && isText && !slices.Contains(p.values, said) {
		r.note(name, "does not have a valid value")
	}
	if p.kind == object {
		below, _ := value.(given)
		return r.object(p.fields, below, name), true
	}
	return value, present
}

func (r *reading) note(name, problem string) { r.problems = append(r.problems, name+" "+problem) }

func blank(value any) bool {
	said, isText := value.(string)
	return value == nil || isText && strings.TrimSpace(said) == ""
}

// coerce reads a value as the kind, from JSON or from text, where an empty text is null for all kinds but text itself.
func (k kind) coerce(raw any) (any, bool) {
	if raw == nil || raw == "" && k != text {
		return nil, true
	}
	switch k {
	case text:
		return coerceText(raw)
	case integer:
		return coerceInteger(raw)
	case boolean:
		return coerceBoolean(raw)
	case date:
		return coerceDate(raw)
	case list:
		return coerceList(raw)
	default:
		below, ok := raw.(given)
		return below, ok
	}
}

func coerceText(raw any) (any, bool) {
	switch v := raw.(type) {
	case string:
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return strconv.FormatBool(v), true
	}
	return nil, false
}

func coerceInteger(raw any) (any, bool) {
	said, ok := coerceText(raw)
	if !ok {
		return nil, false
	}
	number, err := strconv.ParseInt(strings.TrimSpace(said.(string)), 10, 64) //nolint:forcetypeassert,errcheck // just made
	return number, err == nil
}

// coerceBoolean takes the words that the predecessor's framework takes.
func coerceBoolean(raw any) (any, bool) {
	said, _ := coerceText(raw)
	word, _ := said.(string)
	switch strings.ToLower(word) {
	case "true", "t", "1", "on", "yes", "y":
		return true, true
	case "false", "f", "0", "off", "no", "n":
		return false, true
	}
	return nil, false
}

// coerceDate takes a day, or a moment whose day it is.
func coerceDate(raw any) (any, bool) {
	said, _ := raw.(string)
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, said); err == nil {
			return at.UTC().Truncate(24 * time.Hour), true
		}
	}
	return nil, false
}

func coerceList(raw any) (any, bool) {
	items, ok := raw.([]any)
	if said, isText := raw.(string); isText {
		return strings.Split(said, ","), true
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		said, isText := item.(string)
		if !isText {
			return nil, false
		}
		texts = append(texts, said)
	}
	return texts, ok
}

// text returns a text, empty when absent or null.
func (v values) text(name string) string { return valueOf[string](v, name) }

// integer returns a number, 0 when absent or null.
func (v values) integer(name string) int64 { return valueOf[int64](v, name) }

// has reports whether a parameter was sent or has a fallback.
func (v values) has(name string) bool { _, found := v[name]; return found }

// valueOf returns a value, the zero one when it is absent or null.
func valueOf[T any](v values, name string) T {
	value, _ := v[name].(T)
	return value
}

// sent returns what a change asks for: nil when it says nothing of it, the zero value when it says null.
func sent[T any](v values, name string) *T {
	if !v.has(name) {
		return nil
	}
	return new(valueOf[T](v, name))
}
