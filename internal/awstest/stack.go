package awstest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

const stackKind = "AWS::CloudFormation::Stack"

// stack is a CloudFormation stack, alive or deleted.
type stack struct {
	region    *region
	id, name  string
	status    string
	reason    string
	template  *template
	body      string
	values    map[string]string
	tags      map[string]string
	caller    *credential
	role      *role // nil: CloudFormation acts as the caller
	onFailure string
	protected bool
	policy    string
	created   time.Time
	updated   time.Time
	deleted   time.Time
	parts     []*part
	events    []event // oldest first
	token     string  // of the operation under way, or of the last one
	tokens    map[string]string
	work      *work
	sets      []*changeSet
	undo      *update // what an update that failed has changed
}

// part is a resource of a stack.
type part struct {
	stack      *stack
	declared   declared
	kind       kind
	id         string // physical
	status     string
	reason     string
	properties map[string]any
	attributes map[string]string
	changed    time.Time
	waits      []string // logical ids
	gone       bool
}

type event struct {
	id, logicalID, physicalID, kind, status, reason, token string
	at                                                     time.Time
}

// say records an event, and the status of whom it is about.
func (s *stack) say(at time.Time, status, reason string) {
	s.status, s.reason = status, reason
	s.events = append(s.events, event{uuid.NewString(), s.name, s.id, stackKind, status, reason, s.token, at})
}

func (p *part) say(at time.Time, status, reason string) {
	p.status, p.reason, p.changed = status, reason, at
	p.stack.events = append(p.stack.events, event{
		p.declared.logicalID + "-" + status + "-" + uuid.NewString(), p.declared.logicalID, p.id, p.declared.kind, status, reason,
		p.stack.token, at,
	})
}

// busy reports whether something is being done to the stack.
func (s *stack) busy() bool { return strings.HasSuffix(s.status, "_IN_PROGRESS") }

func (s *stack) part(logicalID string) *part {
	for _, p := range s.parts {
		if p.declared.logicalID == logicalID && !p.gone {
			return p
		}
	}
	return nil
}

// scope resolves functions against the stack as it is.
func (s *stack) scope() scope { return s.scopeOf(s.template, s.values) }

func (s *stack) scopeOf(t *template, values map[string]string) scope {
	return scope{stack: s, template: t, values: values, attribute: func(logicalID, name string) (string, error) {
		p := s.part(logicalID)
		if p == nil {
			return "", invalid("Template error: instance of Fn::GetAtt references undefined resource %s", logicalID)
		}
		if name == "" {
			return p.id, nil
		}
		value, ok := p.attributes[name]
		if !ok {
			return "", invalid("Template error: resource %s does not support attribute type %s in Fn::GetAtt", logicalID, name)
		}
		return value, nil
	}}
}

// wanted are the resources of a template whose conditions hold.
func (s *stack) wanted(t *template, values map[string]string) ([]declared, error) {
	var found []declared
	for _, d := range t.resources {
		if d.condition != "" {
			holds, err := s.scopeOf(t, values).condition(d.condition)
			if err != nil {
				return nil, err
			}
			if !holds {
				continue
			}
		}
		found = append(found, d)
	}
	return found, nil
}

// newParts makes the parts that do not exist yet. What one waits for is what it names.
func (s *stack) newParts(list []declared) []*part {
	var made []*part
	for _, d := range list {
		p := &part{stack: s, declared: d, kind: kindOf(d.kind), attributes: map[string]string{}}
		p.waits = slices.Compact(slices.Sorted(slices.Values(slices.Concat(d.dependsOn, references(d.properties)))))
		made = append(made, p)
	}
	return made
}

// begin creates all parts.
func (s *stack) begin(at time.Time, timeout time.Duration) error {
	list, err := s.wanted(s.template, s.values)
	if err != nil {
		return err
	}
	s.parts = s.newParts(list)
	s.say(at, "CREATE_IN_PROGRESS", "User Initiated")
	s.work = s.creation(s.parts)
	s.work.finish = func(at time.Time, failed []*task) {
		if len(failed) == 0 {
			s.say(at, "CREATE_COMPLETE", "")
			return
		}
		s.giveUp(at, "The following resource(s) failed to create: ["+names(failed)+"]. ")
	}
	creation := s.work
	if timeout > 0 {
		s.cloud().after(at, timeout, func(at time.Time) {
			if !creation.over {
				creation.stop(at)
				s.giveUp(at, "Stack creation time exceeded the specified timeout. ")
			}
		})
	}
	creation.pump(at)
	return nil
}

func (s *stack) cloud() *Cloud { return s.region.account.cloud }

func names(tasks []*task) string {
	var list []string
	for _, t := range tasks {
		list = append(list, t.part.declared.logicalID)
	}
	return strings.Join(list, ", ")
}

// creation makes parts, each after those that it names.
func (s *stack) creation(parts []*part) *work {
	w := &work{cloud: s.cloud(), impatient: true}
	byID := map[string]*task{}
	for _, p := range parts {
		t := &task{part: p, begin: p.create, end: p.created, cancel: func(at time.Time) {
			p.say(at, "CREATE_FAILED", "Resource creation cancelled")
		}}
		byID[p.declared.logicalID] = t
		w.tasks = append(w.tasks, t)
	}
	for _, t := range w.tasks {
		for _, name := range t.part.waits {
			if other := byID[name]; other != nil {
				t.waits = append(t.waits, other)
			}
		}
	}
	return w
}

// giveUp does after a failed creation what OnFailure says.
func (s *stack) giveUp(at time.Time, why string) {
	switch s.onFailure {
	case "DO_NOTHING":
		s.say(at, "CREATE_FAILED", strings.TrimSpace(why))
	case "DELETE":
		s.say(at, "DELETE_IN_PROGRESS", why+"Delete requested by user.")
		s.takeDown(at, nil, "DELETE")
	default:
		s.say(at, "ROLLBACK_IN_PROGRESS", why+"Rollback requested by user.")
		s.takeDown(at, nil, "ROLLBACK")
	}
}

// takeDown deletes all parts, each after those that name it. The stack ends in outcome_COMPLETE or outcome_FAILED.
func (s *stack) takeDown(at time.Time, retain []string, outcome string) {
	left := slices.DeleteFunc(slices.Clone(s.parts), func(p *part) bool { return p.gone })
	w := s.deletion(left, retain)
	w.finish = func(at time.Time, failed []*task) {
		if len(failed) > 0 {
			s.say(at, outcome+"_FAILED", "The following resource(s) failed to delete: ["+names(failed)+"]. ")
			return
		}
		if outcome == "DELETE" {
			s.deleted = at
		}
		s.say(at, outcome+"_COMPLETE", "")
	}
	s.work = w
	w.pump(at)
}

func (s *stack) deletion(parts []*part, retain []string) *work {
	w := &work{cloud: s.cloud()}
	for _, p := range parts {
		t := &task{part: p, begin: p.remove, end: p.removed}
		if slices.Contains(retain, p.declared.logicalID) || p.declared.retain {
			t.begin = func(time.Time) (time.Duration, string) { return 0, "" }
			t.end = func(at time.Time, _ string) {
				p.gone = true
				p.say(at, "DELETE_SKIPPED", "")
			}
		}
		w.tasks = append(w.tasks, t)
	}
	for _, t := range w.tasks {
		for _, other := range w.tasks {
			if slices.Contains(other.part.waits, t.part.declared.logicalID) {
				t.waits = append(t.waits, other)
			}
		}
	}
	return w
}

// outputs are resolved once everything is there.
func (s *stack) outputs() (map[string]string, error) {
	values := map[string]string{}
	if !slices.Contains([]string{
		"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
	}, s.status) {
		return values, nil
	}
	for _, o := range s.template.outputs {
		if o.condition != "" {
			if holds, err := s.scope().condition(o.condition); err != nil || !holds {
				continue
			}
		}
		value, err := s.scope().resolve(o.value)
		if err != nil {
			return nil, err
		}
		values[o.key] = text(value)
	}
	return values, nil
}

// allTags are those of the stack and those that CloudFormation puts on everything.
func (p *part) allTags() map[string]string {
	tags := maps.Clone(p.stack.tags)
	if tags == nil {
		tags = map[string]string{}
	}
	for _, item := range asList(p.properties["Tags"]) {
		if tag, ok := item.(map[string]any); ok {
			tags[text(tag["Key"])] = text(tag["Value"])
		}
	}
	tags["aws:cloudformation:stack-name"] = p.stack.name
	tags["aws:cloudformation:stack-id"] = p.stack.id
	tags["aws:cloudformation:logical-id"] = p.declared.logicalID
	return tags
}
