package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

//go:embed templates
var templates embed.FS

// pages holds each page's template, by its name.
type pages map[string]*template.Template

// frame is what the layout shows around a page.
type frame struct {
	Title    string
	Page     string
	Path     string
	SignedIn bool
	Name     string
	Where    string
	Trail    []crumb
	Tabs     []tab
	View     any
}

func parsePages(now func() time.Time) (pages, error) {
	layout, err := template.New("layout.html").
		Option("missingkey=error").
		Funcs(functions(now)).
		ParseFS(templates, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	all := pages{}
	for _, name := range pageNames() {
		clone, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("clone layout: %w", err)
		}
		if all[name], err = clone.ParseFS(templates, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return all, nil
}

// renderFragment writes a part of a page, for the scripts of ours that ask for one.
func (h *Handler) renderFragment(w http.ResponseWriter, name string, view any) error {
	var body bytes.Buffer
	if err := h.pages[name].ExecuteTemplate(&body, name+".html", view); err != nil {
		return fmt.Errorf("render fragment %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = body.WriteTo(w) // the reader is gone: nothing to do about it
	return nil
}

func pageNames() []string {
	return []string{
		"sign-in", "error", "search", "options",
		"groups", "group", "projects", "project", "tenancy", "tenancy-delete", "members", "member", "environments", "environment",
		"clusters", "add", "draft", "cluster", "cluster-settings", "grants", "revoke", "detach", "detaching", "explain",
		"identity", "operation",
		"home", "tokens", "sessions", "users", "user", "audit", "settings",
		"eks", "eks-role-new", "eks-role", "eks-new", "eks-run", "eks-delete",
	}
}

// render writes a page, whole or not at all.
func (h *Handler) render(w http.ResponseWriter, r *http.Request, status int, name, title string, view any) error {
	identity, ok := auth.FromContext(r.Context())
	at := here(r)
	var body bytes.Buffer
	err := h.pages[name].Execute(&body, frame{
		Title: title, Page: name, Path: r.URL.RequestURI(), SignedIn: ok, Name: identity.Name,
		Where: at.Where(), Trail: at.trail(), Tabs: at.tabs(name), View: view,
	})
	if err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = body.WriteTo(w) // the reader is gone: nothing to do about it
	return nil
}

func functions(now func() time.Time) template.FuncMap {
	return template.FuncMap{
		"ago":     func(t time.Time) string { return ago(now().Sub(t), t.IsZero()) },
		"minutes": minutes,
		"date":    func(t time.Time) string { return t.UTC().Format(time.DateOnly) },
		"iso":     func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"took":    func(from, to time.Time) string { return to.Sub(from).Round(100 * time.Millisecond).String() },
		"explain": func(code apperr.Code) apperr.Entry { e, _ := apperr.Lookup(code); return e },
		"initial": func(s string) string { r, _ := utf8.DecodeRuneInString(s); return string(r) },
		"words":   func(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") },
		"dict":    dict,
	}
}

// ago says how long ago something was, as people would.
func ago(d time.Duration, never bool) string {
	switch {
	case never:
		return "never"
	case d < 2*time.Second:
		return "just now"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s ago", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min ago", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h ago", int(d.Hours()))
	default:
		return fmt.Sprintf("%d days ago", int(d.Hours()/24))
	}
}

// minutes is a time to the minute.
func minutes(d time.Duration) string {
	if d < time.Minute {
		return "less than a minute"
	}
	return fmt.Sprintf("%d min", int(d.Round(time.Minute).Minutes()))
}

// dict passes named arguments to a partial template.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, got %d arguments", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		key, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict wants text as key, got %T", pairs[i])
		}
		m[key] = pairs[i+1]
	}
	return m, nil
}
