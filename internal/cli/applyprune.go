package cli

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/api"
)

// inFile reports whether a path is in a top-level group that the file names: nothing else is ever pruned.
func (p *planner) inFile(path string) bool {
	top, _, _ := strings.Cut(key(path), "/")
	return slices.ContainsFunc(p.file.Groups, func(g orgGroup) bool { return key(g.Path) == top })
}

// pruneEnvironments deletes a project's environments that the file does not name. One with a namespace is refused.
func (p *planner) pruneEnvironments(one orgProject, at string, there []api.Environment) {
	for _, t := range there {
		if slices.ContainsFunc(one.Environments, func(e orgEnvironment) bool { return e.Name == t.Name }) {
			continue
		}
		where := at + path("environments", t.Name)
		requests := []apiRequest{{method: http.MethodDelete, path: where}}
		if t.State != "stopped" {
			requests = append([]apiRequest{{method: http.MethodPost, path: where + "/stop"}}, requests...)
		}
		p.add(signRemove, fmt.Sprintf("environment %s of project %s", t.Name, one.Path), nil, requests...)
	}
}

// pruneProjects removes projects of the file's groups that it does not name, and their namespaces with them.
func (p *planner) pruneProjects() {
	if p.file.Projects == nil {
		return
	}
	for _, t := range p.there.otherProjects {
		named := slices.ContainsFunc(p.file.Projects, func(one orgProject) bool { return key(one.Path) == key(t.Path) })
		if named {
			continue
		}
		at := path("projects", itoa(t.ID))
		p.add(signRemove, "project "+t.Path, nil,
			apiRequest{method: http.MethodDelete, path: at, gone: at, topic: "project/" + itoa(t.ID)})
	}
}

// pruneGroups deletes groups in the file's top-level groups that it does not name, the deepest first. One that still
// holds something is refused.
func (p *planner) pruneGroups() {
	others := slices.SortedFunc(slices.Values(p.there.otherGroups), func(a, b api.Group) int {
		return cmp.Compare(depth(b.Path), depth(a.Path))
	})
	for _, t := range others {
		if !slices.ContainsFunc(p.file.Groups, func(g orgGroup) bool { return key(g.Path) == key(t.Path) }) {
			p.add(signRemove, "group "+t.Path, nil, apiRequest{method: http.MethodDelete, path: path("groups", itoa(t.ID))})
		}
	}
}
