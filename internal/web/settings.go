package web

import (
	"net/http"
	"strconv"

	"github.com/roadstead/roadstead/internal/setting"
)

// settingsView is the page on which administrators change the settings of the instance.
type settingsView struct {
	place

	Now setting.Settings
	// Typed is what was typed of those that were not accepted, by name.
	Typed map[string]string
	Wrong wrong
}

// Fields are the settings, with their bounds.
func (v settingsView) Fields() []field {
	var lines []field
	for _, n := range setting.Numbers() {
		value := strconv.Itoa(n.Of(v.Now))
		if text, typed := v.Typed[n.Name]; typed {
			value = text
		}
		hint := n.For + " From " + n.Bounds() + "; " + strconv.Itoa(n.Default) + " unless it was changed."
		lines = append(lines, newField(n.Name, n.Label+", in "+n.Unit, value, v.Wrong, n.Name).As("number").Needed().Hinted(hint))
	}
	return lines
}

func (h *Handler) settings(w http.ResponseWriter, r *http.Request) error {
	return h.showSettings(w, r, settingsView{place: here(r)})
}

func (h *Handler) showSettings(w http.ResponseWriter, r *http.Request, view settingsView) (err error) {
	if view.Now, err = h.Settings.Settings(r.Context()); err != nil {
		return err
	}
	return h.render(w, r, view.Wrong.Status(), "settings", "Settings", view)
}

func (h *Handler) changeSettings(w http.ResponseWriter, r *http.Request) error {
	view := settingsView{place: here(r), Typed: map[string]string{}}
	err := h.setAll(r, view.Typed)
	if refused, ok := refusal(err); ok {
		view.Wrong = refused
		return h.showSettings(w, r, view)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/settings", http.StatusSeeOther)
	return nil
}

// setAll changes what the form has, and notes what was typed.
func (h *Handler) setAll(r *http.Request, notes map[string]string) error {
	var change setting.Change
	var wrong error
	for _, n := range setting.Numbers() {
		notes[n.Name] = typed(r, n.Name)
		if err := change.Set(n.Name, notes[n.Name]); err != nil && wrong == nil {
			wrong = err
		}
	}
	if wrong != nil {
		return wrong
	}
	_, err := h.Settings.Change(r.Context(), change)
	return err
}
