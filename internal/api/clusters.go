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
	Clusters(ctx context.Context, after int64, limit int) ([]cluster.Cluster, error)
	Check(ctx context.Context, id int64) error
	Edit(ctx context.Context, id int64, r cluster.EditRequest) (cluster.Cluster, error)
	Remove(ctx context.Context, id int64, o cluster.RemoveOptions) error
	Identity(ctx context.Context, clusterID int64) (cluster.Identity, error)
	IdentitySpec(clusterID int64, features []cluster.Feature) cluster.IdentitySpec
	Adopt(ctx context.Context, clusterID int64, features []cluster.Feature) (cluster.Identity, error)
	Rotate(ctx context.Context, clusterID int64) (cluster.Identity, error)
}

// Manifests prints what a cluster administrator applies for us.
type Manifests interface {
	// ClusterAccess renders the account, the rights and the token Secret for the features, as YAML.
	ClusterAccess(features []string) ([]byte, error)
	// Identity renders what is made for our own identity in a cluster, as YAML.
	Identity(spec cluster.IdentitySpec) ([]byte, error)
}

// NewCluster is what it takes to attach an existing cluster.
type NewCluster struct {
	Name             string        `json:"name" maxLength:"255"`
	Level            cluster.Level `json:"level" enum:"instance,group,project"`
	Group            string        `json:"group,omitempty" doc:"Id or full path, at level group"`
	Project          string        `json:"project,omitempty" doc:"Id or full path, at level project"`
	EnvironmentScope string        `json:"environment_scope,omitempty" default:"*" doc:"Which environments it serves; * stands for any text"`
	APIURL           string        `json:"api_url" maxLength:"2048" example:"https://k8s.example.com:6443"`
	CA               string        `json:"ca,omitempty" maxLength:"65536" doc:"Certificates in PEM; the system's roots if absent"`
	Token            string        `json:"token" maxLength:"65536" doc:"Of a service account. Never shown again."`
	OwnIdentity      []string      `json:"own_identity,omitempty" enum:"namespaces,applications,live" doc:"Swap it for our own account"`
}

type attachInput struct {
	WaitInput
	Body NewCluster
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
	Cleanup bool `query:"cleanup" doc:"First take the namespaces that we made out of the cluster"`
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
	route(r, "POST /clusters/{cluster}/check", "check-cluster", "Check a cluster's connection now",
		h.needs(auth.UpdateCluster, h.ofCluster), h.checkCluster, answers(http.StatusAccepted))
	route(r, "DELETE /clusters/{cluster}", "remove-cluster", "End a cluster's registration",
		h.needs(auth.AdminCluster, h.ofCluster), h.removeCluster, answers(http.StatusAccepted))
	h.mountIdentity(r)
}

func (h *Handler) listClusters(ctx context.Context, in *pageInput) (*pageOutput[Cluster], error) {
	clusters, err := h.Clusters.Clusters(ctx, in.After, in.Limit+1)
	if err != nil {
		return nil, err
	}
	connections, err := h.connections(ctx, clusters[:min(in.Limit, len(clusters))])
	if err != nil {
		return nil, err
	}
	view := func(c cluster.Cluster) Cluster { return viewCluster(c, connections[c.ID]) }
	return newPage("/clusters", *in, clusters, func(c cluster.Cluster) int64 { return c.ID }, view), nil
}

func (h *Handler) attachCluster(ctx context.Context, in *attachInput) (*result[Cluster], error) {
	request := cluster.AttachRequest{
		Name: in.Body.Name, Level: in.Body.Level, EnvironmentScope: in.Body.EnvironmentScope,
		APIURL: in.Body.APIURL, CAPEM: in.Body.CA,
		Token: pastedToken(in.Body.Token), OwnIdentity: featuresOf(in.Body.OwnIdentity),
	}
	owner, err := h.ofNewCluster(ctx, in)
	if err != nil {
		return nil, err
	}
	request.GroupID, request.ProjectID = owner.GroupID, owner.ProjectID
	attached, err := h.Clusters.Attach(ctx, request)
	if err != nil {
		return nil, err
	}
	shown, err := await(ctx, h, in.WaitInput, h.checked(attached.ID, time.Time{}))
	return &result[Cluster]{http.StatusCreated, shown}, err
}

// ofNewCluster is of whom a new cluster is.
func (h *Handler) ofNewCluster(ctx context.Context, in *attachInput) (auth.Subject, error) {
	switch in.Body.Level {
	case cluster.Group:
		group, err := h.Tenants.Group(ctx, in.Body.Group)
		return auth.Group(group.ID), err
	case cluster.Project:
		project, err := h.Tenants.Project(ctx, in.Body.Project)
		return auth.Project(project.ID), err
	}
	return auth.Instance(), nil
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
	mode := cluster.LeaveAll
	if in.Cleanup {
		mode = cluster.CleanUpFirst
	}
	if err := h.Clusters.Remove(ctx, one.ID, cluster.RemoveOptions{Mode: mode}); err != nil {
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
			return c.State == cluster.Attached && !c.Connection.CheckedAt.Equal(before)
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
