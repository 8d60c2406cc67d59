package gitlabapi

import (
	"context"
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Environments is what this API needs of a project's environments.
type Environments interface {
	ListEnvironments(ctx context.Context, q tenant.EnvironmentQuery) ([]tenant.Environment, error)
	CountEnvironments(ctx context.Context, q tenant.EnvironmentQuery) (n int, more bool, err error)
	Environment(ctx context.Context, projectID int64, name string) (tenant.Environment, error)
	EnvironmentByID(ctx context.Context, projectID, id int64) (tenant.Environment, error)
	CreateEnvironment(ctx context.Context, e tenant.NewEnvironment) (tenant.Environment, error)
	UpdateEnvironment(ctx context.Context, id int64, change tenant.EnvironmentChange) (tenant.Environment, error)
	StopEnvironment(ctx context.Context, id int64) (tenant.Environment, error)
	DeleteEnvironment(ctx context.Context, id int64) error
}

// environmentEntity is an environment. Roadstead knows no deployments and no agents.
type environmentEntity struct {
	ID             int64                   `json:"id"`
	Name           string                  `json:"name"`
	Slug           string                  `json:"slug"`
	Description    *string                 `json:"description"`
	ExternalURL    *string                 `json:"external_url"`
	CreatedAt      moment                  `json:"created_at"`
	UpdatedAt      moment                  `json:"updated_at"`
	Tier           tenant.Tier             `json:"tier"`
	State          tenant.EnvironmentState `json:"state"`
	AutoStopAt     *moment                 `json:"auto_stop_at"`
	LastDeployment *struct{}               `json:"last_deployment"`
	ClusterAgent   *struct{}               `json:"cluster_agent"`
	Project        *projectBasics          `json:"project,omitempty"`
}

func environmentRoutes() []Route {
	const all, one = "/projects/:id/environments", "/projects/:id/environments/:environment_id"
	named := param{name: "environment_id", kind: integer, required: true}
	var tiers []string
	for _, tier := range tenant.Tiers() {
		tiers = append(tiers, string(tier))
	}
	tier := param{name: "tier", values: tiers}
	at := func(method, pattern string, ability auth.Ability, handle func(*Handler, *call) (answer, error), params ...param) Route {
		return Route{Method: method, Pattern: pattern, Ability: ability, Level: Project, params: params, handle: handle}
	}
	return []Route{
		at(http.MethodGet, all, auth.ReadEnvironment, (*Handler).listEnvironments,
			paged(param{name: "name"}, param{name: "search"}, param{name: "states", values: []string{"available", "stopping", "stopped"}})...),
		at(http.MethodPost, all, auth.CreateEnvironment, (*Handler).createEnvironment,
			param{name: "name", required: true}, param{name: "external_url"}, param{name: "slug"}, tier),
		at(http.MethodGet, one, auth.ReadEnvironment, (*Handler).showEnvironment, named),
		at(http.MethodPut, one, auth.UpdateEnvironment, (*Handler).editEnvironment, named,
			param{name: "name"}, param{name: "external_url"}, param{name: "slug"}, tier),
		at(http.MethodDelete, one, auth.DeleteEnvironment, (*Handler).deleteEnvironment, named),
		at(http.MethodPost, one+"/stop", auth.StopEnvironment, (*Handler).stopEnvironment, named),
	}
}

func (h *Handler) listEnvironments(c *call) (answer, error) {
	if c.params.text("name") != "" {
		return h.listNamedEnvironment(c)
	}
	q := tenant.EnvironmentQuery{
		ProjectID: c.where.project.ID, Search: c.params.text("search"), State: tenant.EnvironmentState(c.params.text("states")),
		Order: tenant.ByPath, Page: tenant.Page{Offset: c.page().offset(), Limit: c.page().size},
	}
	found, err := h.Environments.ListEnvironments(c.ctx(), q)
	if err != nil {
		return answer{}, err
	}
	n, more, err := h.Environments.CountEnvironments(c.ctx(), q)
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{n, more}, h.listedEnvironment)
}

// listNamedEnvironment is the list of the one environment of a name, or of none.
func (h *Handler) listNamedEnvironment(c *call) (answer, error) {
	if c.params.text("search") != "" {
		return answer{}, refused(http.StatusBadRequest, "name, search cannot be used together")
	}
	e, err := h.Environments.Environment(c.ctx(), c.where.project.ID, c.params.text("name"))
	found := []tenant.Environment{e}
	if apperr.CodeOf(err) == apperr.NotFound {
		found, err = nil, nil
	}
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{total: len(found)}, h.listedEnvironment)
}

// listedEnvironment is an environment as a list shows it: with its project.
func (h *Handler) listedEnvironment(c *call, e tenant.Environment) (environmentEntity, error) {
	shown := environment(e)
	project, err := h.project(c, c.where.project)
	shown.Project = &project
	return shown, err
}

func (h *Handler) showEnvironment(c *call) (answer, error) {
	e, err := h.namedEnvironment(c)
	return answer{http.StatusOK, environment(e)}, err
}

func (h *Handler) createEnvironment(c *call) (answer, error) {
	if err := c.keepsSlug(); err != nil {
		return answer{}, err
	}
	e, err := h.Environments.CreateEnvironment(c.ctx(), tenant.NewEnvironment{
		ProjectID: c.where.project.ID, Name: c.params.text("name"), Tier: tenant.Tier(c.params.text("tier")),
		ExternalURL: c.params.text("external_url"),
	})
	if err != nil {
		return answer{}, environmentFailure(err)
	}
	shown, err := h.listedEnvironment(c, e)
	return answer{http.StatusCreated, shown}, err
}

func (h *Handler) editEnvironment(c *call) (answer, error) {
	e, err := h.namedEnvironment(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.keepsSlug(); err != nil {
		return answer{}, err
	}
	if c.params.has("name") && c.params.text("name") != e.Name {
		return answer{}, invalid("name", "cannot be changed: namespaces are called after it")
	}
	change := tenant.EnvironmentChange{ExternalURL: sent[string](c.params, "external_url")}
	if tier := c.params.text("tier"); tier != "" {
		change.Tier = new(tenant.Tier(tier))
	}
	if e, err = h.Environments.UpdateEnvironment(c.ctx(), e.ID, change); err != nil {
		return answer{}, environmentFailure(err)
	}
	shown, err := h.listedEnvironment(c, e)
	return answer{http.StatusOK, shown}, err
}

// keepsSlug refuses a slug, which is made from the name.
func (c *call) keepsSlug() error {
	if c.params.has("slug") {
		return refused(http.StatusBadRequest, "slug is automatically generated and cannot be changed")
	}
	return nil
}

// environmentFailure names what is wrong with an environment.
func environmentFailure(err error) error {
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return invalid("name", "has already been taken")
	}
	return err
}

func (h *Handler) stopEnvironment(c *call) (answer, error) {
	e, err := h.namedEnvironment(c)
	if err != nil {
		return answer{}, err
	}
	e, err = h.Environments.StopEnvironment(c.ctx(), e.ID)
	return answer{http.StatusOK, environment(e)}, err
}

// deleteEnvironment deletes one that was stopped. The predecessor forbids it for others.
func (h *Handler) deleteEnvironment(c *call) (answer, error) {
	e, err := h.namedEnvironment(c)
	if err != nil {
		return answer{}, err
	}
	if err := c.unmodified(e.UpdatedAt); err != nil {
		return answer{}, err
	}
	if e.State != tenant.Stopped {
		return answer{}, forbidden()
	}
	return answer{status: http.StatusNoContent}, h.Environments.DeleteEnvironment(c.ctx(), e.ID)
}

// namedEnvironment finds the environment of the path in the project of the path.
func (h *Handler) namedEnvironment(c *call) (tenant.Environment, error) {
	return h.Environments.EnvironmentByID(c.ctx(), c.where.project.ID, c.params.integer("environment_id"))
}

func environment(e tenant.Environment) environmentEntity {
	return environmentEntity{
		ID: e.ID, Name: e.Name, Slug: e.Slug, ExternalURL: textOrNull(e.ExternalURL), CreatedAt: moment(e.CreatedAt),
		UpdatedAt: moment(e.UpdatedAt), Tier: e.Tier, State: e.State,
	}
}
