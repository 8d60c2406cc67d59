package tenant

import (
	"context"
	"fmt"
	"strconv"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// CreateGroup makes a group; its maker becomes its owner.
func (s *Service) CreateGroup(ctx context.Context, n NewGroup) (Group, error) {
	parent, slug, err := splitPath(n.Path)
	if err != nil {
		return Group{}, err
	}
	name, description, err := checkWords(orDefault(n.Name, slug), n.Description)
	if err != nil {
		return Group{}, err
	}
	now := s.Now()
	g := Group{Path: n.Path, Name: name, Description: description, CreatedAt: now, UpdatedAt: now}
	if parent != "" {
		above, err := s.Store.GroupByPath(ctx, parent)
		if err != nil {
			return Group{}, fmt.Errorf("find parent group %s: %w", parent, err)
		}
		g.ParentID = above.ID
	}
	err = s.Store.Atomically(ctx, func(tx Tx) (err error) {
		if g, err = s.insertGroup(ctx, tx, g, slug); err != nil || n.CreatedBy == 0 {
			return err
		}
		return s.insertMember(ctx, tx, Member{
			Place: Place{GroupID: g.ID}, UserID: n.CreatedBy, Role: Owner, CreatedAt: now, CreatedBy: n.CreatedBy,
		})
	})
	if err != nil {
		return Group{}, fmt.Errorf("create group %s: %w", n.Path, err)
	}
	return g, nil
}

// insertGroup stores a group under the path that its parent has now.
func (s *Service) insertGroup(ctx context.Context, tx GroupTx, g Group, slug string) (Group, error) {
	if g.ParentID != 0 {
		if err := tx.HoldTree(ctx, g.ParentID); err != nil {
			return Group{}, err
		}
		above, err := tx.Group(ctx, g.ParentID)
		if err != nil {
			return Group{}, err
		}
		g.Path = above.Path + "/" + slug
	}
	if err := checkFree(ctx, tx, g.Path); err != nil {
		return Group{}, err
	}
	g, err := tx.InsertGroup(ctx, g)
	if err != nil {
		return Group{}, err
	}
	return g, recordGroup(ctx, tx, "group.create", g, nil)
}

// Group finds a group by id or full path.
func (s *Service) Group(ctx context.Context, idOrPath string) (Group, error) {
	if id, err := strconv.ParseInt(idOrPath, 10, 64); err == nil {
		return s.Store.Group(ctx, id)
	}
	return s.Store.GroupByPath(ctx, idOrPath)
}

// GroupByID finds a group by id.
func (s *Service) GroupByID(ctx context.Context, id int64) (Group, error) {
	return s.Store.Group(ctx, id)
}

// Groups lists groups that the viewer sees.
func (s *Service) Groups(ctx context.Context, v Viewer, q GroupQuery) ([]Group, error) {
	return s.Store.Groups(ctx, v, q)
}

// CountGroups counts what Groups lists on all pages, and reports whether there
// are more than MaxCount.
func (s *Service) CountGroups(ctx context.Context, v Viewer, q GroupQuery) (n int, more bool, err error) {
	q.Page = all()
	return counted(s.Store.CountGroups(ctx, v, q))
}

// Lineage lists groups and all that are above them, each once and in no order:
// what it takes to tell their full names.
func (s *Service) Lineage(ctx context.Context, groupIDs []int64) ([]Group, error) {
	if len(groupIDs) == 0 {
		return nil, nil
	}
	return s.Store.Lineage(ctx, groupIDs)
}

// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
func (s *Service) GroupsAbove(ctx context.Context, groupID int64) ([]int64, error) {
	ids, err := s.Store.GroupsAbove(ctx, groupID)
	if err == nil && len(ids) == 0 {
		err = apperr.Of(apperr.NotFound)
	}
	if err != nil {
		return nil, fmt.Errorf("find the groups above %d: %w", groupID, err)
	}
	return ids, nil
}

// UpdateGroup changes a group. The paths of everything in it follow its own;
// the namespaces that stand keep their names.
func (s *Service) UpdateGroup(ctx context.Context, id int64, c Change) (g Group, err error) {
	if c, err = c.checked(); err != nil {
		return Group{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		if err := tx.HoldTree(ctx, id); err != nil {
			return err
		}
		if g, err = tx.Group(ctx, id); err != nil {
			return err
		}
		from := g.Path
		what := c.apply(&g.Path, &g.Name, &g.Description)
		if len(what) == 0 {
			return nil
		}
		g.UpdatedAt = s.Now()
		if g.Path != from {
			if err := rename(ctx, tx, g, from); err != nil {
				return err
			}
		}
		if err := tx.UpdateGroup(ctx, g); err != nil {
			return err
		}
		return recordGroup(ctx, tx, "group.update", g, changes(what, from, g.Path))
	})
	if err != nil {
		return Group{}, fmt.Errorf("change group %d: %w", id, err)
	}
	return g, nil
}

// rename gives a group the path that it carries, and those below theirs.
func rename(ctx context.Context, tx GroupTx, g Group, from string) error {
	if err := checkMove(ctx, tx, from, g.Path); err != nil {
		return err
	}
	longest, err := tx.LongestPath(ctx, g.ID)
	if err != nil {
		return err
	}
	if longest+len(g.Path)-len(from) > maxPath {
		return errLong()
	}
	return tx.RenameGroup(ctx, g, from)
}

// DeleteGroup forgets a group. It is a conflict while anything is in it.
func (s *Service) DeleteGroup(ctx context.Context, id int64) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		if err := tx.HoldTree(ctx, id); err != nil {
			return err
		}
		g, err := tx.Group(ctx, id)
		if err != nil {
			return err
		}
		if err := checkEmpty(ctx, tx, "group", Place{GroupID: id}); err != nil {
			return err
		}
		// While it is there the record knows in which groups this happens.
		if err := recordGroup(ctx, tx, "group.delete", g, nil); err != nil {
			return err
		}
		return tx.DeleteGroup(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("delete group %d: %w", id, err)
	}
	return nil
}

func recordGroup(ctx context.Context, tx RecordTx, action string, g Group, detail map[string]string) error {
	tx.Notify("group/" + strconv.FormatInt(g.ID, 10))
	return tx.Record(ctx, audit.Entry{
		Action: action, Object: audit.Object{Kind: "group", ID: g.ID, Name: g.Path}, GroupID: g.ID, Detail: detail,
	})
}
