package web

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/telemetry"
)

type errorView struct {
	Title       string
	Error       *apperr.Error
	Correlation string
}

// fail shows an error: our sentence and hint where it has a code, and else no
// more than an id by which it is found in the log.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	shown, ok := apperr.From(err)
	if !ok {
		shown = apperr.Of(apperr.Internal)
		h.Log.ErrorContext(r.Context(), "page failed", slog.String("path", r.URL.Path), slog.String("error", apperr.Quote(err.Error())))
	}
	retryAfter(w, shown)
	view := errorView{Title: "Something is in the way", Error: shown, Correlation: telemetry.Correlation(r.Context())}
	switch shown.Status() {
	case http.StatusNotFound:
		view.Title = "Not found"
	case http.StatusForbidden:
		view.Title = "Not allowed"
	}
	if err := h.render(w, r, shown.Status(), "error", view.Title, view); err != nil {
		http.Error(w, shown.Message, shown.Status())
	}
}

// retryAfter says when to come back, where an error knows.
func retryAfter(w http.ResponseWriter, err *apperr.Error) {
	if err.After > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int((err.After+time.Second-1)/time.Second)))
	}
}
