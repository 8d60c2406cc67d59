package api

import (
	"context"
	"net/http"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Project belongs to one group.
type Project struct {
	ID        int64     `json:"id"`
	GroupID   int64     `json:"group_id"`
	Path      string    `json:"path" example:"acme/shop"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

func viewProject(p tenant.Project) Project {
	return Project{ID: p.ID, GroupID: p.GroupID, Path: p.Path, Name: p.Name, CreatedAt: p.CreatedAt}
}

// Environment is a named stage of a project.
type Environment struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name" example:"production"`
	Slug      string    `json:"slug" doc:"The name in a form that fits Kubernetes names"`
	CreatedAt time.Time `json:"created_at"`
}

func viewEnvironment(e tenant.Environment) Environment {
	return Environment{ID: e.ID, Name: e.Name, Slug: e.Slug, CreatedAt: e.CreatedAt}
}

// ProjectInput names a project.
type ProjectInput struct {
	Project string `path:"project" doc:"An id, or a full path with / written as %2F"`
}

func (h *Handler) mountProjects(r router) {
	route(r, "GET /projects", "list-projects", "List projects",
		signedIn(), h.listProjects)
	route(r, "POST /projects", "create-project", "Create a project",
		needsIn(h, auth.CreateProject, h.aboveNew), h.createProject, answers(http.StatusCreated))
	route(r, "GET /projects/{project}", "show-project", "Show a project",
		h.needs(auth.ReadProject, h.ofProject), h.showProject)
	route(r, "DELETE /projects/{project}", "remove-project", "Remove a project, its namespaces first",
		h.needs(auth.DeleteProject, h.ofProject), h.removeProject, answers(http.StatusAccepted))
	route(r, "GET /projects/{project}/environments", "list-environments", "List a project's environments",
		h.needs(auth.ReadEnvironment, h.ofProject), h.listEnvironments)
}

func (h *Handler) listProjects(ctx context.Context, in *pageInput) (*pageOutput[Project], error) {
	who, _ := auth.FromContext(ctx)
	projects, err := h.Tenants.Projects(ctx, who.Viewer(), tenant.ProjectQuery{Page: in.page()})
	if err != nil {
		return nil, err
	}
	return newPage("/projects", *in, projects, func(p tenant.Project) int64 { return p.ID }, viewProject), nil
}

func (h *Handler) createProject(ctx context.Context, in *createInput) (*body[Project], error) {
	project, err := h.Tenants.CreateProject(ctx, tenant.NewProject{Path: in.Body.Path, Name: in.Body.Name})
	if err != nil {
		return nil, err
	}
	return &body[Project]{viewProject(project)}, nil
}

func (h *Handler) showProject(ctx context.Context, in *ProjectInput) (*body[Project], error) {
	project := found[tenant.Project](ctx)
	return &body[Project]{viewProject(project)}, nil
}

func (h *Handler) removeProject(ctx context.Context, in *ProjectInput) (*body[Project], error) {
	project := found[tenant.Project](ctx)
	if err := h.Namespaces.RemoveProject(ctx, project.ID); err != nil {
		return nil, err
	}
	return &body[Project]{viewProject(project)}, nil
}

func (h *Handler) listEnvironments(ctx context.Context, in *ProjectInput) (*list[Environment], error) {
	project := found[tenant.Project](ctx)
	environments, err := h.Tenants.Environments(ctx, project.ID)
	if err != nil {
		return nil, err
	}
	return newList(environments, viewEnvironment), nil
}
