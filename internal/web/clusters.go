package web

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/workload"
)

// pageSize is how many rows a list shows.
const pageSize = 100

type clustersView struct {
	Rows []clusterRow
	Next int64
}

type clusterRow struct {
	ID         int64
	Name       string
	Level      cluster.Level
	Scope      string
	Host       string
	Version    string
	Connection aged
}

func (h *Handler) clusters(w http.ResponseWriter, r *http.Request) error {
	all, err := h.Clusters.Clusters(r.Context(), after(r), pageSize)
	if err != nil {
		return err
	}
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	values, err := h.Values.ReadMany(r.Context(), cluster.ConnectionValue, ids)
	if err != nil {
		return err
	}
	view := clustersView{}
	for _, c := range all {
		view.Rows = append(view.Rows, row(c, values[c.ID]))
	}
	if len(all) == pageSize {
		view.Next = all[len(all)-1].ID
	}
	return h.render(w, r, http.StatusOK, "clusters", "Clusters", view)
}

func row(c cluster.Cluster, v workload.Value) clusterRow {
	shown := clusterRow{ID: c.ID, Name: c.Name, Level: c.Level, Scope: c.EnvironmentScope, Host: hostOf(c.Platform.APIURL)}
	connection := cluster.Report(v.Data, v.Code)
	if connection != nil {
		shown.Version = connection.Version
	}
	shown.Connection = aged{connectionStatus(connection, v.Code), v.CheckedAt}
	if c.State == cluster.Removing {
		shown.Connection.Status = status{"busy", "being removed"}
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

// after is the id that a list goes on from.
func after(r *http.Request) int64 {
	id, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64) // anything else starts at the beginning
	return id
}
