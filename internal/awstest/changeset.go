package awstest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// changeSet is an update that was asked for and not begun yet.
type changeSet struct {
	stack     *stack
	id, name  string
	status    string
	execution string
	reason    string
	created   time.Time
	template  *template
	body      string
	values    map[string]string
	tags      map[string]string
	role      *role
	changes   []change
}

// change is what an update does to one part.
type change struct {
	action   string // Add, Modify or Remove
	declared declared
	replaces bool
	causes   []string // properties
}

func createChangeSet(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	if kind := x.form.Get("ChangeSetType"); kind != "" && kind != "UPDATE" {
		return nil, invalid("Change sets of type %s are not supported", kind)
	}
	if found.busy() || !slices.Contains([]string{"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}, found.status) {
		return nil, invalid("Stack:%s is in %s state and can not be updated.", found.id, found.status)
	}
	name := x.form.Get("ChangeSetName")
	if slices.ContainsFunc(found.sets, func(set *changeSet) bool { return set.name == name }) {
		return nil, fail(http.StatusBadRequest, "AlreadyExistsException", "ChangeSet %s already exists", name)
	}
	set, err := x.newChangeSet(found, name)
	if err != nil {
		return nil, err
	}
	found.sets = append(found.sets, set)
	x.cloud.after(x.now, 5*time.Second, func(time.Time) { set.compute() })
	return struct{ Id, StackId string }{set.id, found.id}, nil //nolint:revive,staticcheck // wire
}

func (x *exchange) newChangeSet(s *stack, name string) (*changeSet, error) {
	set := &changeSet{
		stack: s, name: name, status: "CREATE_IN_PROGRESS", execution: "UNAVAILABLE", created: x.now,
		id:       x.cloud.arn("cloudformation", x.region.name, x.caller.account.id, "changeSet/"+name+"/"+uuid.NewString()),
		template: s.template, body: s.body, role: s.role,
	}
	var err error
	if !x.isTrue("UsePreviousTemplate") {
		if set.template, set.body, err = x.template(); err != nil {
			return nil, err
		}
	}
	if err := x.acknowledged(set.template); err != nil {
		return nil, err
	}
	if set.values, err = set.template.values(x.given(s.values)); err != nil {
		return nil, err
	}
	if set.tags, err = x.tags(); err != nil {
		return nil, err
	}
	passed, err := x.serviceRole()
	if passed != nil {
		set.role = passed
	}
	return set, err
}

// compute finds out what the update would do.
func (c *changeSet) compute() {
	changes, err := c.stack.compare(c.template, c.values)
	switch {
	case err != nil:
		c.status, c.reason = "FAILED", err.Error()
	case len(changes) == 0:
		c.status = "FAILED"
		c.reason = "The submitted information didn't contain changes. Submit different information to create a change set."
	default:
		c.status, c.execution, c.changes = "CREATE_COMPLETE", "AVAILABLE", changes
	}
}

func (x *exchange) stackOfSet(id string) *stack {
	for _, s := range x.region.stacks {
		if slices.ContainsFunc(s.sets, func(set *changeSet) bool { return set.id == id }) {
			return s
		}
	}
	return nil
}

func (x *exchange) changeSet() (*changeSet, error) {
	name := x.form.Get("ChangeSetName")
	owner := x.stackOfSet(name)
	if owner == nil {
		var err error
		if owner, err = x.stack(); err != nil {
			return nil, err
		}
	}
	for _, set := range owner.sets {
		if set.name == name || set.id == name {
			return set, nil
		}
	}
	return nil, fail(http.StatusNotFound, "ChangeSetNotFound", "ChangeSet [%s] does not exist", name)
}

func describeChangeSet(x *exchange) (any, error) {
	set, err := x.changeSet()
	if err != nil {
		return nil, err
	}
	type resourceChange struct {
		Action, LogicalResourceId, ResourceType string   //nolint:revive,staticcheck // wire
		PhysicalResourceId, Replacement         string   `xml:",omitempty"` //nolint:revive,staticcheck // wire
		Scope                                   []string `xml:"Scope>member"`
	}
	type item struct {
		Type           string
		ResourceChange resourceChange
	}
	var items []item
	for _, c := range set.changes {
		r := resourceChange{Action: c.action, LogicalResourceId: c.declared.logicalID, ResourceType: c.declared.kind}
		if p := set.stack.part(c.declared.logicalID); p != nil {
			r.PhysicalResourceId = p.id
		}
		if c.action == "Modify" {
			r.Scope, r.Replacement = []string{"Properties"}, "False"
			if c.replaces {
				r.Replacement = "True"
			}
		}
		items = append(items, item{"Resource", r})
	}
	cut, next, err := page(x, items, x.form.Get("NextToken"))
	if err != nil {
		return nil, err
	}
	return struct {
		ChangeSetId, ChangeSetName, StackId, StackName string //nolint:revive,staticcheck // wire
		CreationTime, Status, ExecutionStatus          string
		StatusReason, NextToken                        string `xml:",omitempty"`
		Changes                                        []item `xml:"Changes>member"`
	}{
		set.id, set.name, set.stack.id, set.stack.name, timestamp(set.created), set.status, set.execution, set.reason, next, cut,
	}, nil
}

func deleteChangeSet(x *exchange) (any, error) {
	set, err := x.changeSet()
	if err != nil {
		if f, ok := err.(*failure); ok && f.code == "ChangeSetNotFound" { //nolint:errorlint // ours are not wrapped
			return nothing{}, nil
		}
		return nil, err
	}
	if strings.HasSuffix(set.execution, "IN_PROGRESS") {
		return nil, fail(http.StatusBadRequest, "InvalidChangeSetStatus", "ChangeSet [%s] cannot be deleted while it is executed", set.id)
	}
	set.stack.sets = slices.DeleteFunc(set.stack.sets, func(other *changeSet) bool { return other == set })
	return nothing{}, nil
}

func executeChangeSet(x *exchange) (any, error) {
	set, err := x.changeSet()
	if err != nil {
		return nil, err
	}
	token := x.form.Get("ClientRequestToken")
	if token != "" && set.stack.tokens["execute "+token] == set.id {
		return nothing{}, nil
	}
	if set.execution != "AVAILABLE" || set.stack.busy() {
		return nil, fail(http.StatusBadRequest, "InvalidChangeSetStatus",
			"ChangeSet [%s] cannot be executed in its current status of [%s]", set.id, set.status)
	}
	set.stack.tokens["execute "+token] = set.id
	set.stack.token, set.stack.caller = token, x.caller
	for _, other := range set.stack.sets {
		if other != set && other.execution == "AVAILABLE" {
			other.execution = "OBSOLETE"
		}
	}
	set.stack.update(set, x.now)
	return nothing{}, nil
}
