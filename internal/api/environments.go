package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Environments is what the API needs of the stages of projects.
type Environments interface {
	CreateEnvironment(ctx context.Context, n tenant.NewEnvironment) (tenant.Environment, error)
	Environment(ctx context.Context, projectID int64, name string) (tenant.Environment, error)
	Environments(ctx context.Context, projectID int64) ([]tenant.Environment, error)
	ListEnvironments(ctx context.Context, q tenant.EnvironmentQuery) ([]tenant.Environment, error)
	UpdateEnvironment(ctx context.Context, id int64, c tenant.EnvironmentChange) (tenant.Environment, error)
	StopEnvironment(ctx context.Context, id int64) (tenant.Environment, error)
	StartEnvironment(ctx context.Context, id int64) (tenant.Environment, error)
	DeleteEnvironment(ctx context.Context, id int64) error
}

// Environment is a named stage of a project.
type Environment struct {
	ID          int64                   `json:"id"`
	Name        string                  `json:"name" example:"production"`
	Slug        string                  `json:"slug" doc:"The name in a form that fits Kubernetes names"`
	Tier        tenant.Tier             `json:"tier" enum:"production,staging,testing,development,other"`
	State       tenant.EnvironmentState `json:"state" enum:"available,stopped" doc:"A stopped one gets no new credentials"`
	ExternalURL string                  `json:"external_url,omitempty" doc:"Where what runs there answers"`
	CreatedAt   time.Time               `json:"created_at"`
	UpdatedAt   time.Time               `json:"updated_at"`
}

func viewEnvironment(e tenant.Environment) Environment {
	return Environment{
		ID: e.ID, Name: e.Name, Slug: e.Slug, Tier: e.Tier, State: e.State, ExternalURL: e.ExternalURL,
		CreatedAt: e.CreatedAt, UpdatedAt: e.UpdatedAt,
	}
}

// NewEnvironment is what it takes to make an environment.
type NewEnvironment struct {
	Name        string      `json:"name" maxLength:"255"`
	Tier        tenant.Tier `json:"tier,omitempty" enum:"production,staging,testing,development,other" doc:"Guessed from the name if absent"`
	ExternalURL string      `json:"external_url,omitempty" maxLength:"255"`
}

// EditEnvironment is what changes of an environment. Its name never does: namespaces are called after it.
type EditEnvironment struct {
	Tier        *tenant.Tier `json:"tier,omitempty" enum:"production,staging,testing,development,other"`
	ExternalURL *string      `json:"external_url,omitempty" maxLength:"255"`
}

// EnvironmentInput names an environment of a project.
type EnvironmentInput struct {
	ProjectInput
	Environment string `path:"environment" doc:"A name, with / written as %2F"`
}

type listEnvironmentsInput struct {
	ProjectInput
	PageInput
	State  tenant.EnvironmentState `query:"state" enum:"available,stopped"`
	Search string                  `query:"search" maxLength:"255" doc:"A part of the name"`
}

type createEnvironmentInput struct {
	ProjectInput
	Body NewEnvironment
}

type editEnvironmentInput struct {
	EnvironmentInput
	Body EditEnvironment
}

func (h *Handler) mountEnvironments(r router) {
	const all = "/projects/{project}/environments"
	const one = all + "/{environment}"
	route(r, "GET "+all, "list-environments", "List a project's environments",
		h.needs(auth.ReadEnvironment, h.ofProject), h.listEnvironments)
	route(r, "POST "+all, "create-environment", "Make an environment",
		h.needs(auth.CreateEnvironment, h.ofProject), h.createEnvironment, answers(http.StatusCreated))
	route(r, "GET "+one, "show-environment", "Show an environment",
		h.needsEnvironment(auth.ReadEnvironment), h.showEnvironment)
	route(r, "PATCH "+one, "edit-environment", "Change an environment's tier or address",
		h.needsEnvironment(auth.UpdateEnvironment), h.editEnvironment)
	route(r, "POST "+one+"/stop", "stop-environment", "Take an environment out of use: it gets no new credentials",
		h.needsEnvironment(auth.StopEnvironment), h.stopEnvironment)
	route(r, "POST "+one+"/start", "start-environment", "Take a stopped environment into use again",
		h.needsEnvironment(auth.StopEnvironment), h.startEnvironment)
	route(r, "DELETE "+one, "delete-environment", "Delete a stopped environment without namespaces",
		h.needsEnvironment(auth.DeleteEnvironment), h.deleteEnvironment)
}

func (h *Handler) listEnvironments(ctx context.Context, in *listEnvironmentsInput) (*pageOutput[Environment], error) {
	environments, err := h.Tenants.ListEnvironments(ctx, tenant.EnvironmentQuery{
		ProjectID: found[tenant.Project](ctx).ID, State: in.State, Search: in.Search, Page: in.tenantPage(),
	})
	if err != nil {
		return nil, err
	}
	return newPage(in.PageInput, environments, func(e tenant.Environment) int64 { return e.ID }, viewEnvironment), nil
}

func (h *Handler) createEnvironment(ctx context.Context, in *createEnvironmentInput) (*body[Environment], error) {
	e, err := h.Tenants.CreateEnvironment(ctx, tenant.NewEnvironment{
		ProjectID: found[tenant.Project](ctx).ID, Name: in.Body.Name, Tier: in.Body.Tier, ExternalURL: in.Body.ExternalURL,
	})
	return &body[Environment]{viewEnvironment(e)}, err
}

func (h *Handler) showEnvironment(ctx context.Context, _ *EnvironmentInput) (*body[Environment], error) {
	return &body[Environment]{viewEnvironment(found[tenant.Environment](ctx))}, nil
}

func (h *Handler) editEnvironment(ctx context.Context, in *editEnvironmentInput) (*body[Environment], error) {
	e, err := h.Tenants.UpdateEnvironment(ctx, found[tenant.Environment](ctx).ID, tenant.EnvironmentChange(in.Body))
	return &body[Environment]{viewEnvironment(e)}, err
}

func (h *Handler) stopEnvironment(ctx context.Context, _ *EnvironmentInput) (*body[Environment], error) {
	e, err := h.Tenants.StopEnvironment(ctx, found[tenant.Environment](ctx).ID)
	return &body[Environment]{viewEnvironment(e)}, err
}

func (h *Handler) startEnvironment(ctx context.Context, _ *EnvironmentInput) (*body[Environment], error) {
	e, err := h.Tenants.StartEnvironment(ctx, found[tenant.Environment](ctx).ID)
	return &body[Environment]{viewEnvironment(e)}, err
}

func (h *Handler) deleteEnvironment(ctx context.Context, _ *EnvironmentInput) (*body[Environment], error) {
	e := found[tenant.Environment](ctx)
	return &body[Environment]{viewEnvironment(e)}, h.Tenants.DeleteEnvironment(ctx, e.ID)
}
