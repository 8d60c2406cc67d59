package web

import "net/http"

// home leads to where people begin.
func (h *Handler) home(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/projects", http.StatusSeeOther)
	return nil
}
