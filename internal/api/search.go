package api

import (
	"context"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Found is what fits a search, of each kind the first few that the caller may see.
type Found struct {
	Groups   []Group         `json:"groups" nullable:"false"`
	Projects []Project       `json:"projects" nullable:"false"`
	Clusters []PlacedCluster `json:"clusters" nullable:"false"`
}

type searchInput struct {
	//nolint:lll // a tag cannot be wrapped
	Query string `query:"q" required:"true" minLength:"2" maxLength:"255" doc:"A part of a name or path; of a cluster, also of the host name of its API server"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"10" doc:"How many of each kind at most"`
}

func (h *Handler) mountSearch(r router) {
	route(r, "GET /search", "search", "Search groups, projects and clusters that the caller sees", signedIn(), h.search)
}

func (h *Handler) search(ctx context.Context, in *searchInput) (*body[Found], error) {
	page, eyes := tenant.Page{Limit: in.Limit}, viewer(ctx)
	groups, err := h.Tenants.Groups(ctx, eyes, tenant.GroupQuery{Search: in.Query, Page: page})
	if err != nil {
		return nil, err
	}
	projects, err := h.Tenants.Projects(ctx, eyes, tenant.ProjectQuery{Search: in.Query, Page: page})
	if err != nil {
		return nil, err
	}
	clusters, err := h.Clusters.VisibleClusters(ctx, cluster.VisibleQuery{Viewer: eyes, Search: in.Query, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return &body[Found]{Found{
		Groups: views(groups, viewGroup), Projects: views(projects, viewProject), Clusters: views(clusters, viewFoundCluster),
	}}, nil
}

// viewFoundCluster shows a cluster where it is registered.
func viewFoundCluster(c cluster.Cluster) PlacedCluster {
	return PlacedCluster{
		ID: c.ID, Name: c.Name, Level: c.Level, GroupID: c.GroupID, ProjectID: c.ProjectID, EnvironmentScope: c.EnvironmentScope,
		Enabled: c.Enabled, State: c.State, Provider: c.Provider, Place: string(c.Level),
	}
}
