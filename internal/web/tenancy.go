package web

import (
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// What groups and projects have in common: a form, and a deletion that is confirmed by the path.

func (h *Handler) showTenancy(w http.ResponseWriter, r *http.Request, view tenancyView) error {
	title := "Settings"
	if view.New {
		title = "New " + view.Kind
	}
	return h.render(w, r, view.Wrong.Status(), "tenancy", title, view)
}

// settled leads on when a form was accepted, and shows it again with what is wrong when not.
func (h *Handler) settled(w http.ResponseWriter, r *http.Request, view tenancyView, err error, next string) error {
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showTenancy(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// deletion is the page on which somebody says that he means it.
func (h *Handler) groupDeletion(w http.ResponseWriter, r *http.Request) error {
	return h.showDeletion(w, r, groupForm(here(r)))
}

func (h *Handler) projectDeletion(w http.ResponseWriter, r *http.Request) error {
	return h.showDeletion(w, r, projectForm(here(r)))
}

func (h *Handler) showDeletion(w http.ResponseWriter, r *http.Request, view tenancyView) error {
	return h.render(w, r, view.Wrong.Status(), "tenancy-delete", "Delete "+view.FullPath(), view)
}

// confirmed deletes what a form is about when its path was typed, and goes to where the deletion leads.
func (h *Handler) confirmed(w http.ResponseWriter, r *http.Request, view tenancyView, deletion func(at place) (string, error)) error {
	if view.Confirm = typed(r, "confirm"); view.Confirm != view.FullPath() {
		view.Wrong = wrong{Field: "confirm", Error: apperr.Of(apperr.ValidationFailed).
			WithMessage("The path is another one.").WithHint("Type " + view.FullPath() + " to delete it.")}
		return h.showDeletion(w, r, view)
	}
	next, err := deletion(view.place)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showDeletion(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, next, http.StatusSeeOther)
	return nil
}

// ConfirmField is the line that a deletion is confirmed in.
func (v tenancyView) ConfirmField() field {
	return newField("confirm", "Type the path, "+v.FullPath(), v.Confirm, v.Wrong, "confirm").Needed()
}

func parentOf(path string) string { return path[:max(strings.LastIndexByte(path, '/'), 0)] }

func subjectOf(groupID, projectID int64) auth.Subject {
	return auth.Subject{GroupID: groupID, ProjectID: projectID}
}
