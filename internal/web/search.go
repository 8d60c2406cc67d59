package web

import (
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// found is how many of a kind a search shows: who has more to choose from types more.
const (
	foundOnPage    = 20
	foundInPalette = 6
)

type searchView struct {
	Search   string
	Sections []section
}

// section is what was found of one kind.
type section struct {
	Name    string
	Options []option
	// All leads to the list of everything that was found of the kind.
	All string
}

type option struct {
	N     int
	Name  string
	About string
	Href  string
}

func (h *Handler) search(w http.ResponseWriter, r *http.Request) error {
	sections, err := h.found(r, foundOnPage)
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "search", "Search", searchView{Search: asked(r), Sections: sections})
}

// searchOptions answers the palette with a fragment of a page: where one can go from here, and what was found.
func (h *Handler) searchOptions(w http.ResponseWriter, r *http.Request) error {
	sections, err := h.found(r, foundInPalette)
	if err != nil {
		return err
	}
	sections = append(sections, h.destinations(r))
	n := 0
	for _, s := range sections {
		for i := range s.Options {
			s.Options[i].N = n
			n++
		}
	}
	return h.renderFragment(w, "options", sections)
}

// found is what the reader may see of projects, groups and clusters that are called so, in no order that would take to look
// at all of them.
func (h *Handler) found(r *http.Request, limit int) ([]section, error) {
	query := strings.TrimSpace(asked(r))
	if query == "" {
		return nil, nil
	}
	viewer, page := here(r).Who.Viewer(), tenant.Page{Limit: limit}
	projects, err := h.Tenant.Projects(r.Context(), viewer, tenant.ProjectQuery{Search: query, Page: page})
	if err != nil {
		return nil, err
	}
	groups, err := h.Tenant.Groups(r.Context(), viewer, tenant.GroupQuery{Search: query, Page: page})
	if err != nil {
		return nil, err
	}
	clusters, err := h.Clusters.VisibleClusters(r.Context(), cluster.VisibleQuery{Viewer: viewer, Search: query, Limit: limit})
	if err != nil {
		return nil, err
	}
	var inProjects, inGroups, inClusters []option
	for _, p := range projects {
		inProjects = append(inProjects, option{Name: p.Name, About: p.Path, Href: "/projects/" + decimal(p.ID)})
	}
	for _, g := range groups {
		inGroups = append(inGroups, option{Name: g.Name, About: g.Path, Href: "/groups/" + decimal(g.ID)})
	}
	for _, c := range clusters {
		inClusters = append(inClusters, option{Name: c.Name, About: hostOf(c.Platform.APIURL), Href: "/clusters/" + decimal(c.ID)})
	}
	return withoutEmpty(
		section{Name: "Projects", Options: inProjects, All: "/projects?" + queryOf(query)},
		section{Name: "Groups", Options: inGroups, All: "/groups?" + queryOf(query)},
		section{Name: "Clusters", Options: inClusters},
	), nil
}

// destinations are the pages one can go to from anywhere, as far as what was typed begins a word of their names.
func (h *Handler) destinations(r *http.Request) section {
	query, pages := strings.ToLower(strings.TrimSpace(asked(r))), section{Name: "Go to"}
	at := here(r)
	all := append(at.tabs("home"), tab{Name: "Your access tokens", Href: "/me/tokens"}, tab{Name: "Your sessions", Href: "/me/sessions"})
	if at.may(auth.CreateGroup) {
		all = append(all, tab{Name: "New group", Href: "/groups/new"})
	}
	for _, t := range all {
		if strings.Contains(" "+strings.ToLower(t.Name), " "+query) {
			pages.Options = append(pages.Options, option{Name: t.Name, Href: t.Href})
		}
	}
	return pages
}

func withoutEmpty(sections ...section) []section {
	var kept []section
	for _, s := range sections {
		if len(s.Options) > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}
