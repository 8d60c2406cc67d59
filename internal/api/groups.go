package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Tenants is what the API needs of groups, projects, environments and members.
type Tenants interface {
	CreateGroup(ctx context.Context, n tenant.NewGroup) (tenant.Group, error)
	Group(ctx context.Context, idOrPath string) (tenant.Group, error)
	Groups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error)
	UpdateGroup(ctx context.Context, id int64, c tenant.Change) (tenant.Group, error)
	DeleteGroup(ctx context.Context, id int64) error

	CreateProject(ctx context.Context, n tenant.NewProject) (tenant.Project, error)
	Project(ctx context.Context, idOrPath string) (tenant.Project, error)
	Projects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error)
	UpdateProject(ctx context.Context, id int64, c tenant.Change) (tenant.Project, error)

	Environments
	Members
}

// Group holds projects and other groups.
type Group struct {
	ID          int64     `json:"id"`
	ParentID    int64     `json:"parent_id,omitempty" doc:"Absent for a top-level group"`
	Path        string    `json:"path" example:"acme/platform"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
	Topic       string    `json:"topic" doc:"What to follow at /events"`
}

func viewGroup(g tenant.Group) Group {
	return Group{
		ID: g.ID, ParentID: g.ParentID, Path: g.Path, Name: g.Name, Description: g.Description,
		CreatedAt: g.CreatedAt, UpdatedAt: g.UpdatedAt, Topic: "group/" + itoa(g.ID),
	}
}

// GroupInput names a group.
type GroupInput struct {
	Group string `path:"group" doc:"An id, or a full path with / written as %2F"`
}

type createInput struct {
	Body NewPath
}

// NewPath is what it takes to create a group or a project.
type NewPath struct {
	Path        string `json:"path" maxLength:"255" example:"acme/shop" doc:"The full path; what is above must exist"`
	Name        string `json:"name,omitempty" maxLength:"255" doc:"Shown to people; the last part of the path if absent"`
	Description string `json:"description,omitempty" maxLength:"2000"`
}

// EditPath is what changes of a group or a project. What is absent stays.
type EditPath struct {
	Path        *string `json:"path,omitempty" maxLength:"255" doc:"The last part of the path; those below follow"`
	Name        *string `json:"name,omitempty" maxLength:"255"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
}

type listGroupsInput struct {
	PageInput
	Parent string `query:"parent" doc:"Only the groups in this one, by id or full path"`
	Deep   bool   `query:"deep" doc:"With those further below"`
	Search string `query:"search" maxLength:"255" doc:"A part of the name or path; with a /, the beginning of a full path"`
	Owned  bool   `query:"owned" doc:"Only those that the caller owns as a member"`
}

type editGroupInput struct {
	GroupInput
	Body EditPath
}

func (h *Handler) mountGroups(r router) {
	route(r, "GET /groups", "list-groups", "List the groups that the caller sees", signedIn(), h.listGroups)
	route(r, "POST /groups", "create-group", "Create a group, whose owner the caller becomes",
		needsIn(h, auth.CreateGroup, h.aboveNew), h.createGroup, answers(http.StatusCreated))
	route(r, "GET /groups/{group}", "show-group", "Show a group",
		h.needs(auth.ReadGroup, h.ofGroup), h.showGroup)
	route(r, "PATCH /groups/{group}", "edit-group", "Rename or describe a group",
		h.needs(auth.UpdateGroup, h.ofGroup), h.editGroup)
	route(r, "DELETE /groups/{group}", "delete-group", "Delete an empty group",
		h.needs(auth.DeleteGroup, h.ofGroup), h.deleteGroup)
}

func (h *Handler) listGroups(ctx context.Context, in *listGroupsInput) (*pageOutput[Group], error) {
	query := tenant.GroupQuery{Deep: in.Deep, Search: in.Search, Page: in.tenantPage()}
	if in.Owned {
		query.MinRole = tenant.Owner
	}
	if in.Parent != "" {
		parent, err := h.seenGroup(ctx, in.Parent)
		if err != nil {
			return nil, err
		}
		query.ParentID = parent.ID
	}
	groups, err := h.Tenants.Groups(ctx, viewer(ctx), query)
	if err != nil {
		return nil, err
	}
	return newPage(in.PageInput, groups, func(g tenant.Group) int64 { return g.ID }, viewGroup), nil
}

// seenGroup finds a group that the caller sees.
func (h *Handler) seenGroup(ctx context.Context, idOrPath string) (tenant.Group, error) {
	group, err := h.Tenants.Group(ctx, idOrPath)
	if err != nil {
		return tenant.Group{}, err
	}
	return group, h.check(ctx, auth.ReadGroup, auth.Group(group.ID))
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
	group, err := h.Tenants.CreateGroup(ctx, tenant.NewGroup{
		Path: in.Body.Path, Name: in.Body.Name, Description: in.Body.Description, CreatedBy: who.UserID,
	})
	return &body[Group]{viewGroup(group)}, err
}

func (h *Handler) showGroup(ctx context.Context, _ *GroupInput) (*body[Group], error) {
	return &body[Group]{viewGroup(found[tenant.Group](ctx))}, nil
}

func (h *Handler) editGroup(ctx context.Context, in *editGroupInput) (*body[Group], error) {
	group, err := h.Tenants.UpdateGroup(ctx, found[tenant.Group](ctx).ID, in.Body.change())
	return &body[Group]{viewGroup(group)}, err
}

func (h *Handler) deleteGroup(ctx context.Context, _ *GroupInput) (*body[Group], error) {
	group := found[tenant.Group](ctx)
	return &body[Group]{viewGroup(group)}, h.Tenants.DeleteGroup(ctx, group.ID)
}

func (e EditPath) change() tenant.Change {
	return tenant.Change{Slug: e.Path, Name: e.Name, Description: e.Description}
}

// viewer is whose eyes a list is for.
func viewer(ctx context.Context) tenant.Viewer {
	who, _ := auth.FromContext(ctx)
	return who.Viewer()
}

// tenantPage asks for one row more than the page holds.
func (in *PageInput) tenantPage() tenant.Page {
	return tenant.Page{After: in.After, Limit: in.Limit + 1}
}
