package gitlabapi

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Projects is what this API needs of projects.
type Projects interface {
	Project(ctx context.Context, idOrPath string) (tenant.Project, error)
	Projects(ctx context.Context, viewer tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error)
	CountProjects(ctx context.Context, viewer tenant.Viewer, q tenant.ProjectQuery) (n int, more bool, err error)
	CreateProject(ctx context.Context, p tenant.NewProject) (tenant.Project, error)
	UpdateProject(ctx context.Context, id int64, change tenant.Change) (tenant.Project, error)
}

// Namespaces takes a project away, with what it has in clusters.
type Namespaces interface {
	RemoveProject(ctx context.Context, projectID int64) error
}

func projectRoutes() []Route {
	return []Route{
		{Method: http.MethodGet, Pattern: "/projects", Level: Self, params: projectListParams(), handle: (*Handler).listProjects},
		{
			Method: http.MethodPost, Pattern: "/projects", Level: Group, Field: "namespace_id", Ability: auth.CreateProject,
			params: []param{
				{name: "name"}, {name: "path"}, {name: "namespace_id", kind: integer}, {name: "description"}, visibility(),
			},
			handle: (*Handler).createProject,
		},
		{Method: http.MethodGet, Pattern: "/projects/:id", Level: Project, Ability: auth.ReadProject, handle: (*Handler).showProject},
		{
			Method: http.MethodPut, Pattern: "/projects/:id", Level: Project, Ability: auth.UpdateProject,
			params: []param{{name: "name"}, {name: "path"}, {name: "description"}, visibility()},
			handle: (*Handler).updateProject,
		},
		{Method: http.MethodDelete, Pattern: "/projects/:id", Level: Project, Ability: auth.DeleteProject, handle: (*Handler).deleteProject},
	}
}

func projectListParams(others ...param) []param {
	return paged(append(others,
		param{name: "search"}, param{name: "owned", kind: boolean}, param{name: "membership", kind: boolean},
		param{name: "min_access_level", kind: integer}, param{name: "archived", kind: boolean}, visibility(),
		param{name: "order_by", values: []string{"created_at", "id", "name", "path"}, fallback: "created_at"},
		param{name: "sort", values: []string{"asc", "desc"}, fallback: "desc"},
		param{name: "pagination", values: []string{"keyset", "legacy"}}, param{name: "id_after", kind: integer},
	)...)
}

func (h *Handler) listProjects(c *call) (answer, error) {
	return h.projectPage(c, tenant.ProjectQuery{})
}

func (h *Handler) listGroupProjects(c *call) (answer, error) {
	return h.projectPage(c, tenant.ProjectQuery{
		GroupID: c.where.group.ID, Deep: valueOf[bool](c.params, "include_subgroups"),
	})
}

func (h *Handler) projectPage(c *call, q tenant.ProjectQuery) (answer, error) {
	q.Search, q.MinRole, q.Order = c.params.text("search"), c.minRole(), c.projectOrder()
	if c.params.text("pagination") == "keyset" {
		return h.projectsAfter(c, q)
	}
	q.Page = tenant.Page{Offset: c.page().offset(), Limit: c.page().size}
	if valueOf[bool](c.params, "archived") {
		return listed(c, []tenant.Project{}, count{}, h.project) // nothing here is
	}
	found, err := h.Projects.Projects(c.ctx(), c.who.Viewer(), q)
	if err != nil {
		return answer{}, err
	}
	if err := learnGroups(h, c, found, func(p tenant.Project) int64 { return p.GroupID }); err != nil {
		return answer{}, err
	}
	n, more, err := h.Projects.CountProjects(c.ctx(), c.who.Viewer(), q)
	if err != nil {
		return answer{}, err
	}
	return listed(c, found, count{n, more}, h.project)
}

// projectOrder is one of those that the store can follow with an index.
func (c *call) projectOrder() tenant.Order {
	switch {
	case c.params.text("order_by") == "name", c.params.text("order_by") == "path":
		return tenant.ByPath
	case c.params.text("sort") == "desc":
		return tenant.Newest
	}
	return tenant.ByID
}

// projectsAfter answers the page after an id, in order of id: what the predecessor calls keyset pagination.
func (h *Handler) projectsAfter(c *call, q tenant.ProjectQuery) (answer, error) {
	if q.Order != tenant.ByID || c.params.text("order_by") != "id" {
		return answer{}, refused(http.StatusMethodNotAllowed, "Keyset pagination is not yet available for this type of request")
	}
	size := c.page().size
	q.Page = tenant.Page{After: c.params.integer("id_after"), Limit: size + 1}
	found, err := h.Projects.Projects(c.ctx(), c.who.Viewer(), q)
	if err != nil {
		return answer{}, err
	}
	if len(found) > size {
		found = found[:size]
		c.linkAfter(found[size-1].ID)
	}
	if err := learnGroups(h, c, found, func(p tenant.Project) int64 { return p.GroupID }); err != nil {
		return answer{}, err
	}
	shown := make([]projectBasics, 0, len(found))
	for _, p := range found {
		one, err := h.project(c, p)
		if err != nil {
			return answer{}, err
		}
		shown = append(shown, one)
	}
	return answer{http.StatusOK, shown}, nil
}

func (c *call) linkAfter(id int64) {
	next := c.address()
	query := next.Query()
	query.Set("id_after", idText(id))
	next.RawQuery = query.Encode()
	c.head.Set("Link", "<"+next.String()+`>; rel="next"`)
}

func (h *Handler) showProject(c *call) (answer, error) {
	shown, err := h.wholeProject(c, c.where.project)
	return answer{http.StatusOK, shown}, err
}

var notSlug = regexp.MustCompile(`[^a-z0-9_.]+`)

func (h *Handler) createProject(c *call) (answer, error) {
	name, slug := c.params.text("name"), c.params.text("path")
	switch {
	case name == "" && slug == "":
		return answer{}, refused(http.StatusBadRequest, "name, path are missing, at least one parameter must be provided")
	case slug == "":
		slug = strings.Trim(notSlug.ReplaceAllString(strings.ToLower(name), "-"), "-.")
	}
	if c.where.group.ID == 0 {
		return answer{}, invalid("namespace", "is not valid") // nobody has one of his own here
	}
	made, err := h.Projects.CreateProject(c.ctx(), tenant.NewProject{
		Path: c.where.group.Path + "/" + slug, Name: name, Description: c.params.text("description"),
	})
	if apperr.CodeOf(err) == apperr.AlreadyExists {
		return answer{}, invalids(attributes{{"path", []string{"has already been taken"}}})
	}
	if err != nil {
		return answer{}, err
	}
	shown, err := h.wholeProject(c, made)
	return answer{http.StatusCreated, shown}, err
}

func (h *Handler) updateProject(c *call) (answer, error) {
	changed, err := h.Projects.UpdateProject(c.ctx(), c.where.project.ID, changeOf(c.params))
	if err != nil {
		return answer{}, taken(err)
	}
	shown, err := h.wholeProject(c, changed)
	return answer{http.StatusOK, shown}, err
}

func (h *Handler) deleteProject(c *call) (answer, error) {
	if err := c.unmodified(c.where.project.UpdatedAt); err != nil {
		return answer{}, err
	}
	return accepted(), h.Namespaces.RemoveProject(c.ctx(), c.where.project.ID)
}
