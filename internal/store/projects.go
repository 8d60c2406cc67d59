package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// projectColumns are those that a listing of projects reads.
const projectColumns = "r.id, r.group_id, r.path, r.name, r.description, r.created_at, r.updated_at"

// Project returns one project.
func (s Tenant) Project(ctx context.Context, id int64) (tenant.Project, error) {
	row, err := s.db.reader().Project(ctx, id)
	return project(row), doing(err, "read project %d", id)
}

// ProjectByPath finds a project by its full path, in either case.
func (s Tenant) ProjectByPath(ctx context.Context, path string) (tenant.Project, error) {
	row, err := s.db.reader().ProjectByPath(ctx, strings.ToLower(path))
	return project(row), doing(err, "read project %s", path)
}

func project(r sqlgen.Project) tenant.Project {
	return tenant.Project{
		ID: r.ID, GroupID: r.GroupID, Path: r.Path, Name: r.Name, Description: r.Description,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}

// projectListing is the list of projects that a viewer asks for.
func projectListing(v tenant.Viewer, q tenant.ProjectQuery) *listing {
	l := &listing{table: "projects", columns: projectColumns}
	if !v.All || q.MinRole > 0 {
		l.projectsSeenBy(v.UserID, q.MinRole, q.Search)
	}
	switch {
	case q.GroupID != 0 && q.Deep:
		l.where(`r.group_id IN (` + l.below(q.GroupID, 0) + `)`)
	case q.GroupID != 0:
		l.where(`r.group_id = ` + l.arg(q.GroupID))
	}
	l.search(q.Search, "project_words", "project_id")
	l.order(q.Order, q.After)
	return l
}

// projectsSeenBy adds the terms for what somebody sees. What a search found is
// held against it; without one, it is where the rows are found.
func (l *listing) projectsSeenBy(userID int64, least tenant.Role, search string) {
	groups, own := l.seenBy(userID, least)
	if search != "" {
		l.where(`(r.group_id IN (` + groups + `) OR r.id IN (` + own + `))`)
		return
	}
	l.branches = []string{
		`r.group_id IN (` + groups + `)`,
		`r.id IN (` + own + `) AND r.group_id NOT IN (` + groups + `)`,
	}
}

// Projects lists projects that the viewer sees.
func (s Tenant) Projects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error) {
	rows, err := s.list(ctx, projectListing(v, q), q.Page)
	if err != nil {
		return nil, doing(err, "list projects")
	}
	projects, err := scanAll(rows, func(rows *sql.Rows) (p tenant.Project, err error) {
		var created, updated int64
		err = rows.Scan(&p.ID, &p.GroupID, &p.Path, &p.Name, &p.Description, &created, &updated)
		p.CreatedAt, p.UpdatedAt = moment(created), moment(updated)
		return p, doing(err, "read a project")
	})
	return projects, doing(err, "list projects")
}

// CountProjects counts what Projects lists, no further than the limit.
func (s Tenant) CountProjects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) (int, error) {
	q.Order = tenant.ByID
	n, err := s.count(ctx, projectListing(v, q), q.Limit)
	return n, doing(err, "count projects")
}

// Project reads the row for a change.
func (t tenantTx) Project(ctx context.Context, id int64) (tenant.Project, error) {
	row, err := t.LockProject(ctx, id)
	return project(row), doing(err, "lock project %d", id)
}

// InsertProject stores a new project and returns it with its id.
func (t tenantTx) InsertProject(ctx context.Context, p tenant.Project) (tenant.Project, error) {
	row, err := t.Queries.InsertProject(ctx, sqlgen.InsertProjectParams{
		GroupID: p.GroupID, Path: p.Path, PathKey: strings.ToLower(p.Path), Name: p.Name, Description: p.Description,
		CreatedAt: stamp(p.CreatedAt), UpdatedAt: stamp(p.UpdatedAt),
	})
	if err == nil {
		err = t.wordsOfProject(ctx, row.ID, p)
	}
	return project(row), doing(err, "store project %s", p.Path)
}

// UpdateProject writes path, name and description.
func (t tenantTx) UpdateProject(ctx context.Context, p tenant.Project) error {
	rows, err := t.Queries.UpdateProject(ctx, sqlgen.UpdateProjectParams{
		ID: p.ID, Path: p.Path, PathKey: strings.ToLower(p.Path), Name: p.Name, Description: p.Description,
		UpdatedAt: stamp(p.UpdatedAt),
	})
	err = affected(rows, err, apperr.Of(apperr.NotFound))
	if err == nil {
		err = t.DeleteProjectWords(ctx, p.ID)
	}
	if err == nil {
		err = t.wordsOfProject(ctx, p.ID, p)
	}
	return doing(err, "change project %d", p.ID)
}

// wordsOfProject is wordsOfGroup for a project.
func (t tenantTx) wordsOfProject(ctx context.Context, id int64, p tenant.Project) error {
	for _, word := range words(p.Name, p.Path) {
		if err := t.InsertProjectWords(ctx, sqlgen.InsertProjectWordsParams{ProjectID: id, Word: word}); err != nil {
			return err
		}
	}
	return nil
}

// DeleteProject deletes a project, its environments and members. It returns a
// conflict error while something else belongs to it.
func (t tenantTx) DeleteProject(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteProject(ctx, id)
	return doing(inUse(affected(rows, err, apperr.Of(apperr.NotFound))), "delete project %d", id)
}
