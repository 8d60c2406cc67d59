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
	ID          int64     `json:"id"`
	GroupID     int64     `json:"group_id"`
	Path        string    `json:"path" example:"acme/shop"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Topic       string    `json:"topic" doc:"What to follow at /events"`
}

func viewProject(p tenant.Project) Project {
	return Project{
		ID: p.ID, GroupID: p.GroupID, Path: p.Path, Name: p.Name, Description: p.Description,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Topic: "project/" + itoa(p.ID),
	}
}

// ProjectInput names a project.
type ProjectInput struct {
	Project string `path:"project" doc:"An id, or a full path with / written as %2F"`
}

type listProjectsInput struct {
	PageInput
	Group  string `query:"group" doc:"Only the projects in this group, by id or full path"`
	Deep   bool   `query:"deep" doc:"With those in the groups below"`
	Search string `query:"search" maxLength:"255" doc:"A part of the name or path; with a /, the beginning of a full path"`
	Owned  bool   `query:"owned" doc:"Only those that the caller owns as a member"`
}

type editProjectInput struct {
	ProjectInput
	Body EditPath
}

func (h *Handler) mountProjects(r router) {
	route(r, "GET /projects", "list-projects", "List the projects that the caller sees", signedIn(), h.listProjects)
	route(r, "POST /projects", "create-project", "Create a project",
		needsIn(h, auth.CreateProject, h.aboveNew), h.createProject, answers(http.StatusCreated))
	route(r, "GET /projects/{project}", "show-project", "Show a project",
		h.needs(auth.ReadProject, h.ofProject), h.showProject)
	route(r, "PATCH /projects/{project}", "edit-project", "Rename or describe a project",
		h.needs(auth.UpdateProject, h.ofProject), h.editProject)
	route(r, "DELETE /projects/{project}", "remove-project", "Remove a project, its namespaces first",
		h.needs(auth.DeleteProject, h.ofProject), h.removeProject, answers(http.StatusAccepted))
}

func (h *Handler) listProjects(ctx context.Context, in *listProjectsInput) (*pageOutput[Project], error) {
	query := tenant.ProjectQuery{Deep: in.Deep, Search: in.Search, Page: in.tenantPage()}
	if in.Owned {
		query.MinRole = tenant.Owner
	}
	if in.Group != "" {
		group, err := h.seenGroup(ctx, in.Group)
		if err != nil {
			return nil, err
		}
		query.GroupID = group.ID
	}
	projects, err := h.Tenants.Projects(ctx, viewer(ctx), query)
	if err != nil {
		return nil, err
	}
	return newPage(in.PageInput, projects, func(p tenant.Project) int64 { return p.ID }, viewProject), nil
}

func (h *Handler) createProject(ctx context.Context, in *createInput) (*body[Project], error) {
	project, err := h.Tenants.CreateProject(ctx, tenant.NewProject(in.Body))
	return &body[Project]{viewProject(project)}, err
}

func (h *Handler) showProject(ctx context.Context, _ *ProjectInput) (*body[Project], error) {
	return &body[Project]{viewProject(found[tenant.Project](ctx))}, nil
}

func (h *Handler) editProject(ctx context.Context, in *editProjectInput) (*body[Project], error) {
	project, err := h.Tenants.UpdateProject(ctx, found[tenant.Project](ctx).ID, in.Body.change())
	return &body[Project]{viewProject(project)}, err
}

func (h *Handler) removeProject(ctx context.Context, _ *ProjectInput) (*body[Project], error) {
	project := found[tenant.Project](ctx)
	return &body[Project]{viewProject(project)}, h.Namespaces.RemoveProject(ctx, project.ID)
}
