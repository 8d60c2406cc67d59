package api

import (
	"context"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/tenant"
)

// PlacedCluster is a cluster among those that a group or project could be served by. It tells less than a [Cluster]:
// whoever is served by a cluster need not be able to look into it.
type PlacedCluster struct {
	ID               int64            `json:"id"`
	Name             string           `json:"name"`
	Level            cluster.Level    `json:"level" enum:"instance,group,project"`
	GroupID          int64            `json:"group_id,omitempty"`
	ProjectID        int64            `json:"project_id,omitempty"`
	EnvironmentScope string           `json:"environment_scope"`
	Enabled          bool             `json:"enabled"`
	State            cluster.State    `json:"state" enum:"draft,attached,removing"`
	Provider         cluster.Provider `json:"provider,omitempty" enum:"user,aws"`
	Place            string           `json:"place" enum:"management,project,group,instance" doc:"Where it stands in the order of precedence"`
	Inherited        bool             `json:"inherited" doc:"It is registered elsewhere"`
	Granted          bool             `json:"granted" doc:"It is granted to the group, or to one above"`
}

// Item is one thing that stands in a cluster because of us.
type Item struct {
	Kind          cluster.ItemKind `json:"kind" enum:"namespace,application,identity,install_namespace,account"`
	Name          string           `json:"name"`
	ProjectID     int64            `json:"project_id,omitempty"`
	EnvironmentID int64            `json:"environment_id,omitempty"`
	Version       string           `json:"version,omitempty"`
	Namespace     string           `json:"namespace,omitempty"`
	Admin         bool             `json:"admin,omitempty" doc:"It can only be uninstalled with all rights in the cluster"`
	Fate          cluster.Fate     `json:"fate" enum:"goes,optional,stays" doc:"What cleaning up does with it"`
}

// Explanation says which cluster serves an environment, and why none of the others does.
type Explanation struct {
	ProjectID   int64     `json:"project_id"`
	Environment string    `json:"environment"`
	ClusterID   int64     `json:"cluster_id,omitempty" doc:"The one that serves; absent when none does"`
	Verdicts    []Verdict `json:"verdicts" nullable:"false" doc:"In the order of precedence, the winner first"`
}

// Verdict is what became of one candidate.
type Verdict struct {
	PlacedCluster

	//nolint:lll // a tag cannot be wrapped
	Reason cluster.Reason `json:"reason" enum:"serves,draft,removing,disabled,scope_does_not_match,nearer_level_wins,less_exact_scope,equal_scope"`
}

// OffsetInput asks for a page of a list that is not in order of id.
type OffsetInput struct {
	After int `query:"after" minimum:"0" doc:"How many items to leave out: next of the page before"`
	Limit int `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many items at most"`
}

type groupClustersInput struct {
	GroupInput
	OffsetInput
}

type projectClustersInput struct {
	ProjectInput
	OffsetInput
}

func (h *Handler) mountPlaced(r router) {
	route(r, "GET /groups/{group}/clusters", "list-group-clusters", "List the clusters of a group, with inherited and granted ones",
		h.needs(auth.ReadCluster, h.ofGroup),
		func(ctx context.Context, in *groupClustersInput) (*body[Page[PlacedCluster]], error) {
			return h.listPlaced(ctx, in.OffsetInput)
		})
	route(r, "GET /projects/{project}/clusters", "list-project-clusters", "List the clusters of a project, with inherited and granted ones",
		h.needs(auth.ReadCluster, h.ofProject),
		func(ctx context.Context, in *projectClustersInput) (*body[Page[PlacedCluster]], error) {
			return h.listPlaced(ctx, in.OffsetInput)
		})
	route(r, "GET /projects/{project}/environments/{environment}/cluster", "explain-cluster",
		"Say which cluster serves an environment, and why no other does; the environment need not exist",
		h.needs(auth.ExplainCluster, h.ofProject), h.explain)
}

func (h *Handler) listPlaced(ctx context.Context, in OffsetInput) (*body[Page[PlacedCluster]], error) {
	at := place(ctx)
	placed, total, err := h.Clusters.ClustersFor(ctx, at.GroupID, at.ProjectID, cluster.Page{Offset: in.After, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	page := Page[PlacedCluster]{Items: views(placed, func(p cluster.Placed) PlacedCluster { return viewPlaced(p, at) })}
	if next := in.After + len(placed); next < total {
		page.Next = int64(next)
	}
	return &body[Page[PlacedCluster]]{page}, nil
}

func viewPlaced(p cluster.Placed, at tenant.Place) PlacedCluster {
	return PlacedCluster{
		ID: p.ID, Name: p.Name, Level: p.Level, GroupID: p.GroupID, ProjectID: p.ProjectID, EnvironmentScope: p.EnvironmentScope,
		Enabled: p.Enabled, State: p.State, Provider: p.Provider, Place: p.Place.String(), Granted: p.Granted,
		Inherited: p.GroupID != at.GroupID || p.ProjectID != at.ProjectID,
	}
}

func (h *Handler) explain(ctx context.Context, in *EnvironmentInput) (*body[Explanation], error) {
	at := place(ctx)
	e, err := h.Clusters.Explain(ctx, at.ProjectID, in.Environment)
	if err != nil {
		return nil, err
	}
	shown := Explanation{ProjectID: at.ProjectID, Environment: in.Environment, Verdicts: views(e.Verdicts, viewVerdict)}
	if winner, ok := e.Winner(); ok {
		shown.ClusterID = winner.ID
	}
	return &body[Explanation]{shown}, nil
}

func viewVerdict(v cluster.Verdict) Verdict {
	return Verdict{Reason: v.Reason, PlacedCluster: PlacedCluster{
		ID: v.ID, Name: v.Name, Level: v.Level, GroupID: v.GroupID, ProjectID: v.ProjectID, EnvironmentScope: v.EnvironmentScope,
		Enabled: v.Enabled, State: v.State, Place: v.Place.String(), Granted: v.Granted, Inherited: v.Level != cluster.Project,
	}}
}

func (h *Handler) listInventory(ctx context.Context, _ *ClusterInput) (*list[Item], error) {
	items, err := h.Clusters.Inventory(ctx, found[cluster.Cluster](ctx).ID)
	if err != nil {
		return nil, err
	}
	return newList(items, func(i cluster.Item) Item { return Item(i) }), nil
}
