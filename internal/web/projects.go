package web

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

type projectsView struct {
	Rows []tenant.Project
	Next int64
}

func (h *Handler) projects(w http.ResponseWriter, r *http.Request) error {
	who, _ := auth.FromContext(r.Context())
	all, err := h.Tenant.Projects(r.Context(), who.Viewer(), tenant.ProjectQuery{
		Page: tenant.Page{After: after(r), Limit: pageSize},
	})
	if err != nil {
		return err
	}
	view := projectsView{Rows: all}
	if len(all) == pageSize {
		view.Next = all[len(all)-1].ID
	}
	return h.render(w, r, http.StatusOK, "projects", "Projects", view)
}
