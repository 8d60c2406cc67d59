package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/api"
)

// The signs of changes. Needed is what somebody has to do himself.
const (
	signAdd    = "+"
	signChange = "~"
	signRemove = "-"
	signNeeded = "!"
)

// change is one difference between a file and what is there, and the requests that end it.
type change struct {
	Sign   string  `json:"change"`
	What   string  `json:"what"`
	Fields []field `json:"fields,omitempty"`
	Hint   string  `json:"hint,omitempty"`

	requests []apiRequest
}

// field is what differs about something.
type field struct {
	Name string `json:"name"`
	From string `json:"from"`
	To   string `json:"to"`
}

// apiRequest is a call of the API. What goes is waited for until this path answers no more.
type apiRequest struct {
	method, path string
	body         any
	gone         string
	topic        string
}

// String is the change as a line of a diff.
func (c change) String() string {
	line := c.Sign + " " + c.What
	fields := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		fields[i] = fmt.Sprintf("%s %q -> %q", f.Name, f.From, f.To)
	}
	if len(fields) > 0 {
		line += ": " + strings.Join(fields, ", ")
	}
	if c.Hint != "" {
		line += " (" + c.Hint + ")"
	}
	return line
}

// differ notes a field that the file wants otherwise; nil wants nothing.
func differ[T comparable](fields []field, name string, from T, to *T) []field {
	if to == nil || *to == from {
		return fields
	}
	return append(fields, field{name, fmt.Sprint(from), fmt.Sprint(*to)})
}

// planner compares a file with what is there. It calls nobody.
type planner struct {
	file  orgFile
	there present
	// prune removes what the file does not name.
	prune bool
	// env reads a variable of the environment.
	env func(name string) string
	now time.Time

	changes []change
}

// plan lists the changes in the order in which they can be made.
func (p *planner) plan() []change {
	p.changes = []change{}
	p.settings()
	p.users()
	p.catalog()
	slices.SortStableFunc(p.file.Groups, func(a, b orgGroup) int { return cmp.Compare(depth(a.Path), depth(b.Path)) })
	for _, g := range p.file.Groups {
		p.group(g)
	}
	for _, one := range p.file.Projects {
		p.project(one)
	}
	for _, c := range p.file.Clusters {
		p.cluster(c)
	}
	if p.prune {
		p.pruneClusters()
		p.pruneProjects()
		p.pruneGroups()
		p.pruneCatalog()
	}
	return p.changes
}

func (p *planner) add(sign, what string, fields []field, requests ...apiRequest) {
	p.changes = append(p.changes, change{Sign: sign, What: what, Fields: fields, requests: requests})
}

func (p *planner) users() {
	for _, u := range p.file.Users {
		if !p.there.users[strings.ToLower(u.Username)] {
			p.add(signAdd, "user "+u.Username, nil, apiRequest{method: http.MethodPost, path: "/users", body: map[string]string{
				"username": u.Username, "name": u.Name, "email": u.Email, "kind": cmp.Or(u.Kind, "person"),
			}})
		}
	}
}

func (p *planner) group(g orgGroup) {
	at := path("groups", g.Path)
	there, ok := p.there.groups[key(g.Path)]
	if !ok {
		there.members = []api.Member{{Username: p.there.me, Role: "owner"}} // whoever makes a group owns it
		p.add(signAdd, "group "+g.Path, nil, apiRequest{method: http.MethodPost, path: "/groups", body: g.created()})
	} else if fields := g.differs(there.group.Name, there.group.Description); len(fields) > 0 {
		p.add(signChange, "group "+g.Path, fields, apiRequest{method: http.MethodPatch, path: at, body: g.edited()})
	}
	p.members("group "+g.Path, at, g.Members, there.members)
}

func (p *planner) project(one orgProject) {
	at := path("projects", one.Path)
	there, ok := p.there.projects[key(one.Path)]
	if !ok {
		p.add(signAdd, "project "+one.Path, nil, apiRequest{method: http.MethodPost, path: "/projects", body: one.created()})
	} else if fields := one.differs(there.project.Name, there.project.Description); len(fields) > 0 {
		p.add(signChange, "project "+one.Path, fields, apiRequest{method: http.MethodPatch, path: at, body: one.edited()})
	}
	p.members("project "+one.Path, at, one.Members, there.members)
	p.environments(one, at, there.environments)
}

func (w orgWords) created() api.NewPath {
	made := api.NewPath{Path: w.Path}
	if w.Name != nil {
		made.Name = *w.Name
	}
	if w.Description != nil {
		made.Description = *w.Description
	}
	return made
}

func (w orgWords) edited() api.EditPath {
	return api.EditPath{Name: w.Name, Description: w.Description}
}

func (w orgWords) differs(name, description string) []field {
	return differ(differ(nil, "name", name, w.Name), "description", description, w.Description)
}

// members compares memberships. Those that go come last, so that a group is never without an owner.
func (p *planner) members(of, at string, wanted []orgMember, there []api.Member) {
	for _, m := range wanted {
		if !m.ExpiresAt.IsZero() && m.ExpiresAt.Before(p.now) {
			continue // the membership has ended, as the file wanted
		}
		what := fmt.Sprintf("member %s of %s", m.User, of)
		i := slices.IndexFunc(there, func(t api.Member) bool { return strings.EqualFold(t.Username, m.User) })
		if i < 0 {
			p.add(signAdd, what, []field{{"role", "", m.Role}}, apiRequest{method: http.MethodPost, path: at + "/members", body: api.NewMember{
				User: m.User, Role: m.Role, ExpiresAt: m.ExpiresAt,
			}})
			continue
		}
		fields := differ(nil, "role", there[i].Role, &m.Role)
		if !there[i].ExpiresAt.Equal(m.ExpiresAt) {
			fields = append(fields, field{"expires_at", there[i].ExpiresAt.String(), m.ExpiresAt.String()})
		}
		if len(fields) > 0 {
			p.add(signChange, what, fields, apiRequest{method: http.MethodPatch, path: at + path("members", m.User), body: api.EditMember{
				Role: m.Role, ExpiresAt: &m.ExpiresAt,
			}})
		}
	}
	if !p.prune || wanted == nil {
		return
	}
	for _, t := range there {
		if !slices.ContainsFunc(wanted, func(m orgMember) bool { return strings.EqualFold(t.Username, m.User) }) {
			p.add(signRemove, fmt.Sprintf("member %s of %s", t.Username, of), nil,
				apiRequest{method: http.MethodDelete, path: at + path("members", t.Username)})
		}
	}
}

func (p *planner) environments(one orgProject, at string, there []api.Environment) {
	for _, e := range one.Environments {
		what, where := fmt.Sprintf("environment %s of project %s", e.Name, one.Path), at+path("environments", e.Name)
		i := slices.IndexFunc(there, func(t api.Environment) bool { return t.Name == e.Name })
		if i < 0 {
			made := api.NewEnvironment{Name: e.Name}
			if e.Tier != nil {
				made.Tier = *e.Tier
			}
			if e.ExternalURL != nil {
				made.ExternalURL = *e.ExternalURL
			}
			requests := []apiRequest{{method: http.MethodPost, path: at + "/environments", body: made}}
			p.add(signAdd, what, nil, append(requests, e.turned(where, "available")...)...)
			continue
		}
		fields := differ(differ(nil, "tier", there[i].Tier, e.Tier), "external_url", there[i].ExternalURL, e.ExternalURL)
		var requests []apiRequest
		if len(fields) > 0 {
			requests = append(requests, apiRequest{
				method: http.MethodPatch, path: where, body: api.EditEnvironment{Tier: e.Tier, ExternalURL: e.ExternalURL},
			})
		}
		requests = append(requests, e.turned(where, string(there[i].State))...)
		if fields = differ(fields, "state", there[i].State, e.State); len(fields) > 0 {
			p.add(signChange, what, fields, requests...)
		}
	}
	if p.prune && one.Environments != nil {
		p.pruneEnvironments(one, at, there)
	}
}

// turned stops or starts an environment that is not as wanted.
func (e orgEnvironment) turned(where, state string) []apiRequest {
	if e.State == nil || string(*e.State) == state {
		return nil
	}
	verb := "/start"
	if *e.State == "stopped" {
		verb = "/stop"
	}
	return []apiRequest{{method: http.MethodPost, path: where + verb}}
}

func depth(path string) int { return strings.Count(path, "/") }

// key is how paths are compared.
func key(path string) string { return strings.ToLower(path) }

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
