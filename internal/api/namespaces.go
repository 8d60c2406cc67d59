package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Namespaces is what the API needs of namespaces.
type Namespaces interface {
	Ensure(ctx context.Context, r namespace.EnsureRequest) (namespace.Namespace, error)
	ByID(ctx context.Context, id int64) (namespace.Namespace, error)
	Named(ctx context.Context, clusterID int64, name string) (namespace.Namespace, error)
	Namespace(ctx context.Context, projectID int64, environment string) (namespace.Namespace, error)
	OfProject(ctx context.Context, projectID int64) ([]namespace.Namespace, error)
	Remove(ctx context.Context, id int64) (namespace.Namespace, error)
	RemoveProject(ctx context.Context, projectID int64) error
	RequestCredential(ctx context.Context, namespaceID int64, lifetime time.Duration) (namespace.Grant, error)
}

// Namespace is the restricted namespace of a project's environment on a cluster.
type Namespace struct {
	ID             int64             `json:"id"`
	ClusterID      int64             `json:"cluster_id"`
	ProjectID      int64             `json:"project_id"`
	Environment    string            `json:"environment"`
	Name           string            `json:"name" doc:"Its name in the cluster"`
	ServiceAccount string            `json:"service_account"`
	Profile        namespace.Profile `json:"profile" enum:"restricted,baseline,gitlab"`
	State          namespace.State   `json:"state" enum:"pending,ready,failed,removing"`
	AsOf           time.Time         `json:"as_of,omitzero" doc:"When all objects were last known to stand"`
	Error          *Reason           `json:"error,omitempty"`
	Objects        []NamespaceObject `json:"objects" nullable:"false"`
	CreatedAt      time.Time         `json:"created_at"`
	UpdatedAt      time.Time         `json:"updated_at"`
	Topic          string            `json:"topic" doc:"What to follow at /events"`
}

// NamespaceObject is the outcome of one object of a namespace.
type NamespaceObject struct {
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Applied bool    `json:"applied"`
	Error   *Reason `json:"error,omitempty"`
}

// EnsureNamespace says how a namespace shall be.
type EnsureNamespace struct {
	Profile namespace.Profile `json:"profile,omitempty" enum:"restricted,baseline,gitlab" doc:"What it has, or restricted when it is new"`
}

type ensureInput struct {
	EnvironmentInput
	WaitInput
	Body *EnsureNamespace
}

type showNamespaceInput struct {
	EnvironmentInput
	WaitInput
}

func (h *Handler) mountNamespaces(r router) {
	const one = "/projects/{project}/environments/{environment}"
	route(r, "GET /projects/{project}/namespaces", "list-namespaces", "List a project's namespaces",
		h.needs(auth.ReadNamespace, h.ofProject), h.listNamespaces)
	route(r, "PUT "+one+"/namespace", "ensure-namespace", "Make the environment's namespace, or mend it",
		h.needs(auth.CreateNamespace, h.ofProject), h.ensureNamespace, answers(http.StatusAccepted))
	route(r, "GET "+one+"/namespace", "show-namespace", "Show the environment's namespace",
		h.needs(auth.ReadNamespace, h.ofProject), h.showNamespace)
	route(r, "DELETE "+one+"/namespace", "remove-namespace", "Take the environment's namespace out of its cluster",
		h.needs(auth.DeleteNamespace, h.ofProject), h.removeNamespace, answers(http.StatusAccepted))
	route(r, "POST "+one+"/kubeconfig", "create-kubeconfig", "Make a short-lived kubeconfig for the namespace",
		h.needs(auth.CreateCredential, h.ofProject), h.createKubeconfig, answers(http.StatusCreated), holdsSecret())
}

func (h *Handler) listNamespaces(ctx context.Context, in *ProjectInput) (*list[Namespace], error) {
	project := found[tenant.Project](ctx)
	namespaces, err := h.Namespaces.OfProject(ctx, project.ID)
	if err != nil {
		return nil, err
	}
	environments, err := h.Tenants.Environments(ctx, project.ID)
	if err != nil {
		return nil, err
	}
	names := make(map[int64]string, len(environments))
	for _, e := range environments {
		names[e.ID] = e.Name
	}
	view := func(n namespace.Namespace) Namespace { return viewNamespace(n, names[n.EnvironmentID]) }
	return newList(namespaces, view), nil
}

func (h *Handler) ensureNamespace(ctx context.Context, in *ensureInput) (*result[Namespace], error) {
	project := found[tenant.Project](ctx)
	request := namespace.EnsureRequest{ProjectID: project.ID, Environment: in.Environment}
	if in.Body != nil {
		request.Profile = in.Body.Profile
	}
	ensured, err := h.Namespaces.Ensure(ctx, request)
	if err != nil {
		return nil, err
	}
	return h.settled(ctx, in.Environment, ensured, in.WaitInput)
}

func (h *Handler) showNamespace(ctx context.Context, in *showNamespaceInput) (*result[Namespace], error) {
	one, err := h.namespaceOf(ctx, in.EnvironmentInput)
	if err != nil {
		return nil, err
	}
	if in.duration() == 0 {
		return &result[Namespace]{http.StatusOK, viewNamespace(one, in.Environment)}, nil
	}
	return h.settled(ctx, in.Environment, one, in.WaitInput)
}

func (h *Handler) removeNamespace(ctx context.Context, in *EnvironmentInput) (*result[Namespace], error) {
	one, err := h.namespaceOf(ctx, *in)
	if err != nil {
		return nil, err
	}
	removing, err := h.Namespaces.Remove(ctx, one.ID)
	if err != nil {
		return nil, err
	}
	return &result[Namespace]{http.StatusAccepted, viewNamespace(removing, in.Environment)}, nil
}

// settled answers with the namespace once it is ready or failed, or as it is when the wait is over. One that is being
// removed settles by being gone, which its read reports as not found.
func (h *Handler) settled(
	ctx context.Context, environment string, n namespace.Namespace, in WaitInput,
) (*result[Namespace], error) {
	settled := func(n namespace.Namespace) bool { return n.State == namespace.Ready || n.State == namespace.Failed }
	shown, err := await(ctx, h, in, watched[namespace.Namespace]{
		topics: []string{namespaceTopic(n.ID)},
		read: func(ctx context.Context) (namespace.Namespace, error) {
			return h.Namespaces.Namespace(ctx, n.ProjectID, environment)
		},
		done: settled,
	})
	if err != nil {
		return nil, err
	}
	status := http.StatusAccepted
	if settled(shown) {
		status = http.StatusOK
	}
	return &result[Namespace]{status, viewNamespace(shown, environment)}, nil
}

func (h *Handler) namespaceOf(ctx context.Context, in EnvironmentInput) (namespace.Namespace, error) {
	return h.Namespaces.Namespace(ctx, found[tenant.Project](ctx).ID, in.Environment)
}

func viewNamespace(n namespace.Namespace, environment string) Namespace {
	return Namespace{
		ID: n.ID, ClusterID: n.ClusterID, ProjectID: n.ProjectID, Environment: environment, Name: n.Name,
		ServiceAccount: n.ServiceAccount, Profile: n.Profile, State: n.State, AsOf: n.ReadyAt, Error: reasonOf(n.Code),
		Objects: views(n.Objects, func(o namespace.Object) NamespaceObject {
			return NamespaceObject{Kind: o.Kind, Name: o.Name, Applied: o.Applied, Error: reasonOf(o.Code)}
		}),
		CreatedAt: n.CreatedAt, UpdatedAt: n.UpdatedAt, Topic: namespaceTopic(n.ID),
	}
}

func namespaceTopic(id int64) string { return fmt.Sprintf("namespace/%d", id) }
