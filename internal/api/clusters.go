package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/workload"
)

// Clusters is what the API needs of registered clusters.
type Clusters interface {
	Attach(ctx context.Context, r cluster.AttachRequest) (cluster.Cluster, error)
	Cluster(ctx context.Context, idOrName string) (cluster.Cluster, error)
	Named(ctx context.Context, name string) ([]cluster.Cluster, error)
	VisibleClusters(ctx context.Context, q cluster.VisibleQuery) ([]cluster.Cluster, error)
	ClustersFor(ctx context.Context, groupID, projectID int64, p cluster.Page) (list []cluster.Placed, total int, err error)
	Save(ctx context.Context, id int64) (cluster.Cluster, error)
	Check(ctx context.Context, id int64) error
	Edit(ctx context.Context, id int64, r cluster.EditRequest) (cluster.Cluster, error)
	Remove(ctx context.Context, id int64, o cluster.RemoveOptions) error
	Inventory(ctx context.Context, clusterID int64) ([]cluster.Item, error)
	Explain(ctx context.Context, projectID int64, environment string) (cluster.Explanation, error)

	ClusterIdentities
	ClusterGrants
}

// ClusterIdentities are how we sign in to clusters.
type ClusterIdentities interface {
	Identity(ctx context.Context, clusterID int64) (cluster.Identity, error)
	IdentitySpec(clusterID int64, features []cluster.Feature) cluster.IdentitySpec
	Adopt(ctx context.Context, clusterID int64, features []cluster.Feature) (cluster.Identity, error)
	Rotate(ctx context.Context, clusterID int64) (cluster.Identity, error)
}

// ClusterGrants let clusters serve groups that they do not belong to.
type ClusterGrants interface {
	Grant(ctx context.Context, clusterID, groupID int64) (cluster.Grant, error)
	Revoke(ctx context.Context, clusterID, groupID int64, remains cluster.Remains) error
	Grants(ctx context.Context, clusterID int64) ([]cluster.Grant, error)
}

// Manifests prints what a cluster administrator applies for us.
type Manifests interface {
	// ClusterAccess renders the account, the rights and the token Secret for the features, as YAML.
	ClusterAccess(features []string) ([]byte, error)
	// Identity renders what is made for our own identity in a cluster, as YAML.
	Identity(spec cluster.IdentitySpec) ([]byte, error)
}

type listClustersInput struct {
	PageInput
	Search string `query:"search" maxLength:"255" doc:"A part of a name, or of the host name of the API server"`
}

// ClusterInput names a cluster. Like all inputs that others embed it is exported, since huma reads no other fields.
type ClusterInput struct {
	Cluster string `path:"cluster" doc:"An id or a name"`
}

type showClusterInput struct {
	ClusterInput
	WaitInput
}

type removeClusterInput struct {
	ClusterInput
	//nolint:lll // a tag cannot be wrapped
	Mode         cluster.RemoveMode `query:"mode" enum:"leave,clean_up,forget" default:"leave" doc:"What becomes of what we made there: it is left; taken out first; forgotten now, and taken out if the cluster answers within 30 days"`
	Applications bool               `query:"applications" doc:"When cleaning up: uninstall applications, too"`
	Admin        bool               `query:"admin" doc:"Consent to rights level cluster-admin for those uninstalls that need it"`
}

type manifestInput struct {
	Features []string `query:"features" enum:"namespaces,applications,live" doc:"What the cluster shall be used for; everything if absent"`
}

type textOutput struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

func (h *Handler) mountClusters(r router) {
	route(r, "GET /clusters", "list-clusters", "List clusters with the state of their connection",
		signedIn(), h.listClusters)
	route(r, "POST /clusters", "attach-cluster", "Attach an existing cluster; its first check follows",
		needsIn(h, auth.AddCluster, h.ofNewCluster), h.attachCluster, answers(http.StatusCreated))
	route(r, "GET /clusters/manifest", "show-manifest", "Show the manifest that gives us an account in a cluster",
		signedIn(), h.showManifest)
	route(r, "GET /clusters/{cluster}", "show-cluster", "Show a cluster and the report card of its last check",
		h.needs(auth.ReadCluster, h.ofCluster), h.showCluster)
	route(r, "PATCH /clusters/{cluster}", "edit-cluster", "Change a cluster's name, scope, address, CA or token",
		h.needs(auth.UpdateCluster, h.ofCluster), h.editCluster)
	route(r, "POST /clusters/{cluster}/save", "save-cluster", "Attach a draft",
		h.needs(auth.AddCluster, h.ofCluster), h.saveCluster)
	route(r, "GET /clusters/{cluster}/inventory", "show-inventory", "Show what stands in a cluster because of us",
		h.needs(auth.ReadCluster, h.ofCluster), h.listInventory)
	route(r, "POST /clusters/{cluster}/check", "check-cluster", "Check a cluster's connection now",
		h.needs(auth.UpdateCluster, h.ofCluster), h.checkCluster, answers(http.StatusAccepted))
	route(r, "DELETE /clusters/{cluster}", "remove-cluster", "End a cluster's registration",
		h.needs(auth.AdminCluster, h.ofCluster), h.removeCluster, answers(http.StatusAccepted))
	h.mountIdentity(r)
	h.mountGrants(r)
	h.mountPlaced(r)
}

func (h *Handler) listClusters(ctx context.Context, in *listClustersInput) (*pageOutput[Cluster], error) {
	clusters, err := h.Clusters.VisibleClusters(ctx, cluster.VisibleQuery{
		Viewer: viewer(ctx), Search: in.Search, After: in.After, Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	connections, err := h.connections(ctx, clusters[:min(in.Limit, len(clusters))])
	if err != nil {
		return nil, err
	}
	view := func(c cluster.Cluster) Cluster { return viewCluster(c, connections[c.ID]) }
	return newPage(in.PageInput, clusters, func(c cluster.Cluster) int64 { return c.ID }, view), nil
}

func (h *Handler) saveCluster(ctx context.Context, _ *ClusterInput) (*body[Cluster], error) {
	saved, err := h.Clusters.Save(ctx, found[cluster.Cluster](ctx).ID)
	if err != nil {
		return nil, err
	}
	shown, err := h.cluster(ctx, saved.ID)
	return &body[Cluster]{shown}, err
}

func (h *Handler) showManifest(_ context.Context, in *manifestInput) (*textOutput, error) {
	if len(in.Features) == 0 {
		in.Features = []string{string(cluster.Namespaces), string(cluster.Applications), string(cluster.Live)}
	}
	text, err := h.Manifests.ClusterAccess(in.Features)
	return &textOutput{"application/yaml", text}, err
}

func (h *Handler) showCluster(ctx context.Context, in *showClusterInput) (*result[Cluster], error) {
	one := found[cluster.Cluster](ctx)
	subject := h.checked(one.ID, time.Time{})
	shown, err := await(ctx, h, in.WaitInput, subject)
	return &result[Cluster]{in.statusOf(subject.done(shown)), shown}, err
}

func (h *Handler) checkCluster(ctx context.Context, in *showClusterInput) (*result[Cluster], error) {
	one := found[cluster.Cluster](ctx)
	before, err := h.cluster(ctx, one.ID)
	if err != nil {
		return nil, err
	}
	if err := h.Clusters.Check(ctx, one.ID); err != nil {
		return nil, err
	}
	subject := h.checked(one.ID, before.Connection.CheckedAt)
	shown, err := await(ctx, h, in.WaitInput, subject)
	if err == nil && subject.done(shown) {
		return &result[Cluster]{http.StatusOK, shown}, nil
	}
	return &result[Cluster]{http.StatusAccepted, shown}, err
}

func (h *Handler) removeCluster(ctx context.Context, in *removeClusterInput) (*result[Cluster], error) {
	one := found[cluster.Cluster](ctx)
	err := h.Clusters.Remove(ctx, one.ID, cluster.RemoveOptions{Mode: in.Mode, Applications: in.Applications, Admin: in.Admin})
	if err != nil {
		return nil, err
	}
	shown, err := h.cluster(ctx, one.ID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return &result[Cluster]{Status: http.StatusOK, Body: viewCluster(one, Connection{})}, nil
	}
	return &result[Cluster]{http.StatusAccepted, shown}, err
}

// checked is the cluster until a check ended that is not the one known before. A cluster that is being removed is done
// when it is gone, which its read reports as not found.
func (h *Handler) checked(id int64, before time.Time) watched[Cluster] {
	return watched[Cluster]{
		topics: []string{clusterTopic(id), workload.ValueTopic(id, cluster.ConnectionValue)},
		read:   func(ctx context.Context) (Cluster, error) { return h.cluster(ctx, id) },
		done: func(c Cluster) bool {
			return c.State != cluster.Removing && !c.Connection.CheckedAt.Equal(before)
		},
	}
}

func (h *Handler) cluster(ctx context.Context, id int64) (Cluster, error) {
	found, err := h.Clusters.Cluster(ctx, strconv.FormatInt(id, 10))
	if err != nil {
		return Cluster{}, err
	}
	connections, err := h.connections(ctx, []cluster.Cluster{found})
	return viewCluster(found, connections[id]), err
}

func clusterTopic(id int64) string { return fmt.Sprintf("cluster/%d", id) }
