package web

import (
	"net/http"
	"strings"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// explainView says which cluster serves an environment of a project, and why none of the others does.
type explainView struct {
	place

	Environment string
	// Known are the project's environments, for a choice by name.
	Known    []string
	Verdicts []verdictView
	Served   bool
}

type verdictView struct {
	cluster.Verdict

	Status status
	Why    string
	// From says where it stands, in words.
	From string
	// Href leads to the cluster; empty where the reader may not see it.
	Href string
}

func (h *Handler) explain(w http.ResponseWriter, r *http.Request) error {
	at := here(r)
	environments, err := h.Tenant.ListEnvironments(r.Context(), tenant.EnvironmentQuery{
		ProjectID: at.Project.ID, Order: tenant.ByPath, Page: tenant.Page{Limit: listSize},
	})
	if err != nil {
		return err
	}
	view := explainView{place: at, Environment: strings.TrimSpace(r.URL.Query().Get("environment"))}
	for _, e := range environments {
		view.Known = append(view.Known, e.Name)
	}
	if view.Environment == "" && len(view.Known) > 0 && !r.URL.Query().Has("environment") {
		view.Environment = view.Known[0]
	}
	explanation, err := h.Clusters.Explain(r.Context(), at.Project.ID, view.Environment)
	if err != nil {
		return err
	}
	winner, served := explanation.Winner()
	view.Served = served
	for _, v := range explanation.Verdicts {
		shown := verdictView{
			Verdict: v, Status: verdictStatus(v.Reason), Why: whyNot(v, view.Environment, winner), From: from(v.Place, v.Depth, v.Granted),
		}
		if at.Who.Admin || v.ProjectID == at.Project.ID {
			shown.Href = "/clusters/" + decimal(v.ID)
		}
		view.Verdicts = append(view.Verdicts, shown)
	}
	return h.render(w, r, http.StatusOK, "explain", "Which cluster serves "+at.Project.Path, view)
}

func verdictStatus(r cluster.Reason) status {
	switch r {
	case cluster.Serves:
		return status{"good", "serves"}
	case cluster.IsDisabled, cluster.IsRemoving, cluster.IsDraft:
		return status{"warn", "out of use"}
	case cluster.ScopeMismatch:
		return status{"idle", "does not match"}
	case cluster.NearerLevel, cluster.LessExact, cluster.EqualScope:
	}
	return status{"idle", "loses"}
}

// whyNot says in words why a cluster does, or does not, serve an environment.
func whyNot(v cluster.Verdict, environment string, winner cluster.Candidate) string {
	switch v.Reason {
	case cluster.Serves:
		return "Its scope covers the environment, and no nearer or more exact cluster does."
	case cluster.IsDraft:
		return "It is a draft that was not saved yet."
	case cluster.IsRemoving:
		return "It is being detached."
	case cluster.IsDisabled:
		return "It is disabled."
	case cluster.ScopeMismatch:
		if environment == "" {
			return "Without an environment only the scope * counts."
		}
		return "Its scope does not cover " + environment + "."
	case cluster.NearerLevel:
		return winner.Name + " is nearer to the project."
	case cluster.LessExact:
		return "The scope of " + winner.Name + " is more exact."
	case cluster.EqualScope:
		return winner.Name + " is as exact, and goes first: a level's own cluster before a granted one, then the older one."
	}
	return string(v.Reason)
}

// from says where a cluster stands for a project.
func from(p cluster.Place, depth int, granted bool) string {
	switch {
	case granted:
		return "granted to a group above"
	case p == cluster.AtManagement:
		return "managed by this project"
	case p == cluster.AtProject:
		return "this project"
	case p == cluster.AtGroup && depth == 0:
		return "the project's group"
	case p == cluster.AtGroup:
		return "a group further up"
	}
	return "the instance"
}
