package web

import "net/http"

func (h *Handler) audit(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, "audit", "Audit", here(r))
}
