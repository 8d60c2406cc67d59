package gitlabapi

import (
	"context"
	"net/http"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Groups is what this API needs of groups.
type Groups interface {
	Group(ctx context.Context, idOrPath string) (tenant.Group, error)
	// Lineage lists groups and all that are above them.
	Lineage(ctx context.Context, groupIDs []int64) ([]tenant.Group, error)
	Groups(ctx context.Context, viewer tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error)
	CountGroups(ctx context.Context, viewer tenant.Viewer, q tenant.GroupQuery) (n int, more bool, err error)
	CreateGroup(ctx context.Context, g tenant.NewGroup) (tenant.Group, error)
	UpdateGroup(ctx context.Context, id int64, change tenant.Change) (tenant.Group, error)
	DeleteGroup(ctx context.Context, id int64) error
}

func groupRoutes() []Route {
	one := []param{}
	return []Route{
		{Method: http.MethodGet, Pattern: "/groups", Level: Self, params: groupListParams(), handle: (*Handler).listGroups},
		{
			Method: http.MethodPost, Pattern: "/groups", Level: Group, Field: "parent_id", Ability: auth.CreateGroup,
			params: []param{
				{name: "name", required: true, filled: true},
				{name: "path", required: true, filled: true},
				{name: "description"},
				{name: "parent_id", kind: integer},
				visibility(),
			},
			handle: (*Handler).createGroup,
		},
		{Method: http.MethodGet, Pattern: "/groups/:id", Level: Group, Ability: auth.ReadGroup, params: one, handle: (*Handler).showGroup},
		{
			Method: http.MethodPut, Pattern: "/groups/:id", Level: Group, Ability: auth.UpdateGroup,
			params: []param{{name: "name"}, {name: "path"}, {name: "description"}, visibility()},
			handle: (*Handler).updateGroup,
		},
		{
			Method: http.MethodDelete, Pattern: "/groups/:id", Level: Group, Ability: auth.DeleteGroup,
			params: one, handle: (*Handler).deleteGroup,
		},
		{
			Method: http.MethodGet, Pattern: "/groups/:id/subgroups", Level: Group, Ability: auth.ReadGroup,
			params: groupListParams(), handle: (*Handler).listSubgroups,
		},
		{
			Method: http.MethodGet, Pattern: "/groups/:id/descendant_groups", Level: Group, Ability: auth.ReadGroup,
			params: groupListParams(), handle: (*Handler).listDescendants,
		},
		{
			Method: http.MethodGet, Pattern: "/groups/:id/projects", Level: Group, Ability: auth.ReadGroup,
			params: projectListParams(param{name: "include_subgroups", kind: boolean}), handle: (*Handler).listGroupProjects,
		},
	}
}

// visibility is refused where it is not what everything here has, rather than ignored.
func visibility() param { return param{name: "visibility", values: []string{"private"}} }

func groupListParams() []param {
	return paged(
		param{name: "search"}, param{name: "owned", kind: boolean}, param{name: "top_level_only", kind: boolean},
		param{name: "min_access_level", kind: integer, values: nil},
		param{name: "order_by", values: []string{"name", "path", "id"}, fallback: "name"},
		param{name: "sort", values: []string{"asc"}, fallback: "asc"},
	)
}

func (h *Handler) listGroups(c *call) (answer, error) {
	return h.groupPage(c, tenant.GroupQuery{TopLevel: valueOf[bool](c.params, "top_level_only")})
}

func (h *Handler) listSubgroups(c *call) (answer, error) {
	return h.groupPage(c, tenant.GroupQuery{ParentID: c.where.group.ID})
}

func (h *Handler) listDescendants(c *call) (answer, error) {
	return h.groupPage(c, tenant.GroupQuery{ParentID: c.where.group.ID, Deep: true})
}

func (h *Handler) groupPage(c *call, q tenant.GroupQuery) (answer, error) {
	q.Search, q.MinRole = c.params.text("search"), c.minRole()
	if c.params.text("order_by") != "id" {
		q.Order = tenant.ByPath
	}
	q.Page = tenant.Page{Offset: c.page().offset(), Limit: c.page().size}
	found, err := h.Groups.Groups(c.ctx(), c.who.Viewer(), q)
	if err != nil {
		return answer{}, err
	}
	if err := learnGroups(h, c, found, func(g tenant.Group) int64 { return g.ID }); err != nil {
		return answer{}, err
	}
	n, more, err := h.Groups.CountGroups(c.ctx(), c.who.Viewer(), q)
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{n, more}, h.group)
}

// minRole is the least role that the caller must have in what a list shows.
func (c *call) minRole() tenant.Role {
	role := tenant.Role(c.params.integer("min_access_level"))
	if valueOf[bool](c.params, "membership") {
		role = max(role, tenant.Guest)
	}
	if valueOf[bool](c.params, "owned") {
		role = tenant.Owner
	}
	return role
}

func (h *Handler) showGroup(c *call) (answer, error) {
	shown, err := h.group(c, c.where.group)
	return answer{http.StatusOK, shown}, err
}

func (h *Handler) createGroup(c *call) (answer, error) {
	full := c.params.text("path")
	if above := c.where.group.Path; above != "" {
		full = above + "/" + full
	}
	made, err := h.Groups.CreateGroup(c.ctx(), tenant.NewGroup{
		Path: full, Name: c.params.text("name"), Description: c.params.text("description"), CreatedBy: c.who.UserID,
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return answer{}, said(http.StatusBadRequest, `Failed to save group {:path=>["has already been taken"]}`)
	}
	if err != nil {
		return answer{}, err
	}
	shown, err := h.group(c, made)
	return answer{http.StatusCreated, shown}, err
}

func (h *Handler) updateGroup(c *call) (answer, error) {
	changed, err := h.Groups.UpdateGroup(c.ctx(), c.where.group.ID, changeOf(c.params))
	if err != nil {
		return answer{}, taken(err)
	}
	shown, err := h.group(c, changed)
	return answer{http.StatusOK, shown}, err
}

// changeOf is the change of a group or project that was asked for.
func changeOf(v values) tenant.Change {
	return tenant.Change{Slug: sent[string](v, "path"), Name: sent[string](v, "name"), Description: sent[string](v, "description")}
}

// taken names the attribute that must not be the same twice.
func taken(err error) error {
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return invalid("path", "has already been taken")
	}
	return err
}

func (h *Handler) deleteGroup(c *call) (answer, error) {
	if err := c.unmodified(c.where.group.UpdatedAt); err != nil {
		return answer{}, err
	}
	return accepted(), h.Groups.DeleteGroup(c.ctx(), c.where.group.ID)
}

// accepted answers a deletion that may take its time.
func accepted() answer {
	return answer{http.StatusAccepted, map[string]string{"message": "202 Accepted"}}
}
