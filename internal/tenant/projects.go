package tenant

import (
	"context"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// CreateProject makes a project in its group.
func (s *Service) CreateProject(ctx context.Context, n NewProject) (Project, error) {
	parent, slug, err := splitPath(n.Path)
	if err != nil {
		return Project{}, err
	}
	if parent == "" {
		return Project{}, errNoGroup(n.Path)
	}
	name, description, err := checkWords(orDefault(n.Name, slug), n.Description)
	if err != nil {
		return Project{}, err
	}
	group, err := s.Store.GroupByPath(ctx, parent)
	if err != nil {
		return Project{}, fmt.Errorf("find group %s: %w", parent, err)
	}
	now := s.Now()
	p := Project{GroupID: group.ID, Name: name, Description: description, CreatedAt: now, UpdatedAt: now}
	err = s.Store.Atomically(ctx, func(tx Tx) (err error) {
		p, err = insertProject(ctx, tx, p, slug)
		return err
	})
	if err != nil {
		return Project{}, fmt.Errorf("create project %s: %w", n.Path, err)
	}
	return p, nil
}

// insertProject stores a project under the path that its group has now.
func insertProject(ctx context.Context, tx ProjectTx, p Project, slug string) (Project, error) {
	if err := tx.HoldTree(ctx, p.GroupID); err != nil {
		return Project{}, err
	}
	group, err := tx.Group(ctx, p.GroupID)
	if err != nil {
		return Project{}, err
	}
	p.Path = group.Path + "/" + slug
	if err := checkFree(ctx, tx, p.Path); err != nil {
		return Project{}, err
	}
	if p, err = tx.InsertProject(ctx, p); err != nil {
		return Project{}, err
	}
	return p, recordProject(ctx, tx, "project.create", p, nil)
}

// Project finds a project by id or full path.
func (s *Service) Project(ctx context.Context, idOrPath string) (Project, error) {
	if id, err := strconv.ParseInt(idOrPath, 10, 64); err == nil {
		return s.Store.Project(ctx, id)
	}
	return s.Store.ProjectByPath(ctx, idOrPath)
}

// ProjectByID finds a project by id.
func (s *Service) ProjectByID(ctx context.Context, id int64) (Project, error) {
	return s.Store.Project(ctx, id)
}

// Projects lists projects that the viewer sees.
func (s *Service) Projects(ctx context.Context, v Viewer, q ProjectQuery) ([]Project, error) {
	return s.Store.Projects(ctx, v, q)
}

// CountProjects counts what Projects lists on all pages, and reports whether
// there are more than MaxCount.
func (s *Service) CountProjects(ctx context.Context, v Viewer, q ProjectQuery) (n int, more bool, err error) {
	q.Page = all()
	return counted(s.Store.CountProjects(ctx, v, q))
}

// UpdateProject changes a project. The namespaces that stand keep their names.
func (s *Service) UpdateProject(ctx context.Context, id int64, c Change) (p Project, err error) {
	if c, err = c.checked(); err != nil {
		return Project{}, err
	}
	if p, err = s.Store.Project(ctx, id); err != nil {
		return Project{}, fmt.Errorf("find project %d: %w", id, err)
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if err := tx.HoldTree(ctx, p.GroupID); err != nil {
			return err
		}
		if p, err = tx.Project(ctx, id); err != nil {
			return err
		}
		from := p.Path
		what := c.apply(&p.Path, &p.Name, &p.Description)
		if len(what) == 0 {
			return nil
		}
		if err := checkMove(ctx, tx, from, p.Path); err != nil {
			return err
		}
		p.UpdatedAt = s.Now()
		if err := tx.UpdateProject(ctx, p); err != nil {
			return err
		}
		return recordProject(ctx, tx, "project.update", p, changes(what, from, p.Path))
	})
	if err != nil {
		return Project{}, fmt.Errorf("change project %d: %w", id, err)
	}
	return p, nil
}

// DeleteProject forgets a project with its environments, unless that happened
// already. It is a conflict while clusters or namespaces belong to it.
func (s *Service) DeleteProject(ctx context.Context, id int64) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		p, err := tx.Project(ctx, id)
		if apperr.CodeOf(err) == apperr.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		if err := checkEmpty(ctx, tx, "project", Place{ProjectID: id}); err != nil {
			return err
		}
		// While it is there the record knows in which groups this happens.
		if err := recordProject(ctx, tx, "project.delete", p, nil); err != nil {
			return err
		}
		return tx.DeleteProject(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("delete project %d: %w", id, err)
	}
	return nil
}

func recordProject(ctx context.Context, tx RecordTx, action string, p Project, detail map[string]string) error {
	tx.Notify("project/" + strconv.FormatInt(p.ID, 10))
	return tx.Record(ctx, audit.Entry{
		Action: action, Object: audit.Object{Kind: "project", ID: p.ID, Name: p.Path}, ProjectID: p.ID, Detail: detail,
	})
}
