package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/workload"
)

type clustersView struct {
	place

	Rows  []clusterRow
	Pager pager
}

type clusterRow struct {
	ID         int64
	Name       string
	Scope      string
	Host       string
	Version    string
	Enabled    bool
	Connection aged

	// From says whose it is, where that is not the place itself: inherited or granted.
	From string
	// Href leads to its page; empty where the reader may not see it.
	Href string
}

// allClusters lists those of every level, for administrators.
func (h *Handler) allClusters(w http.ResponseWriter, r *http.Request) error {
	view, turned := clustersView{place: here(r)}, newPager(r, "page")
	all, err := h.Clusters.Clusters(r.Context(), after(r), pageSize+1)
	if err != nil {
		return err
	}
	if len(all) > pageSize {
		all = all[:pageSize]
		turned.Next = "/clusters?after=" + decimal(all[pageSize-1].ID)
	}
	placed := make([]cluster.Placed, len(all))
	for i, c := range all {
		placed[i] = cluster.Placed{Cluster: c}
	}
	view.Pager = turned
	return h.showClusters(w, r, view, placed, h.owner)
}

// clusters lists those that serve a group or project: its own, the inherited and the granted ones.
func (h *Handler) clusters(w http.ResponseWriter, r *http.Request) error {
	at, turned := here(r), newPager(r, "page")
	view, want := clustersView{place: at}, turned.want()
	placed, _, err := h.Clusters.ClustersFor(
		r.Context(), at.Subject.GroupID, at.Subject.ProjectID, cluster.Page{Offset: want.Offset, Limit: want.Limit})
	if err != nil {
		return err
	}
	placed, view.Pager = turn(turned, placed)
	return h.showClusters(w, r, view, placed, at.source)
}

func (h *Handler) showClusters(
	w http.ResponseWriter, r *http.Request, view clustersView, placed []cluster.Placed,
	from func(ctx context.Context, c cluster.Placed) (string, error),
) error {
	ids := make([]int64, len(placed))
	for i, c := range placed {
		ids[i] = c.ID
	}
	values, err := h.Values.ReadMany(r.Context(), cluster.ConnectionValue, ids)
	if err != nil {
		return err
	}
	for _, c := range placed {
		shown := row(c.Cluster, values[c.ID])
		if shown.From, err = from(r.Context(), c); err != nil {
			return err
		}
		if view.sees(c.Cluster) {
			shown.Href = "/clusters/" + decimal(c.ID)
		} else {
			shown.Host = "" // where a cluster is concerns those who may look into it
		}
		view.Rows = append(view.Rows, shown)
	}
	return h.render(w, r, http.StatusOK, "clusters", "Clusters of the "+view.Where(), view)
}

// sees reports whether the reader may open a cluster of a list of this place.
func (p place) sees(c cluster.Cluster) bool {
	return p.Who.Admin || c.GroupID == p.Subject.GroupID && c.ProjectID == p.Subject.ProjectID
}

// owner names whose a cluster is.
func (h *Handler) owner(ctx context.Context, c cluster.Placed) (string, error) {
	switch c.Level {
	case cluster.Project:
		project, err := h.Tenant.ProjectByID(ctx, c.ProjectID)
		return project.Path, err
	case cluster.Instance:
	case cluster.Group:
		group, err := h.Tenant.GroupByID(ctx, c.GroupID)
		return group.Path, err
	}
	return "", nil
}

// source says why a cluster is in the list of this place, where it does not belong to it.
func (p place) source(_ context.Context, c cluster.Placed) (string, error) {
	switch {
	case c.Granted:
		return "granted", nil
	case c.Place == cluster.AtManagement:
		return "managed by this project", nil
	case c.Place == cluster.AtInstance:
		return "inherited from the instance", nil
	case !p.sees(c.Cluster) || c.GroupID != p.Subject.GroupID || c.ProjectID != p.Subject.ProjectID:
		for _, g := range p.Above {
			if g.ID == c.GroupID {
				return "inherited from " + g.Path, nil
			}
		}
		return "inherited from a group above", nil
	}
	return "", nil
}

func row(c cluster.Cluster, v workload.Value) clusterRow {
	shown := clusterRow{ID: c.ID, Name: c.Name, Scope: c.EnvironmentScope, Host: hostOf(c.Platform.APIURL), Enabled: c.Enabled}
	connection := cluster.Report(v.Data, v.Code)
	if connection != nil {
		shown.Version = connection.Version
	}
	shown.Connection = aged{connectionStatus(connection, v.Code), v.CheckedAt}
	if c.State == cluster.Removing {
		shown.Connection.Status = status{"busy", "being detached"}
	}
	return shown
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// listSize is how many rows a list shows that goes on after an id.
const listSize = 100

// after is the id that a list goes on from.
func after(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // anything else starts at the beginning
	return id
}
