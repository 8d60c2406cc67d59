package store

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// longestEnding is how much of a word's ending is kept, in characters. What is
// searched for is cut to it.
const longestEnding = 40

type tenantTx struct{ *tx }

// HoldTree holds the row of the top-level group above a group until the
// transaction ends: whoever changes what a tree is made of takes turns.
func (t tenantTx) HoldTree(ctx context.Context, groupID int64) error {
	root, err := t.GroupRoot(ctx, groupID)
	if err == nil {
		_, err = t.LockGroup(ctx, root)
	}
	return doing(err, "hold the tree of group %d", groupID)
}

// Group reads the row for a change.
func (t tenantTx) Group(ctx context.Context, id int64) (tenant.Group, error) {
	row, err := t.LockGroup(ctx, id)
	return group(row), doing(err, "lock group %d", id)
}

// InsertGroup stores a new group and returns it with its id.
func (t tenantTx) InsertGroup(ctx context.Context, g tenant.Group) (tenant.Group, error) {
	row, err := t.Queries.InsertGroup(ctx, sqlgen.InsertGroupParams{
		ParentID: optional(g.ParentID), Path: g.Path, PathKey: strings.ToLower(g.Path), Name: g.Name,
		Description: g.Description, CreatedAt: stamp(g.CreatedAt), UpdatedAt: stamp(g.UpdatedAt),
	})
	if err == nil {
		err = t.InsertGroupTree(ctx, sqlgen.InsertGroupTreeParams{GroupID: row.ID, ParentID: g.ParentID})
	}
	if err == nil {
		err = t.wordsOfGroup(ctx, row.ID, g)
	}
	return group(row), doing(err, "store group %s", g.Path)
}

// UpdateGroup writes name and description.
func (t tenantTx) UpdateGroup(ctx context.Context, g tenant.Group) error {
	rows, err := t.Queries.UpdateGroup(ctx, sqlgen.UpdateGroupParams{
		ID: g.ID, Name: g.Name, Description: g.Description, UpdatedAt: stamp(g.UpdatedAt),
	})
	err = affected(rows, err, apperr.Of(apperr.NotFound))
	if err == nil {
		err = t.DeleteGroupWords(ctx, g.ID)
	}
	if err == nil {
		err = t.wordsOfGroup(ctx, g.ID, g)
	}
	return doing(err, "change group %d", g.ID)
}

// wordsOfGroup makes a group searchable by its name and the last part of its path.
func (t tenantTx) wordsOfGroup(ctx context.Context, id int64, g tenant.Group) error {
	for _, word := range words(g.Name, g.Path) {
		if err := t.InsertGroupWords(ctx, sqlgen.InsertGroupWordsParams{GroupID: id, Word: word}); err != nil {
			return err
		}
	}
	return nil
}

// RenameGroup replaces the path from, which the group had, by the one that it
// carries, in the group and everything below it.
func (t tenantTx) RenameGroup(ctx context.Context, g tenant.Group, from string) error {
	cut := int32(utf8.RuneCountInString(from)) + 1 // substr counts characters from one
	key := strings.ToLower(g.Path)
	err := t.RenameGroups(ctx, sqlgen.RenameGroupsParams{ID: g.ID, Path: g.Path, PathKey: key, Cut: cut})
	if err == nil {
		err = t.RenameProjects(ctx, sqlgen.RenameProjectsParams{ID: g.ID, Path: g.Path, PathKey: key, Cut: cut})
	}
	return doing(err, "rename group %s", from)
}

// DeleteGroup deletes a group and its members. It returns a conflict error while
// something else belongs to it.
func (t tenantTx) DeleteGroup(ctx context.Context, id int64) error {
	rows, err := t.Queries.DeleteGroup(ctx, id)
	return doing(inUse(affected(rows, err, apperr.Of(apperr.NotFound))), "delete group %d", id)
}

// LongestPath returns the length of the longest path in a group.
func (t tenantTx) LongestPath(ctx context.Context, groupID int64) (int, error) {
	longest, err := t.Queries.LongestPath(ctx, groupID)
	return int(longest), doing(err, "measure the paths in group %d", groupID)
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

// PathTaken reports whether a group or project has the path, in either case.
func (t tenantTx) PathTaken(ctx context.Context, path string) (bool, error) {
	taken, err := t.Queries.PathTaken(ctx, strings.ToLower(path))
	return taken > 0, doing(err, "look for path %s", path)
}

// Contents counts what a group or project cannot be deleted with.
func (t tenantTx) Contents(ctx context.Context, at tenant.Place) (tenant.Contents, error) {
	if at.GroupID != 0 {
		c, err := t.GroupContents(ctx, optional(at.GroupID))
		return tenant.Contents{
			Subgroups: int(c.Subgroups), Projects: int(c.Projects), Clusters: int(c.Clusters), CloudRoles: int(c.Roles),
		}, doing(err, "count what is in group %d", at.GroupID)
	}
	c, err := t.ProjectContents(ctx, optional(at.ProjectID))
	return tenant.Contents{Clusters: int(c.Clusters), Namespaces: int(c.Namespaces)},
		doing(err, "count what is in project %d", at.ProjectID)
}

// inUse is the meaning of a row that others hold to.
func inUse(err error) error {
	if isForeignKey(err) {
		return apperr.Of(apperr.Conflict).WithMessage("Something still belongs to it.").
			WithHint("Remove what belongs to it first.").With(err)
	}
	return err
}

// words are what people look for: a name and the last part of a path, in small
// letters.
func words(name, path string) []string {
	return []string{strings.ToLower(name), strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])}
}
