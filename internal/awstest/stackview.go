package awstest

import (
	"maps"
	"slices"
	"strconv"
)

type keyValue struct{ Key, Value string }

func tagList(tags map[string]string) []keyValue {
	var list []keyValue
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, keyValue{key, tags[key]})
	}
	return list
}

// stackView is a stack on the wire.
type stackView struct {
	StackId, StackName                           string //nolint:revive,staticcheck // wire
	Description                                  string `xml:",omitempty"`
	CreationTime                                 string
	LastUpdatedTime, DeletionTime, RoleARN       string `xml:",omitempty"`
	StackStatus                                  string
	StackStatusReason                            string `xml:",omitempty"`
	DisableRollback, EnableTerminationProtection bool
	Parameters                                   []parameterView `xml:"Parameters>member"`
	Tags                                         []keyValue      `xml:"Tags>member"`
	Outputs                                      []outputView    `xml:"Outputs>member"`
	Capabilities                                 []string        `xml:"Capabilities>member"`
}

type parameterView struct{ ParameterKey, ParameterValue string }

type outputView struct {
	OutputKey, OutputValue string
	Description            string `xml:",omitempty"`
}

func (s *stack) view() (stackView, error) {
	v := stackView{
		StackId: s.id, StackName: s.name, Description: s.template.description, CreationTime: timestamp(s.created),
		StackStatus: s.status, StackStatusReason: s.reason, DisableRollback: s.onFailure == "DO_NOTHING",
		EnableTerminationProtection: s.protected, Tags: tagList(s.tags), Capabilities: s.template.capabilities(),
	}
	if !s.updated.IsZero() {
		v.LastUpdatedTime = timestamp(s.updated)
	}
	if !s.deleted.IsZero() {
		v.DeletionTime = timestamp(s.deleted)
	}
	if s.role != nil {
		v.RoleARN = s.role.arn
	}
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		value := s.values[name]
		if s.template.parameters[name].noEcho {
			value = "****"
		}
		v.Parameters = append(v.Parameters, parameterView{name, value})
	}
	values, err := s.outputs()
	for _, o := range s.template.outputs {
		if value, ok := values[o.key]; ok {
			v.Outputs = append(v.Outputs, outputView{o.key, value, o.description})
		}
	}
	return v, err
}

// page cuts a list; the token is where the next page starts.
func page[T any](x *exchange, list []T, token string) (part []T, next string, err error) {
	start := 0
	if token != "" {
		if start, err = strconv.Atoi(token); err != nil || start < 0 || start > len(list) {
			return nil, "", invalid("Invalid NextToken")
		}
	}
	end := min(start+x.cloud.config.PageSize, len(list))
	if end < len(list) {
		next = strconv.Itoa(end)
	}
	return list[start:end], next, nil
}

func describeStacks(x *exchange) (any, error) {
	var found []*stack
	if x.form.Get("StackName") != "" {
		one, err := x.stack()
		if err != nil {
			return nil, err
		}
		found = []*stack{one}
	} else {
		found = slices.DeleteFunc(slices.Clone(x.region.stacks), func(s *stack) bool { return s.status == "DELETE_COMPLETE" })
		slices.Reverse(found)
	}
	cut, next, err := page(x, found, x.form.Get("NextToken"))
	if err != nil {
		return nil, err
	}
	var views []stackView
	for _, s := range cut {
		view, err := s.view()
		if err != nil {
			return nil, err
		}
		views = append(views, view)
	}
	return struct {
		Stacks    []stackView `xml:"Stacks>member"`
		NextToken string      `xml:",omitempty"`
	}{views, next}, nil
}

func describeStackEvents(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	type view struct {
		EventId, StackId, StackName, LogicalResourceId, PhysicalResourceId string //nolint:revive,staticcheck // wire
		ResourceType, ResourceStatus, Timestamp                            string
		ResourceStatusReason, ClientRequestToken                           string `xml:",omitempty"`
	}
	events := slices.Clone(found.events)
	slices.Reverse(events)
	cut, next, err := page(x, events, x.form.Get("NextToken"))
	if err != nil {
		return nil, err
	}
	var views []view
	for _, e := range cut {
		views = append(views, view{
			e.id, found.id, found.name, e.logicalID, e.physicalID, e.kind, e.status, timestamp(e.at), e.reason, e.token,
		})
	}
	return struct {
		StackEvents []view `xml:"StackEvents>member"`
		NextToken   string `xml:",omitempty"`
	}{views, next}, nil
}

type partView struct {
	LogicalResourceId    string //nolint:revive,staticcheck // wire
	PhysicalResourceId   string `xml:",omitempty"` //nolint:revive,staticcheck // wire
	ResourceType         string
	LastUpdatedTimestamp string
	Timestamp            string
	ResourceStatus       string
	ResourceStatusReason string `xml:",omitempty"`
}

// views are the parts that something was done to already.
func (s *stack) views() []partView {
	var list []partView
	for _, p := range s.parts {
		if p.status != "" {
			at := timestamp(p.changed)
			list = append(list, partView{p.declared.logicalID, p.id, p.declared.kind, at, at, p.status, p.reason})
		}
	}
	return list
}

func describeStackResources(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	return struct {
		StackResources []partView `xml:"StackResources>member"`
	}{found.views()}, nil
}

func listStackResources(x *exchange) (any, error) {
	found, err := x.stack()
	if err != nil {
		return nil, err
	}
	cut, next, err := page(x, found.views(), x.form.Get("NextToken"))
	if err != nil {
		return nil, err
	}
	return struct {
		StackResourceSummaries []partView `xml:"StackResourceSummaries>member"`
		NextToken              string     `xml:",omitempty"`
	}{cut, next}, nil
}

func listStacks(x *exchange) (any, error) {
	wanted := x.list("StackStatusFilter")
	type view struct {
		StackId, StackName, CreationTime, StackStatus string //nolint:revive,staticcheck // wire
		DeletionTime                                  string `xml:",omitempty"`
	}
	var all []view
	for _, s := range slices.Backward(x.region.stacks) {
		if len(wanted) > 0 && !slices.Contains(wanted, s.status) {
			continue
		}
		v := view{StackId: s.id, StackName: s.name, CreationTime: timestamp(s.created), StackStatus: s.status}
		if !s.deleted.IsZero() {
			v.DeletionTime = timestamp(s.deleted)
		}
		all = append(all, v)
	}
	cut, next, err := page(x, all, x.form.Get("NextToken"))
	if err != nil {
		return nil, err
	}
	return struct {
		StackSummaries []view `xml:"StackSummaries>member"`
		NextToken      string `xml:",omitempty"`
	}{cut, next}, nil
}
