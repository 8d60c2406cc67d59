package web

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// Record reads the record of who did what.
type Record interface {
	// Page returns rows, the newest first, and where the next page begins; the zero cursor after the last one.
	Page(ctx context.Context, q audit.Query) ([]audit.Row, audit.Cursor, error)
}

// auditView is the record of a place, by filters.
type auditView struct {
	place

	// Actor, Action, Since and Until are the filters as they were typed.
	Actor, Action, Since, Until string
	Rows                        []auditRow
	Next                        string
	Wrong                       wrong
}

type auditRow struct {
	audit.Row

	// What is the action in words, Detail the rest that is known of it.
	What   string
	Detail []detail
	// In names the place below this page's that it happened in, and Href leads to its record; empty for the page's own.
	In, Href string
}

type detail struct{ Key, Value string }

// Fields are the filters.
func (v auditView) Fields() []field {
	return []field{
		newField("actor", "Who", v.Actor, v.Wrong, "actor").Like("ada"),
		newField("action", "What", v.Action, v.Wrong, "action").Like("cluster.attach"),
		newField("since", "From", v.Since, v.Wrong, "since").As("date"),
		newField("until", "Before", v.Until, v.Wrong, "until").As("date"),
	}
}

// Filtered reports whether anything is filtered for.
func (v auditView) Filtered() bool { return v.Actor+v.Action+v.Since+v.Until != "" }

func (h *Handler) auditPage(w http.ResponseWriter, r *http.Request) error {
	asked := r.URL.Query()
	view := auditView{
		place: here(r), Actor: strings.TrimSpace(asked.Get("actor")), Action: strings.TrimSpace(asked.Get("action")),
		Since: asked.Get("since"), Until: asked.Get("until"),
	}
	rows, next, err := h.auditRows(r, view)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
	} else if err != nil {
		return err
	}
	for _, row := range rows {
		view.Rows = append(view.Rows, view.row(row))
	}
	if next.ID != 0 {
		asked.Set("after", next.String())
		view.Next = r.URL.Path + "?" + asked.Encode()
	}
	return h.render(w, r, view.Wrong.Status(), "audit", "Audit of the "+view.Where(), view)
}

// row is one row as it is shown in this place.
func (v auditView) row(of audit.Row) auditRow {
	shown := auditRow{Row: of, What: inWords(of.Action), Detail: details(of.Entry.Detail)}
	switch {
	case of.ProjectID != 0 && of.ProjectID != v.Subject.ProjectID:
		shown.In, shown.Href = "project "+decimal(of.ProjectID), "/projects/"+decimal(of.ProjectID)+"/audit"
	case of.ProjectID == 0 && of.GroupID != 0 && of.GroupID != v.Subject.GroupID:
		shown.In, shown.Href = "group "+decimal(of.GroupID), "/groups/"+decimal(of.GroupID)+"/audit"
	}
	return shown
}

func (h *Handler) auditRows(r *http.Request, view auditView) ([]audit.Row, audit.Cursor, error) {
	query := audit.Query{
		GroupID: view.Subject.GroupID, ProjectID: view.Subject.ProjectID, Actor: view.Actor, Action: view.Action, Limit: pageSize,
	}
	var err error
	if query.After, err = audit.ParseCursor(r.URL.Query().Get("after")); err != nil {
		return nil, audit.Cursor{}, apperr.Of(apperr.InvalidRequest).With(err)
	}
	if query.Since, err = day("since", view.Since); err != nil {
		return nil, audit.Cursor{}, err
	}
	if query.Until, err = day("until", view.Until); err != nil {
		return nil, audit.Cursor{}, err
	}
	return h.Audit.Page(r.Context(), query)
}

// inWords turns noun.verb into what people would write.
func inWords(action string) string {
	return strings.ReplaceAll(strings.Replace(action, ".", ": ", 1), "_", " ")
}

// details are in the order of their keys.
func details(all map[string]string) []detail {
	list := make([]detail, 0, len(all))
	for key, value := range all {
		list = append(list, detail{strings.ReplaceAll(key, "_", " "), value})
	}
	slices.SortFunc(list, func(a, b detail) int { return strings.Compare(a.Key, b.Key) })
	return list
}
