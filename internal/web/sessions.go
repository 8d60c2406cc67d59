package web

import (
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

type sessionsView struct {
	place

	Rows []auth.Session
	// Hours is how long a new one lasts at most.
	Hours int
}

// sessions lists the reader's own.
func (h *Handler) sessions(w http.ResponseWriter, r *http.Request) error {
	at := here(r)
	all, err := h.Auth.Sessions(r.Context(), at.Who.UserID)
	if err != nil {
		return err
	}
	set, err := h.Settings.Settings(r.Context())
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "sessions", "Your sessions", sessionsView{at, all, set.SessionHours})
}

func (h *Handler) closeSession(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("session"), 10, 64)
	if err != nil {
		return apperr.Of(apperr.NotFound)
	}
	if err := h.Auth.CloseSession(r.Context(), here(r).Who.UserID, id); err != nil {
		return err
	}
	http.Redirect(w, r, "/me/sessions", http.StatusSeeOther)
	return nil
}
