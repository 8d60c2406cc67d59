package web

import (
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
)

type clusterView struct {
	place

	Connection   aged
	Failure      apperr.Code
	Findings     []findingView
	Identity     identityPart
	Applications []applicationView
	// Left is what still stands in a cluster that is being detached.
	Left []itemView
	// RunID is what made the cluster on Amazon EKS; 0 when people attached it.
	RunID int64
}

type findingView struct {
	Tone   string
	Title  string
	Text   string
	Hint   string
	Code   apperr.Code
	Detail []string
}

func (h *Handler) cluster(w http.ResponseWriter, r *http.Request) error {
	view, err := h.connection(r)
	if err != nil {
		return err
	}
	c := view.Cluster
	switch c.State {
	case cluster.Attached, cluster.Forgotten: // what is forgotten is not found
	case cluster.Draft:
		return h.render(w, r, http.StatusOK, "draft", "Draft of "+c.Name, view)
	case cluster.Removing:
		if view.Left, err = h.inventory(r, c.ID); err != nil {
			return err
		}
		return h.render(w, r, http.StatusOK, "detaching", "Detaching "+c.Name, view)
	}
	run, err := h.Provisions.RunOf(r.Context(), c.ID)
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return err
	}
	view.RunID = run.ID
	identity, err := h.Clusters.Identity(r.Context(), c.ID)
	if err != nil {
		return err
	}
	view.Identity = identityOf(identity)
	if view.Applications, err = h.applications(r.Context(), c.ID); err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "cluster", c.Name, view)
}

// connection is what is known of a cluster's connection: the report card.
func (h *Handler) connection(r *http.Request) (clusterView, error) {
	at := here(r)
	value, err := h.Values.Read(r.Context(), at.Cluster.ID, cluster.ConnectionValue)
	if err != nil {
		return clusterView{}, err
	}
	connection := cluster.Report(value.Data, value.Code)
	view := clusterView{place: at, Failure: value.Code, Connection: aged{connectionStatus(connection, value.Code), value.CheckedAt}}
	if connection != nil {
		view.Findings = findings(*connection)
	}
	return view, nil
}

func findings(c cluster.Connection) []findingView {
	views := make([]findingView, len(c.Findings))
	for i, f := range c.Findings {
		views[i] = findingView{Tone: tone(f.Outcome), Title: title(f), Code: f.Code, Detail: f.Detail}
		if e, ok := apperr.Lookup(f.Code); ok && f.Code != "" {
			views[i].Text, views[i].Hint = e.Message, e.Hint
		} else if f.Check == cluster.CheckVersion {
			views[i].Text = c.Version
		}
	}
	return views
}

// title is a check in words.
func title(f cluster.Finding) string {
	words := map[string]string{
		cluster.CheckReachable: "API server answers", cluster.CheckTLS: "Certificate is trusted",
		cluster.CheckToken: "Token is accepted", cluster.CheckVersion: "Version is supported",
		cluster.CheckRights: "Rights", cluster.CheckCredential: "Credential",
	}
	if f.Feature != "" {
		return "Rights for " + string(f.Feature)
	}
	if text, ok := words[f.Check]; ok {
		return text
	}
	return capital(f.Check)
}

func (h *Handler) checkCluster(w http.ResponseWriter, r *http.Request) error {
	if err := h.Clusters.Check(r.Context(), here(r).Cluster.ID); err != nil {
		return err
	}
	return toCluster(w, r)
}
