package web

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/tenant"
)

// atHome is how many of each the first page shows.
const atHome = 8

// homeView is where people begin: with what they may see, the newest projects first.
type homeView struct {
	place

	Groups   []tenant.Group
	Projects []tenant.Project
}

func (h *Handler) home(w http.ResponseWriter, r *http.Request) (err error) {
	view, page := homeView{place: here(r)}, tenant.Page{Limit: atHome}
	viewer := view.Who.Viewer()
	if view.Groups, err = h.Tenant.Groups(r.Context(), viewer, tenant.GroupQuery{Order: tenant.ByPath, Page: page}); err != nil {
		return err
	}
	if view.Projects, err = h.Tenant.Projects(r.Context(), viewer, tenant.ProjectQuery{Order: tenant.Newest, Page: page}); err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "home", "Home", view)
}
