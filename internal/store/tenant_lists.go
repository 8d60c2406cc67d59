package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/tenant"
)

// lastRune ends a range of texts that begin with the same.
const lastRune = "\U0010FFFF"

// The columns of the rows of lists.
const (
	groupColumns   = "g.id, g.parent_id, g.path, g.name, g.description, g.created_at, g.updated_at"
	projectColumns = "p.id, p.group_id, p.path, p.name, p.description, p.created_at, p.updated_at"
)

// listing is a list that is being asked for. Each filter is a set of ids which
// an index gives; the rows are those whose id is in all of them. A list without
// filters walks the index of its order.
type listing struct {
	args   []any
	terms  []string
	prefix string // the alias of the table, with its point
}

// arg adds an argument and returns its placeholder.
func (l *listing) arg(v any) string {
	l.args = append(l.args, v)
	return "$" + strconv.Itoa(len(l.args))
}

// where adds a term that rows must meet.
func (l *listing) where(term string) { l.terms = append(l.terms, term) }

// mine is the set of groups in which the user has the role or a higher one.
func (l *listing) mine(userID int64, least tenant.Role) string {
	return `SELECT t.group_id FROM members m JOIN group_tree t ON t.ancestor_id = m.group_id WHERE ` + l.holding(userID, least)
}

// holding is the term for memberships that count.
func (l *listing) holding(userID int64, least tenant.Role) string {
	return `m.user_id = ` + l.arg(userID) + ` AND m.role >= ` + l.arg(int64(least)) +
		` AND (m.expires_at = 0 OR m.expires_at > ` + l.arg(now()) + `)`
}

// below is the set of a group and all groups in it, or of these without itself.
func (l *listing) below(groupID int64, least int) string {
	return `SELECT group_id FROM group_tree WHERE ancestor_id = ` + l.arg(groupID) + ` AND depth >= ` + strconv.Itoa(least)
}

// search adds the term for a text that people type.
func (l *listing) search(text, words, id string) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch {
	case text == "":
	case strings.Contains(text, "/"):
		l.where(l.prefix + `path_key >= ` + l.arg(text) + ` AND ` + l.prefix + `path_key < ` + l.arg(text+lastRune))
	default:
		text = cutRunes(text, longestEnding)
		l.where(l.prefix + `id IN (SELECT ` + id + ` FROM ` + words + ` WHERE ending >= ` + l.arg(text) +
			` AND ending < ` + l.arg(text+lastRune) + `)`)
	}
}

// page returns the end of the statement, from its conditions on.
func (l *listing) page(order tenant.Order, p tenant.Page) string {
	by := l.prefix + "id"
	switch order {
	case tenant.ByPath:
		by = l.prefix + "path_key"
		l.where(by + ` > ''`)
	case tenant.Newest:
		by += " DESC"
		fallthrough
	default:
		l.where(l.prefix + `id > ` + l.arg(p.After))
	}
	text := ` WHERE ` + strings.Join(l.terms, ` AND `) + ` ORDER BY ` + by + ` LIMIT ` + l.arg(p.Limit)
	if p.Offset > 0 {
		text += ` OFFSET ` + l.arg(p.Offset)
	}
	return text
}

// groupListing is the list of groups that a viewer asks for.
func groupListing(v tenant.Viewer, q tenant.GroupQuery) (*listing, string) {
	l := &listing{prefix: "g."}
	if !v.All || q.MinRole > 0 {
		l.where(`g.id IN (` + l.mine(v.UserID, q.MinRole) + `)`)
	}
	switch {
	case q.TopLevel:
		l.where(`g.parent_id IS NULL`)
	case q.ParentID != 0 && q.Deep:
		l.where(`g.id IN (` + l.below(q.ParentID, 1) + `)`)
	case q.ParentID != 0:
		l.where(`g.parent_id = ` + l.arg(q.ParentID))
	}
	l.search(q.Search, "group_words", "group_id")
	return l, l.page(q.Order, q.Page)
}

// projectListing is the list of projects that a viewer asks for.
func projectListing(v tenant.Viewer, q tenant.ProjectQuery) (*listing, string) {
	l := &listing{prefix: "p."}
	if !v.All || q.MinRole > 0 {
		l.where(`p.id IN (SELECT id FROM projects WHERE group_id IN (` + l.mine(v.UserID, q.MinRole) + `)
			UNION SELECT m.project_id FROM members m WHERE m.project_id IS NOT NULL AND ` + l.holding(v.UserID, q.MinRole) + `)`)
	}
	switch {
	case q.GroupID != 0 && q.Deep:
		l.where(`p.group_id IN (` + l.below(q.GroupID, 0) + `)`)
	case q.GroupID != 0:
		l.where(`p.group_id = ` + l.arg(q.GroupID))
	}
	l.search(q.Search, "project_words", "project_id")
	return l, l.page(q.Order, q.Page)
}

// Groups lists groups that the viewer sees.
func (s Tenant) Groups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) ([]tenant.Group, error) {
	l, rest := groupListing(v, q)
	rows, err := s.db.read.QueryContext(ctx, `SELECT `+groupColumns+` FROM groups g`+rest, l.args...)
	if err != nil {
		return nil, doing(err, "list groups")
	}
	groups, err := scanAll(rows, func(rows *sql.Rows) (g tenant.Group, err error) {
		var parent sql.NullInt64
		var created, updated int64
		err = rows.Scan(&g.ID, &parent, &g.Path, &g.Name, &g.Description, &created, &updated)
		g.ParentID, g.CreatedAt, g.UpdatedAt = parent.Int64, moment(created), moment(updated)
		return g, err
	})
	return groups, doing(err, "list groups")
}

// CountGroups counts what Groups lists, no further than the limit.
func (s Tenant) CountGroups(ctx context.Context, v tenant.Viewer, q tenant.GroupQuery) (int, error) {
	q.Order = tenant.ByID
	l, rest := groupListing(v, q)
	n, err := s.count(ctx, `SELECT g.id FROM groups g`+rest, l.args)
	return n, doing(err, "count groups")
}

// Projects lists projects that the viewer sees.
func (s Tenant) Projects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) ([]tenant.Project, error) {
	l, rest := projectListing(v, q)
	rows, err := s.db.read.QueryContext(ctx, `SELECT `+projectColumns+` FROM projects p`+rest, l.args...)
	if err != nil {
		return nil, doing(err, "list projects")
	}
	projects, err := scanAll(rows, func(rows *sql.Rows) (p tenant.Project, err error) {
		var created, updated int64
		err = rows.Scan(&p.ID, &p.GroupID, &p.Path, &p.Name, &p.Description, &created, &updated)
		p.CreatedAt, p.UpdatedAt = moment(created), moment(updated)
		return p, err
	})
	return projects, doing(err, "list projects")
}

// CountProjects counts what Projects lists, no further than the limit.
func (s Tenant) CountProjects(ctx context.Context, v tenant.Viewer, q tenant.ProjectQuery) (int, error) {
	q.Order = tenant.ByID
	l, rest := projectListing(v, q)
	n, err := s.count(ctx, `SELECT p.id FROM projects p`+rest, l.args)
	return n, doing(err, "count projects")
}

func (s Tenant) count(ctx context.Context, list string, args []any) (n int, err error) {
	err = s.db.read.QueryRowContext(ctx, `SELECT COUNT(*) FROM (`+list+`) found`, args...).Scan(&n)
	return n, err
}

// scanAll reads all rows and closes them.
func scanAll[T any](rows *sql.Rows, scan func(rows *sql.Rows) (T, error)) (list []T, err error) {
	defer rows.Close()
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// cutRunes returns the first n characters of a text.
func cutRunes(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
