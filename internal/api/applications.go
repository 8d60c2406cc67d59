package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
)

// Applications is what the API needs of cluster applications.
type Applications interface {
	Catalog(ctx context.Context) ([]application.Entry, error)
	Entry(ctx context.Context, name string) (application.Entry, error)
	StoreEntry(ctx context.Context, name string, text []byte) (application.Entry, error)
	RemoveEntry(ctx context.Context, name string) error
	Applications(ctx context.Context, clusterID int64) ([]application.View, error)
	Application(ctx context.Context, clusterID int64, name string) (application.View, error)
	Install(ctx context.Context, r application.InstallRequest) (application.Operation, error)
	Uninstall(ctx context.Context, r application.UninstallRequest) (application.Operation, error)
	Operation(ctx context.Context, id int64) (application.Operation, error)
	RightsManifest(ctx context.Context, name, home string) (string, error)
	Log(ctx context.Context, operationID, after int64, limit int) ([]application.LogLine, error)
}

// Application is one entry of the catalog on one cluster.
type Application struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	ClusterID int64  `json:"cluster_id"`
	Namespace string `json:"namespace"`
	//nolint:lll // a tag cannot be wrapped
	State       application.State `json:"state" enum:"installable,scheduled,installing,installed,updating,updated,errored,update_errored,uninstalling,uninstall_errored"`
	Version     string            `json:"version,omitempty" doc:"The installed chart version"`
	Available   string            `json:"available" doc:"The chart version in the catalog"`
	Outdated    bool              `json:"outdated" doc:"The catalog has another version than the installed one"`
	AsOf        time.Time         `json:"as_of,omitzero" doc:"When the state last changed"`
	Error       *Reason           `json:"error,omitempty" doc:"Why the last operation failed"`
	OperationID int64             `json:"operation_id,omitempty" doc:"The latest operation"`
	Topic       string            `json:"topic" doc:"What to follow at /events"`
}

// InstallApplication says how an application shall be installed.
type InstallApplication struct {
	Version string `json:"version,omitempty" maxLength:"128" doc:"The chart version; that of the catalog if absent"`
	Values  string `json:"values,omitempty" maxLength:"524288" doc:"YAML; those given last if absent, none if {}. Never shown again."`
	Admin   bool   `json:"admin,omitempty" doc:"Consent to rights level cluster-admin for this operation"`
}

// ApplicationInput names an application of a cluster.
type ApplicationInput struct {
	ClusterInput
	Name string `path:"name" doc:"The name of a catalog entry"`
}

type installInput struct {
	ApplicationInput
	WaitInput
	Body *InstallApplication
}

// UninstallApplication says how an application shall be uninstalled.
type UninstallApplication struct {
	Admin bool `json:"admin,omitempty" doc:"Consent to rights level cluster-admin for this operation"`
}

type uninstallInput struct {
	ApplicationInput
	WaitInput
	Body *UninstallApplication
}

func (h *Handler) mountApplications(r router) {
	const one = "/clusters/{cluster}/applications/{name}"
	route(r, "GET /clusters/{cluster}/applications", "list-applications", "List a cluster's applications, installed or not",
		h.needs(auth.ReadApplication, h.ofCluster), h.listApplications)
	route(r, "GET "+one, "show-application", "Show an application of a cluster",
		h.needs(auth.ReadApplication, h.ofCluster), h.showApplication)
	route(r, "POST "+one+"/install", "install-application", "Install an application, or upgrade it where it is installed",
		h.needs(auth.ManageApplication, h.ofCluster), h.installApplication, answers(http.StatusAccepted))
	route(r, "POST "+one+"/uninstall", "uninstall-application", "Uninstall an application",
		h.needs(auth.ManageApplication, h.ofCluster), h.uninstallApplication, answers(http.StatusAccepted))
}

func (h *Handler) listApplications(ctx context.Context, in *ClusterInput) (*list[Application], error) {
	one := found[cluster.Cluster](ctx)
	applications, err := h.Applications.Applications(ctx, one.ID)
	if err != nil {
		return nil, err
	}
	view := func(v application.View) Application { return viewApplication(one.ID, v) }
	return newList(applications, view), nil
}

func (h *Handler) showApplication(ctx context.Context, in *ApplicationInput) (*body[Application], error) {
	one := found[cluster.Cluster](ctx)
	view, err := h.Applications.Application(ctx, one.ID, in.Name)
	if err != nil {
		return nil, err
	}
	return &body[Application]{viewApplication(one.ID, view)}, nil
}

func (h *Handler) installApplication(ctx context.Context, in *installInput) (*result[Operation], error) {
	one := found[cluster.Cluster](ctx)
	request := application.InstallRequest{ClusterID: one.ID, Name: in.Name}
	if in.Body != nil {
		request.Version, request.Admin = in.Body.Version, in.Body.Admin
		if in.Body.Values != "" {
			request.Values = []byte(in.Body.Values)
		}
	}
	op, err := h.Applications.Install(ctx, request)
	if err != nil {
		return nil, err
	}
	return h.followed(ctx, op.ID, in.WaitInput)
}

func (h *Handler) uninstallApplication(ctx context.Context, in *uninstallInput) (*result[Operation], error) {
	one := found[cluster.Cluster](ctx)
	request := application.UninstallRequest{ClusterID: one.ID, Name: in.Name}
	if in.Body != nil {
		request.Admin = in.Body.Admin
	}
	op, err := h.Applications.Uninstall(ctx, request)
	if err != nil {
		return nil, err
	}
	return h.followed(ctx, op.ID, in.WaitInput)
}

// followed answers with a new operation: 200 when the request waited for its end, else 202.
func (h *Handler) followed(ctx context.Context, id int64, in WaitInput) (*result[Operation], error) {
	op, err := await(ctx, h, in, h.ended(id))
	if err != nil {
		return nil, err
	}
	status := http.StatusAccepted
	if op.Final() {
		status = http.StatusOK
	}
	lines, err := h.stepLines(ctx, id)
	return &result[Operation]{status, viewOperation(op, lines)}, err
}

func viewApplication(clusterID int64, v application.View) Application {
	var detail []string
	if v.Operation != nil {
		detail = v.Operation.Detail
	}
	return Application{
		Name: v.Entry.Name, Title: v.Entry.Title, ClusterID: clusterID, Namespace: v.Application.Namespace,
		State: v.Application.State, Version: v.Application.Version, Available: v.Entry.Chart.Version,
		Outdated: v.UpdateAvailable, AsOf: v.Application.UpdatedAt, Error: reasonOf(v.Application.Code, detail...),
		OperationID: v.Application.OperationID, Topic: application.Topic(clusterID),
	}
}
