package web

import (
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

type groupsView struct {
	place

	Search string
	Rows   []tenant.Group
	Pager  pager
}

type groupView struct {
	place

	Search   string
	Groups   []tenant.Group
	Projects []tenant.Project
	// GroupPager and ProjectPager turn the pages of the two lists.
	GroupPager, ProjectPager pager
}

func (h *Handler) groups(w http.ResponseWriter, r *http.Request) error {
	at, turned := here(r), newPager(r, "page")
	view := groupsView{place: at, Search: asked(r)}
	rows, err := h.Tenant.Groups(r.Context(), at.Who.Viewer(), tenant.GroupQuery{
		Search: view.Search, Order: tenant.ByPath, Page: turned.want(),
	})
	if err != nil {
		return err
	}
	view.Rows, view.Pager = turn(turned, rows)
	return h.render(w, r, http.StatusOK, "groups", "Groups", view)
}

// group shows what is in a group: directly, or anywhere below where something is searched for.
func (h *Handler) group(w http.ResponseWriter, r *http.Request) error {
	at, groups, projects := here(r), newPager(r, "groups"), newPager(r, "page")
	view := groupView{place: at, Search: asked(r)}
	inner, err := h.Tenant.Groups(r.Context(), at.Who.Viewer(), tenant.GroupQuery{
		ParentID: at.Group.ID, Deep: view.Search != "", Search: view.Search, Order: tenant.ByPath, Page: groups.want(),
	})
	if err != nil {
		return err
	}
	own, err := h.Tenant.Projects(r.Context(), at.Who.Viewer(), tenant.ProjectQuery{
		GroupID: at.Group.ID, Deep: view.Search != "", Search: view.Search, Order: tenant.ByPath, Page: projects.want(),
	})
	if err != nil {
		return err
	}
	view.Groups, view.GroupPager = turn(groups, inner)
	view.Projects, view.ProjectPager = turn(projects, own)
	return h.render(w, r, http.StatusOK, "group", at.Group.Name, view)
}

// asked is what is searched for.
func asked(r *http.Request) string { return r.URL.Query().Get("q") }

// tenancyView is the form of a group or project, as it was filled in.
type tenancyView struct {
	place

	// Kind is what it is for: "group" or "project".
	Kind string
	// Parent is the path of the group that it goes into; empty for none.
	Parent string
	New    bool

	Name, Slug, Description string
	// Confirm is what was typed where a deletion is confirmed.
	Confirm string
	Wrong   wrong
}

// Fields are the lines of the form.
func (v tenancyView) Fields() []field {
	slug := newField("slug", "Path", v.Slug, v.Wrong, "path").Needed().Like("platform")
	if v.Parent != "" {
		slug = slug.Hinted("In " + v.Parent + "/. It is part of addresses and of the names of namespaces.")
	}
	if !v.New {
		slug = slug.Hinted("Changing it changes the path of everything below. Namespaces that were made keep their names.")
	}
	return []field{
		slug,
		newField("name", "Name", v.Name, v.Wrong, "name").Like("Platform team").Hinted("Shown to people. Empty: the path."),
		newField("description", "Description", v.Description, v.Wrong, "description"),
	}
}

// FullPath is the path that the form is about.
func (v tenancyView) FullPath() string {
	if v.Parent == "" {
		return v.Slug
	}
	return v.Parent + "/" + v.Slug
}

// DeleteAbility is what it takes to delete it.
func (v tenancyView) DeleteAbility() auth.Ability {
	if v.Kind == "group" {
		return auth.DeleteGroup
	}
	return auth.DeleteProject
}

// read takes what was typed.
func (v tenancyView) read(r *http.Request) tenancyView {
	v.Name, v.Slug, v.Description = typed(r, "name"), typed(r, "slug"), typed(r, "description")
	return v
}

func (v tenancyView) change() tenant.Change {
	return tenant.Change{Slug: &v.Slug, Name: &v.Name, Description: &v.Description}
}

func (h *Handler) newGroup(w http.ResponseWriter, r *http.Request) error {
	return h.showTenancy(w, r, newTenancy(here(r), "group"))
}

func (h *Handler) addGroup(w http.ResponseWriter, r *http.Request) error {
	view := newTenancy(here(r), "group").read(r)
	group, err := h.Tenant.CreateGroup(r.Context(), tenant.NewGroup{
		Path: view.FullPath(), Name: view.Name, Description: view.Description, CreatedBy: view.Who.UserID,
	})
	return h.settled(w, r, view, err, place{Subject: subjectOf(group.ID, 0)}.Path())
}

func (h *Handler) editGroup(w http.ResponseWriter, r *http.Request) error {
	return h.showTenancy(w, r, groupForm(here(r)))
}

func (h *Handler) changeGroup(w http.ResponseWriter, r *http.Request) error {
	view := groupForm(here(r)).read(r)
	_, err := h.Tenant.UpdateGroup(r.Context(), view.Group.ID, view.change())
	return h.settled(w, r, view, err, view.Path())
}

func (h *Handler) deleteGroup(w http.ResponseWriter, r *http.Request) error {
	return h.confirmed(w, r, groupForm(here(r)), func(at place) (string, error) {
		up := "/groups"
		if at.Group.ParentID != 0 {
			up += "/" + strconv.FormatInt(at.Group.ParentID, 10)
		}
		return up, h.Tenant.DeleteGroup(r.Context(), at.Group.ID)
	})
}

// newTenancy is the empty form for what goes into the place of a page.
func newTenancy(at place, kind string) tenancyView {
	return tenancyView{place: at, Kind: kind, Parent: at.Group.Path, New: true}
}

func groupForm(at place) tenancyView {
	g := at.Group
	return tenancyView{place: at, Kind: "group", Parent: parentOf(g.Path), Name: g.Name, Slug: lastOf(g.Path), Description: g.Description}
}
