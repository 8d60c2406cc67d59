package web

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/tenant"
)

type projectsView struct {
	place

	Search string
	Rows   []tenant.Project
	Pager  pager
}

func (h *Handler) projects(w http.ResponseWriter, r *http.Request) error {
	at, turned := here(r), newPager(r, "page")
	view := projectsView{place: at, Search: asked(r)}
	rows, err := h.Tenant.Projects(r.Context(), at.Who.Viewer(), tenant.ProjectQuery{
		Search: view.Search, Order: tenant.ByPath, Page: turned.want(),
	})
	if err != nil {
		return err
	}
	view.Rows, view.Pager = turn(turned, rows)
	return h.render(w, r, http.StatusOK, "projects", "Projects", view)
}

func (h *Handler) newProject(w http.ResponseWriter, r *http.Request) error {
	return h.showTenancy(w, r, newTenancy(here(r), "project"))
}

func (h *Handler) addProject(w http.ResponseWriter, r *http.Request) error {
	view := newTenancy(here(r), "project").read(r)
	project, err := h.Tenant.CreateProject(r.Context(), tenant.NewProject{
		Path: view.FullPath(), Name: view.Name, Description: view.Description,
	})
	return h.settled(w, r, view, err, place{Subject: subjectOf(0, project.ID)}.Path())
}

func (h *Handler) editProject(w http.ResponseWriter, r *http.Request) error {
	return h.showTenancy(w, r, projectForm(here(r)))
}

func (h *Handler) changeProject(w http.ResponseWriter, r *http.Request) error {
	view := projectForm(here(r)).read(r)
	_, err := h.Tenant.UpdateProject(r.Context(), view.Project.ID, view.change())
	return h.settled(w, r, view, err, view.Path())
}

func (h *Handler) deleteProject(w http.ResponseWriter, r *http.Request) error {
	return h.confirmed(w, r, projectForm(here(r)), func(at place) (string, error) {
		return "/groups/" + decimal(at.Project.GroupID), h.Tenant.DeleteProject(r.Context(), at.Project.ID)
	})
}

func projectForm(at place) tenancyView {
	p := at.Project
	return tenancyView{place: at, Kind: "project", Parent: parentOf(p.Path), Name: p.Name, Slug: lastOf(p.Path), Description: p.Description}
}
