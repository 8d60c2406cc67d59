package api

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/workload"
)

// Mirror is what the API needs of mirrored cluster state. It answers from our own copy, at once, and keeps the copy
// followed while somebody reads.
type Mirror interface {
	Pods(ctx context.Context, clusterID int64, namespace string, page workload.Page) ([]workload.Pod, workload.Status, error)
	Deployments(ctx context.Context, clusterID int64, namespace string, page workload.Page) ([]workload.Deployment, workload.Status, error)
}

// Live is a page of mirrored objects, in order of name, with what is known of its age.
type Live[T any] struct {
	State      workload.State `json:"state" enum:"idle,syncing,live,stale,unreachable"`
	AsOf       time.Time      `json:"as_of,omitzero" doc:"When this was last known to match the cluster; absent when never"`
	Error      *Reason        `json:"error,omitempty" doc:"Why the cluster cannot be followed"`
	Synced     int64          `json:"synced,omitempty" doc:"Objects read so far, while syncing"`
	Total      int64          `json:"total,omitempty" doc:"Objects to read, when the cluster says so"`
	Incomplete bool           `json:"incomplete,omitempty" doc:"The cluster holds more than we keep"`
	ClusterID  int64          `json:"cluster_id"`
	Namespace  string         `json:"namespace"`
	Items      []T            `json:"items" nullable:"false"`
	Next       string         `json:"next,omitempty" doc:"Give it as after to get the next page; absent on the last one"`
	Topic      string         `json:"topic" doc:"What to follow at /events"`
}

// Pod is a pod as it was last seen.
type Pod struct {
	Name       string    `json:"name"`
	Phase      string    `json:"phase"`
	Reason     string    `json:"reason,omitempty" doc:"What keeps it from running, as the cluster says it"`
	Ready      int       `json:"ready" doc:"Containers that are ready"`
	Containers int       `json:"containers"`
	Restarts   int       `json:"restarts"`
	Node       string    `json:"node,omitempty"`
	IP         string    `json:"ip,omitempty"`
	App        string    `json:"app,omitempty"`
	OwnerKind  string    `json:"owner_kind,omitempty"`
	OwnerName  string    `json:"owner_name,omitempty"`
	CreatedAt  time.Time `json:"created_at"`
}

// Deployment is a deployment as it was last seen.
type Deployment struct {
	Name      string    `json:"name"`
	Wanted    int       `json:"wanted"`
	Updated   int       `json:"updated"`
	Ready     int       `json:"ready"`
	Available int       `json:"available"`
	Outdated  bool      `json:"outdated" doc:"Its controller has not seen the latest change yet"`
	App       string    `json:"app,omitempty"`
	CreatedAt time.Time `json:"created_at"`
}

type liveInput struct {
	EnvironmentInput
	After string `query:"after" maxLength:"253" doc:"The name after which the page begins: next of the page before"`
	Limit int    `query:"limit" minimum:"1" maximum:"100" default:"100"`
}

func (h *Handler) mountLive(r router) {
	const one = "/projects/{project}/environments/{environment}"
	route(r, "GET "+one+"/pods", "list-pods", "List the pods of the environment's namespace",
		h.needs(auth.ReadLive, h.ofProject), h.listPods)
	route(r, "GET "+one+"/deployments", "list-deployments", "List the deployments of the environment's namespace",
		h.needs(auth.ReadLive, h.ofProject), h.listDeployments)
}

func (h *Handler) listPods(ctx context.Context, in *liveInput) (*body[Live[Pod]], error) {
	return readLive(ctx, h, in, h.Mirror.Pods, viewPod, func(p workload.Pod) string { return p.Name })
}

func (h *Handler) listDeployments(ctx context.Context, in *liveInput) (*body[Live[Deployment]], error) {
	return readLive(ctx, h, in, h.Mirror.Deployments, viewDeployment, func(d workload.Deployment) string { return d.Name })
}

// readLive answers with a page of one kind, read from our copy.
func readLive[R, T any](
	ctx context.Context, h *Handler, in *liveInput,
	read func(context.Context, int64, string, workload.Page) ([]R, workload.Status, error),
	view func(R) T, name func(R) string,
) (*body[Live[T]], error) {
	one, err := h.namespaceOf(ctx, in.EnvironmentInput)
	if err != nil {
		return nil, err
	}
	page := workload.Page{Limit: in.Limit + 1}
	if in.After != "" {
		page.After = workload.Ref{Namespace: one.Name, Name: in.After}
	}
	rows, status, err := read(ctx, one.ClusterID, one.Name, page)
	if err != nil {
		return nil, err
	}
	live := Live[T]{
		State: status.State, AsOf: status.AsOf, Error: reasonOf(status.Code), Synced: status.Synced, Total: status.Total,
		Incomplete: status.Incomplete, ClusterID: one.ClusterID, Namespace: one.Name, Topic: status.Key.Topic(),
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		live.Next = name(rows[len(rows)-1])
	}
	live.Items = views(rows, view)
	return &body[Live[T]]{live}, nil
}

func viewPod(p workload.Pod) Pod {
	return Pod{
		Name: p.Name, Phase: p.Phase, Reason: p.Reason, Ready: p.Ready, Containers: p.Containers, Restarts: p.Restarts,
		Node: p.Node, IP: p.IP, App: p.App, OwnerKind: p.OwnerKind, OwnerName: p.OwnerName, CreatedAt: p.CreatedAt,
	}
}

func viewDeployment(d workload.Deployment) Deployment {
	return Deployment{
		Name: d.Name, Wanted: d.Wanted, Updated: d.Updated, Ready: d.Ready, Available: d.Available,
		Outdated: d.Outdated, App: d.App, CreatedAt: d.CreatedAt,
	}
}
