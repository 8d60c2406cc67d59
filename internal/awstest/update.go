package awstest

import (
	"maps"
	"slices"
	"time"
)

// update is a change of a stack under way, with what is needed to take it back.
type update struct {
	set      *changeSet
	template *template
	body     string
	values   map[string]string
	tags     map[string]string
	before   map[string]memory // by logical id, of the parts that were changed
	made     []*part           // anew
	retired  []*part           // to be deleted once all went well
}

// memory is what a part was before an update.
type memory struct {
	part       *part
	declared   declared
	properties map[string]any
}

// update does what a change set says.
func (s *stack) update(set *changeSet, at time.Time) {
	u := &update{set: set, template: s.template, body: s.body, values: s.values, tags: s.tags, before: map[string]memory{}}
	s.undo, set.execution = u, "EXECUTE_IN_PROGRESS"
	s.template, s.body, s.values, s.role, s.updated = set.template, set.body, set.values, set.role, at
	if len(set.tags) > 0 {
		s.tags = set.tags
	}
	s.say(at, "UPDATE_IN_PROGRESS", "User Initiated")
	w := &work{cloud: s.cloud(), impatient: true}
	for _, c := range set.changes {
		if c.action == "Remove" {
			u.retired = append(u.retired, s.part(c.declared.logicalID))
			continue
		}
		w.tasks = append(w.tasks, s.changeTask(u, c))
	}
	for _, t := range w.tasks {
		for _, other := range w.tasks {
			if slices.Contains(t.part.waits, other.part.declared.logicalID) && other != t {
				t.waits = append(t.waits, other)
			}
		}
	}
	w.finish = func(at time.Time, failed []*task) {
		if len(failed) > 0 {
			s.takeBack(at, "The following resource(s) failed to update: ["+names(failed)+"]. ")
			return
		}
		s.say(at, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "")
		s.retire(u.retired, func(at time.Time) {
			set.execution, s.undo = "EXECUTE_COMPLETE", nil
			s.say(at, "UPDATE_COMPLETE", "")
		}, at)
	}
	s.work = w
	w.pump(at)
}

// changeTask makes a part anew, or changes it.
func (s *stack) changeTask(u *update, c change) *task {
	old := s.part(c.declared.logicalID)
	if old != nil && !c.replaces {
		waits := s.newParts([]declared{c.declared})[0].waits
		u.before[c.declared.logicalID] = memory{old, old.declared, old.properties}
		old.declared, old.waits = c.declared, waits
		return &task{part: old, begin: old.modify, end: old.modified, cancel: func(at time.Time) {
			old.say(at, "UPDATE_FAILED", "Resource update cancelled")
		}}
	}
	made := s.newParts([]declared{c.declared})[0]
	u.made = append(u.made, made)
	begin := func(at time.Time) (time.Duration, string) {
		if old != nil {
			old.gone = true
			u.retired = append(u.retired, old)
		}
		s.parts = append(s.parts, made)
		return made.create(at)
	}
	return &task{part: made, begin: begin, end: made.created, cancel: func(at time.Time) {
		made.say(at, "CREATE_FAILED", "Resource creation cancelled")
	}}
}

func (p *part) modify(at time.Time) (takes time.Duration, reason string) {
	p.say(at, "UPDATE_IN_PROGRESS", "")
	if fault, faulty := p.trouble(Updating); faulty {
		return max(p.kind.create/3, fault.takes), fault.reason
	}
	resolved, err := p.stack.scope().resolveMap(p.declared.properties)
	if err != nil {
		return 0, err.Error()
	}
	p.properties, _ = resolved.(map[string]any)
	return p.kind.create, ""
}

func (p *part) modified(at time.Time, reason string) {
	if reason != "" {
		p.say(at, "UPDATE_FAILED", reason)
		return
	}
	if p.kind.update != nil {
		p.kind.update(p, at)
	}
	p.say(at, "UPDATE_COMPLETE", "")
}

// retire deletes parts that were replaced or removed; what cannot be deleted is left, as CloudFormation leaves it.
func (s *stack) retire(parts []*part, then func(at time.Time), at time.Time) {
	s.work = s.deletion(parts, nil)
	s.work.finish = func(at time.Time, _ []*task) { then(at) }
	s.work.pump(at)
}

// takeBack undoes an update that failed.
func (s *stack) takeBack(at time.Time, why string) {
	u := s.undo
	s.say(at, "UPDATE_ROLLBACK_IN_PROGRESS", why)
	s.template, s.body, s.values, s.tags = u.template, u.body, u.values, u.tags
	for _, p := range u.retired {
		p.gone = false
	}
	for _, p := range u.made {
		p.gone = true
	}
	w := &work{cloud: s.cloud()}
	for _, id := range slices.Sorted(maps.Keys(u.before)) {
		old := u.before[id]
		if old.part.status != "UPDATE_COMPLETE" && old.part.status != "UPDATE_FAILED" {
			old.part.declared = old.declared
			continue
		}
		old.part.declared = old.declared
		w.tasks = append(w.tasks, &task{part: old.part, begin: old.part.modify, end: old.part.modified})
	}
	w.finish = func(at time.Time, failed []*task) {
		if len(failed) > 0 {
			s.say(at, "UPDATE_ROLLBACK_FAILED", "The following resource(s) failed to update: ["+names(failed)+"]. ")
			return
		}
		s.say(at, "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "")
		s.retire(u.made, func(at time.Time) {
			u.set.execution, s.undo = "EXECUTE_FAILED", nil
			s.say(at, "UPDATE_ROLLBACK_COMPLETE", "")
		}, at)
	}
	s.work = w
	w.pump(at)
}

func cancelUpdateStack(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	if found.status != "UPDATE_IN_PROGRESS" {
		return nil, invalid("CancelUpdateStack cannot be called from current stack status")
	}
	found.work.stop(x.now)
	found.takeBack(x.now, "User Initiated")
	return nothing{}, nil
}

func continueUpdateRollback(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	if found.status != "UPDATE_ROLLBACK_FAILED" {
		return nil, invalid("Stack:%s is in %s state and can not continue rollback.", found.id, found.status)
	}
	passed, err := x.serviceRole()
	if err != nil {
		return nil, err
	}
	if passed != nil {
		found.role = passed
	}
	found.caller, found.token = x.caller, x.form.Get("ClientRequestToken")
	found.takeBack(x.now, "User Initiated")
	return nothing{}, nil
}
