package cli

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/cluster"
)

// present is what is there of what a file names, by paths in small letters.
type present struct {
	// me is who applies the file.
	me       string
	users    map[string]bool
	groups   map[string]presentGroup
	projects map[string]presentProject
	clusters []api.Cluster
	catalog  map[string]api.CatalogEntry
	grants   map[int64][]string
	settings api.Settings
	// otherGroups and otherProjects are all that is in the file's top-level groups, known when something may be pruned.
	otherGroups   []api.Group
	otherProjects []api.Project
}

type presentGroup struct {
	group   api.Group
	members []api.Member
}

type presentProject struct {
	project      api.Project
	members      []api.Member
	environments []api.Environment
}

// cluster finds the cluster that the file means.
func (p present) cluster(c orgCluster) (api.Cluster, bool) {
	level, owner := c.level()
	for _, there := range p.clusters {
		if there.Name == c.Name && there.Level == level && key(p.ownerPath(there)) == key(owner) && there.State == cluster.Attached {
			return there, true
		}
	}
	return api.Cluster{}, false
}

// ownerPath is the path of a cluster's group or project, if it is known.
func (p present) ownerPath(c api.Cluster) string {
	for _, g := range p.groups {
		if c.GroupID != 0 && g.group.ID == c.GroupID {
			return g.group.Path
		}
	}
	for _, g := range p.otherGroups {
		if c.GroupID != 0 && g.ID == c.GroupID {
			return g.Path
		}
	}
	return p.projectPath(c.ProjectID)
}

func (p present) projectPath(id int64) string {
	for _, one := range p.projects {
		if id != 0 && one.project.ID == id {
			return one.project.Path
		}
	}
	for _, one := range p.otherProjects {
		if id != 0 && one.ID == id {
			return one.Path
		}
	}
	return ""
}

// stateReader reads what is there. An error ends the reading: what follows is passed over.
type stateReader struct {
	ctx    context.Context //nolint:containedctx // it lives no longer than one reading
	client *client
	file   orgFile
	prune  bool
	there  present
	err    error
}

func readState(ctx context.Context, c *client, file orgFile, prune bool) (present, error) {
	r := &stateReader{ctx: ctx, client: c, file: file, prune: prune, there: present{
		users: map[string]bool{}, groups: map[string]presentGroup{}, projects: map[string]presentProject{}, grants: map[int64][]string{},
	}}
	me, _ := seen[api.Me](r, "/user")
	r.there.me = me.Username
	r.settings()
	for _, u := range file.Users {
		_, r.there.users[key(u.Username)] = seen[api.User](r, path("users", u.Username))
	}
	for _, g := range file.Groups {
		r.group(g.Path, g.Members != nil)
	}
	for _, p := range file.Projects {
		r.project(p)
	}
	if len(file.Clusters) > 0 {
		r.clusters()
	}
	if file.Catalog != nil {
		r.catalog()
	}
	if prune {
		r.others()
	}
	return r.there, r.err
}

// seen reads something that may not be there.
func seen[T any](r *stateReader, path string) (one T, ok bool) {
	if r.err != nil {
		return one, false
	}
	one, err := get[T](r.ctx, r.client, path)
	if problem, is := errors.AsType[*api.Problem](err); is && problem.Status == http.StatusNotFound {
		return one, false
	}
	r.err = err
	return one, err == nil
}

// listed reads a whole list.
func listed[T any](r *stateReader, path string) []T {
	if r.err != nil {
		return nil
	}
	list, err := all[T](r.ctx, r.client, path)
	r.err = err
	return list.Items
}

func (r *stateReader) group(name string, members bool) {
	at := path("groups", name)
	one, ok := seen[api.Group](r, at)
	if !ok {
		return
	}
	there := presentGroup{group: one}
	if members {
		there.members = listed[api.Member](r, at+"/members")
	}
	r.there.groups[key(name)] = there
}

func (r *stateReader) project(p orgProject) {
	at := path("projects", p.Path)
	one, ok := seen[api.Project](r, at)
	if !ok {
		return
	}
	there := presentProject{project: one}
	if p.Members != nil {
		there.members = listed[api.Member](r, at+"/members")
	}
	if p.Environments != nil {
		there.environments = listed[api.Environment](r, at+"/environments")
	}
	r.there.projects[key(p.Path)] = there
}

// clusters reads clusters, their grants, and whom they are of if the file does not name these elsewhere.
func (r *stateReader) clusters() {
	r.owners()
	r.there.clusters = listed[api.Cluster](r, "/clusters")
	for _, c := range r.file.Clusters {
		there, ok := r.there.cluster(c)
		if !ok || c.Grants == nil {
			continue
		}
		grants, _ := seen[api.Items[api.Grant]](r, path("clusters", itoa(there.ID), "grants"))
		for _, g := range grants.Items {
			r.there.grants[there.ID] = append(r.there.grants[there.ID], g.Group)
		}
	}
}

// owners reads whom clusters are of.
func (r *stateReader) owners() {
	for _, c := range r.file.Clusters {
		if _, known := r.there.groups[key(c.Group)]; c.Group != "" && !known {
			r.group(c.Group, false)
		}
		for _, of := range []string{c.Project, deref(c.ManagementProject)} {
			if _, known := r.there.projects[key(of)]; of != "" && !known {
				r.project(orgProject{orgWords: orgWords{Path: of}})
			}
		}
	}
}

// others reads all that is in the file's top-level groups.
func (r *stateReader) others() {
	for _, g := range r.file.Groups {
		if _, there := r.there.groups[key(g.Path)]; !there || strings.Contains(g.Path, "/") {
			continue
		}
		name := url.QueryEscape(g.Path)
		r.there.otherGroups = append(r.there.otherGroups, listed[api.Group](r, "/groups?deep=true&parent="+name)...)
		r.there.otherProjects = append(r.there.otherProjects, listed[api.Project](r, "/projects?deep=true&group="+name)...)
	}
}

func deref(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
