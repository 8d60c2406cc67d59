package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants is what the API needs of groups, projects and environments.
type Tenants interface {
	CreateGroup(ctx context.Context, n tenant.NewGroup) (tenant.Group, error)
	Group(ctx context.Context, idOrPath string) (tenant.Group, error)
	Groups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error)
	CreateProject(ctx context.Context, n tenant.NewProject) (tenant.Project, error)
	Project(ctx context.Context, idOrPath string) (tenant.Project, error)
	Projects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error)
	Environments(ctx context.Context, projectID int64) ([]tenant.Environment, error)
}

// Group holds projects and other groups.
type Group struct {
	ID        int64     `json:"id"`
	ParentID  int64     `json:"parent_id,omitempty" doc:"Absent for a top-level group"`
	Path      string    `json:"path" example:"acme/platform"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"created_at"`
}

func viewGroup(g tenant.Group) Group {
	return Group{ID: g.ID, ParentID: g.ParentID, Path: g.Path, Name: g.Name, CreatedAt: g.CreatedAt}
}

type groupInput struct {
	Group string `path:"group" doc:"An id, or a full path with / written as %2F"`
}

type createInput struct {
	Body NewPath
}

// NewPath is what it takes to create a group or a project.
type NewPath struct {
	Path string `json:"path" maxLength:"255" example:"acme/shop" doc:"The full path; what is above must exist"`
	Name string `json:"name,omitempty" maxLength:"255" doc:"Shown to people; the last part of the path if absent"`
}

func (h *Handler) mountGroups(r router) {
	route(r, "GET /groups", "list-groups", "List groups",
		signedIn(), h.listGroups)
	route(r, "POST /groups", "create-group", "Create a group",
		needsIn(h, auth.CreateGroup, h.aboveNew), h.createGroup, answers(http.StatusCreated))
	route(r, "GET /groups/{group}", "show-group", "Show a group",
		h.needs(auth.ReadGroup, h.ofGroup), h.showGroup)
}

func (h *Handler) listGroups(ctx context.Context, in *pageInput) (*pageOutput[Group], error) {
	who, _ := auth.FromContext(ctx)
	groups, err := h.Tenants.Groups(ctx, who.Viewer(), tenant.GroupQuery{Page: in.page()})
	if err != nil {
		return nil, err
	}
	return newPage("/groups", *in, groups, func(g tenant.Group) int64 { return g.ID }, viewGroup), nil
}

// aboveNew is where a new group or project shall be: the group above it, or the instance.
func (h *Handler) aboveNew(ctx context.Context, in *createInput) (auth.Subject, error) {
	i := strings.LastIndexByte(in.Body.Path, '/')
	if i < 0 {
		return auth.Instance(), nil
	}
	group, err := h.Tenants.Group(ctx, in.Body.Path[:i])
	return auth.Group(group.ID), err
}

func (h *Handler) createGroup(ctx context.Context, in *createInput) (*body[Group], error) {
	who, _ := auth.FromContext(ctx)
	group, err := h.Tenants.CreateGroup(ctx, tenant.NewGroup{Path: in.Body.Path, Name: in.Body.Name, CreatedBy: who.UserID})
	if err != nil {
		return nil, err
	}
	return &body[Group]{viewGroup(group)}, nil
}

func (h *Handler) showGroup(ctx context.Context, _ *groupInput) (*body[Group], error) {
	return &body[Group]{viewGroup(found[tenant.Group](ctx))}, nil
}
