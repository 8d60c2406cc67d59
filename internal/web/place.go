package web

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// place is where in the organisation a page is, and what its reader may do there.
type place struct {
	Who     auth.Identity
	Subject auth.Subject
	Role    tenant.Role
	// Group is the group that the page is about, or the one that its project is in; zero elsewhere.
	Group tenant.Group
	// Project and Cluster are what the page is about; zero elsewhere.
	Project tenant.Project
	Cluster cluster.Cluster
	// Above are the groups that lead here, from the top, as far as the reader may see them: ids and paths.
	Above []tenant.Group
	// Own is set on the pages that people have to themselves.
	Own bool
	// Found is set where an address names one thing: who may not have it does not learn that it is there.
	Found bool

	access *auth.Access
}

// Can reports whether the reader may do something here. It returns an error for an ability that nobody knows, so that a
// template with a misspelt one fails its test.
func (p place) Can(ability auth.Ability) (bool, error) {
	if p.access == nil { // nobody signed in
		return false, nil
	}
	err := p.access.Decide(p.Who, ability, p.Subject, p.Role)
	if _, ok := apperr.From(err); err != nil && !ok {
		return false, err
	}
	return err == nil, nil
}

// may is Can for abilities that are spelt in Go.
func (p place) may(ability auth.Ability) bool {
	ok, err := p.Can(ability)
	return ok && err == nil
}

// Path is the address that the pages of this place begin with; empty for the instance.
func (p place) Path() string {
	switch {
	case p.Subject.ProjectID != 0:
		return "/projects/" + decimal(p.Subject.ProjectID)
	case p.Subject.GroupID != 0:
		return "/groups/" + decimal(p.Subject.GroupID)
	}
	return ""
}

// Where names the place in words.
func (p place) Where() string {
	switch {
	case p.Subject.ProjectID != 0:
		return "project " + p.Project.Path
	case p.Subject.GroupID != 0:
		return "group " + p.Group.Path
	}
	return "instance"
}

type placeKey struct{}

// here is the place of the page that a request is for.
func here(r *http.Request) place {
	at, _ := r.Context().Value(placeKey{}).(place)
	return at
}

// locate finds what a request is about.
type locate func(r *http.Request) (place, error)

func (h *Handler) atInstance(*http.Request) (place, error) { return place{}, nil }

// atOwn is the place of pages that everybody has to themselves.
func (h *Handler) atOwn(*http.Request) (place, error) { return place{Own: true}, nil }

func (h *Handler) atGroup(r *http.Request) (place, error) {
	group, err := h.Tenant.Group(r.Context(), r.PathValue("group"))
	return place{Subject: auth.Group(group.ID), Group: group}, err
}

func (h *Handler) atProject(r *http.Request) (place, error) {
	project, err := h.Tenant.Project(r.Context(), r.PathValue("project"))
	if err != nil {
		return place{}, err
	}
	return h.placeOf(r.Context(), 0, project.ID)
}

func (h *Handler) atCluster(r *http.Request) (place, error) {
	id, err := named(r, "cluster")
	if err != nil {
		return place{}, err
	}
	c, err := h.Clusters.Cluster(r.Context(), id)
	if err != nil {
		return place{}, err
	}
	return h.placeOfCluster(r.Context(), c)
}

// named is the id in an address. Pages are not found by name: that one is taken several times would tell of what their
// reader may not see.
func named(r *http.Request, what string) (string, error) {
	text := r.PathValue(what)
	if _, err := strconv.ParseInt(text, 10, 64); err != nil {
		return "", apperr.Of(apperr.NotFound)
	}
	return text, nil
}

func (h *Handler) placeOfCluster(ctx context.Context, c cluster.Cluster) (place, error) {
	at, err := h.placeOf(ctx, c.GroupID, c.ProjectID)
	at.Cluster = c
	return at, err
}

// placeOf is the place of what belongs to a group, a project or, with neither, the instance.
func (h *Handler) placeOf(ctx context.Context, groupID, projectID int64) (at place, err error) {
	at.Subject, at.Found = auth.Subject{GroupID: groupID, ProjectID: projectID}, true
	if projectID != 0 {
		if at.Project, err = h.Tenant.ProjectByID(ctx, projectID); err != nil {
			return place{}, err
		}
		groupID = at.Project.GroupID
	}
	if groupID != 0 {
		at.Group, err = h.Tenant.GroupByID(ctx, groupID)
	}
	return at, err
}

func (h *Handler) atOperation(r *http.Request) (place, error) {
	o, err := h.findOperation(r)
	if err != nil {
		return place{}, err
	}
	c, err := h.Clusters.Cluster(r.Context(), strconv.FormatInt(o.ClusterID, 10))
	if err != nil {
		return place{}, err
	}
	return h.placeOfCluster(r.Context(), c)
}

// atAccount is the place of a role at AWS.
func (h *Handler) atAccount(r *http.Request) (place, error) {
	id, err := named(r, "role")
	if err != nil {
		return place{}, err
	}
	role, err := h.Provisions.Role(r.Context(), id)
	if err != nil {
		return place{}, err
	}
	return h.placeOf(r.Context(), role.GroupID, 0)
}

// atRun is the place of a cluster on Amazon EKS.
func (h *Handler) atRun(r *http.Request) (place, error) {
	id, err := named(r, "run")
	if err != nil {
		return place{}, err
	}
	run, err := h.Provisions.Run(r.Context(), id)
	if err != nil {
		return place{}, err
	}
	return h.placeOf(r.Context(), run.GroupID, 0)
}

// enter finds the place of a request for its reader, who must have the ability there. Where he may not even see it, he is
// nowhere: at the instance.
func (h *Handler) enter(r *http.Request, find locate, ability auth.Ability) (place, error) {
	who, _ := auth.FromContext(r.Context())
	nowhere := place{Who: who, access: h.Access}
	at, err := find(r)
	if err != nil {
		return nowhere, err
	}
	at.Who, at.access = who, h.Access
	if at.Role, err = h.Access.Role(r.Context(), who, at.Subject); err != nil {
		return nowhere, fmt.Errorf("find the role of %s: %w", who.Name, err)
	}
	if ability != "" {
		err = h.Access.Decide(who, ability, at.Subject, at.Role)
	}
	if apperr.CodeOf(err) == apperr.Forbidden && at.Found && at.Subject == auth.Instance() {
		err = apperr.Of(apperr.NotFound)
	}
	if err != nil && apperr.CodeOf(err) != apperr.Forbidden {
		return nowhere, err
	}
	if err != nil { // a role in the group tells nothing of its clusters
		at.Cluster = cluster.Cluster{}
	}
	way, lost := h.above(r.Context(), at)
	at.Above = way
	if err == nil {
		err = lost
	}
	return at, err
}

// above is the way to a place through the groups that its reader may see. Who is a member of a group sees everything
// below it, so the first one that he sees from the top decides.
func (h *Handler) above(ctx context.Context, at place) ([]tenant.Group, error) {
	if at.Group.ID == 0 {
		return nil, nil
	}
	ids, err := h.Tenant.GroupsAbove(ctx, at.Group.ID)
	if err != nil {
		return nil, err
	}
	way, path := make([]tenant.Group, len(ids)), at.Group.Path
	for i, id := range ids { // the nearest first, and so are the parts of a path from its end
		way[len(ids)-1-i] = tenant.Group{ID: id, Path: path}
		path = parentOf(path)
	}
	for i, g := range way {
		role, err := h.Access.Role(ctx, at.Who, auth.Group(g.ID))
		if err != nil {
			return nil, err
		}
		if role != tenant.NoRole {
			return way[i:], nil
		}
	}
	return nil, nil
}

// crumb is a part of the way to a page.
type crumb struct{ Name, Href string }

// trail is the way from the top to this place.
func (p place) trail() []crumb {
	var trail []crumb
	for _, g := range p.Above {
		trail = append(trail, crumb{lastOf(g.Path), "/groups/" + decimal(g.ID)})
	}
	if p.Project.ID != 0 {
		trail = append(trail, crumb{lastOf(p.Project.Path), "/projects/" + decimal(p.Project.ID)})
	}
	if p.Cluster.ID != 0 {
		trail = append(trail, crumb{p.Cluster.Name, "/clusters/" + decimal(p.Cluster.ID)})
	}
	return trail
}

func lastOf(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
