package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Grant lets a cluster serve the projects of a group.
type Grant struct {
	ClusterID int64     `json:"cluster_id"`
	GroupID   int64     `json:"group_id"`
	Group     string    `json:"group,omitempty" doc:"Its full path, for those who see it"`
	CreatedBy int64     `json:"created_by,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

// NewGrant names whom a cluster shall serve.
type NewGrant struct {
	Group string `json:"group" doc:"Id or full path"`
}

type grantInput struct {
	ClusterInput
	Body NewGrant
}

type revokeInput struct {
	ClusterInput
	GroupInput
	//nolint:lll // a tag cannot be wrapped
	Remains cluster.Remains `query:"remains" enum:"leave,clean_up" doc:"What becomes of the namespaces that its projects have there; needed when there are any"`
}

func (h *Handler) mountGrants(r router) {
	const all = "/clusters/{cluster}/grants"
	route(r, "GET "+all, "list-grants", "List the groups that a cluster is granted to",
		h.needs(auth.ReadCluster, h.ofCluster), h.listGrants)
	route(r, "POST "+all, "grant-cluster", "Let a cluster serve the projects of a group",
		h.needs(auth.GrantCluster, h.ofCluster).and(needsIn(h, auth.AddCluster, h.ofGrantee)),
		h.grantCluster, answers(http.StatusCreated))
	route(r, "DELETE "+all+"/{group}", "revoke-cluster", "End a grant",
		h.needs(auth.GrantCluster, h.ofCluster), h.revokeCluster, answers(http.StatusNoContent))
}

// ofGrantee is the group that a cluster shall be granted to: whoever receives it must be able to add one there.
func (h *Handler) ofGrantee(ctx context.Context, in *grantInput) (auth.Subject, error) {
	group, err := h.Tenants.Group(ctx, in.Body.Group)
	return auth.Group(group.ID), err
}

func (h *Handler) listGrants(ctx context.Context, _ *ClusterInput) (*list[Grant], error) {
	grants, err := h.Clusters.Grants(ctx, found[cluster.Cluster](ctx).ID)
	if err != nil {
		return nil, err
	}
	return newList(grants, func(g cluster.Grant) Grant { return h.viewGrant(ctx, g) }), nil
}

// viewGrant tells the path of a group only to those who see it.
func (h *Handler) viewGrant(ctx context.Context, g cluster.Grant) Grant {
	shown := Grant{ClusterID: g.ClusterID, GroupID: g.GroupID, CreatedBy: g.CreatedBy, CreatedAt: g.CreatedAt}
	if group, err := h.seenGroup(ctx, itoa(g.GroupID)); err == nil {
		shown.Group = group.Path
	}
	return shown
}

func (h *Handler) grantCluster(ctx context.Context, in *grantInput) (*body[Grant], error) {
	group, err := h.Tenants.Group(ctx, in.Body.Group)
	if err != nil {
		return nil, err
	}
	grant, err := h.Clusters.Grant(ctx, found[cluster.Cluster](ctx).ID, group.ID)
	return &body[Grant]{h.viewGrant(ctx, grant)}, err
}

// revokeCluster takes the group by what the caller calls it: whoever may grant a cluster may end each of its grants.
func (h *Handler) revokeCluster(ctx context.Context, in *revokeInput) (*struct{}, error) {
	group, err := h.Tenants.Group(ctx, in.Group)
	if err != nil {
		return nil, err
	}
	return nil, h.Clusters.Revoke(ctx, found[cluster.Cluster](ctx).ID, group.ID, in.Remains)
}
