package store

import (
	"context"
	"database/sql"
	"strings"
	"unicode/utf8"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/tenant"
)

// groupColumns are those that a listing of groups reads.
const groupColumns = "r.id, r.parent_id, r.path, r.name, r.description, r.created_at, r.updated_at"

// Group returns one group.
func (s Tenant) Group(ctx context.Context, id int64) (tenant.Group, error) {
	row, err := s.db.reader().Group(ctx, id)
	return group(row), doing(err, "read group %d", id)
}

// GroupByPath finds a group by its full path, in either case.
func (s Tenant) GroupByPath(ctx context.Context, path string) (tenant.Group, error) {
	row, err := s.db.reader().GroupByPath(ctx, strings.ToLower(path))
	return group(row), doing(err, "read group %s", path)
}

// GroupsAbove returns the ids of a group and its ancestors, the nearest first.
func (s Tenant) GroupsAbove(ctx context.Context, groupID int64) ([]int64, error) {
	ids, err := s.db.reader().GroupsAbove(ctx, groupID)
	return ids, doing(err, "list the groups above %d", groupID)
}

func group(r sqlgen.Group) tenant.Group {
	return tenant.Group{
		ID: r.ID, ParentID: r.ParentID.Int64, Path: r.Path, Name: r.Name, Description: r.Description,
		CreatedAt: moment(r.CreatedAt), UpdatedAt: moment(r.UpdatedAt),
	}
}

// groupListing is the list of groups that a viewer asks for.
func groupListing(v tenant.Viewer, q tenant.GroupQuery) *listing {
	l := &listing{table: "groups", columns: groupColumns}
	if !v.All || q.MinRole > 0 {
		groups, _ := l.seenBy(v.UserID, q.MinRole)
		l.where(`r.id IN (` + groups + `)`)
	}
	switch {
	case q.TopLevel:
		l.where(`r.parent_id IS NULL`)
	case q.ParentID != 0 && q.Deep:
		l.where(`r.id IN (` + l.below(q.ParentID, 1) + `)`)
	case q.ParentID != 0:
		l.where(`r.parent_id = ` + l.arg(q.ParentID))
	}
	l.search(q.Search, "group_words", "group_id")
	l.order(q.Order, q.After)
	return l
}

// Groups lists groups that the viewer sees.
func (s Tenant) Groups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error) {
	rows, err := s.list(ctx, groupListing(v, q), q.Page)
	if err != nil {
		return nil, doing(err, "list groups")
	}
	groups, err := scanAll(rows, scanGroup)
	return groups, doing(err, "list groups")
}

func scanGroup(rows *sql.Rows) (g tenant.Group, err error) {
	var parent sql.NullInt64
	var created, updated int64
	err = rows.Scan(&g.ID, &parent, &g.Path, &g.Name, &g.Description, &created, &updated)
	g.ParentID, g.CreatedAt, g.UpdatedAt = parent.Int64, moment(created), moment(updated)
	return g, doing(err, "read a group")
}

// Lineage lists groups and all that are above them, each once.
func (s Tenant) Lineage(ctx context.Context, groupIDs []int64) ([]tenant.Group, error) {
	var l listing
	among := l.argsOf(groupIDs)
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+groupColumns+` FROM groups r WHERE r.id IN (
		SELECT t.ancestor_id FROM group_tree t WHERE t.group_id IN (`+among+`))`, l.args...)
	if err != nil {
		return nil, doing(err, "list groups with those above")
	}
	groups, err := scanAll(rows, scanGroup)
	return groups, doing(err, "list groups with those above")
}

// CountGroups counts what Groups lists, no further than the limit.
func (s Tenant) CountGroups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) (int, error) {
	q.Order = tenant.ByID
	n, err := s.count(ctx, groupListing(v, q), q.Limit)
	return n, doing(err, "count groups")
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
