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
	groupColumns   = "r.id, r.parent_id, r.path, r.name, r.description, r.created_at, r.updated_at"
	projectColumns = "r.id, r.group_id, r.path, r.name, r.description, r.created_at, r.updated_at"
)

// listing is a list that is being asked for. Where rows are found in several
// ways, it is by indexes alone, and only those of the page are read.
type listing struct {
	table, columns string
	// key is what orders the rows, desc that it falls.
	key  string
	desc bool
	args []any
	// Rows meet all terms, and one of the branches, which must not overlap.
	terms    []string
	branches []string
}

// arg adds an argument and returns its placeholder.
func (l *listing) arg(v any) string {
	l.args = append(l.args, v)
	return "$" + strconv.Itoa(len(l.args))
}

// where adds a term that rows must meet.
func (l *listing) where(term string) { l.terms = append(l.terms, term) }

// seenBy returns two sets: the groups in which the user has the role or a higher
// one, and the projects of which he is a member himself.
func (l *listing) seenBy(userID int64, least tenant.Role) (groups, projects string) {
	holding := `m.user_id = ` + l.arg(userID) + ` AND m.role >= ` + l.arg(int64(least)) +
		` AND (m.expires_at = 0 OR m.expires_at > ` + l.arg(now()) + `)`
	return `SELECT t.group_id FROM members m JOIN group_tree t ON t.ancestor_id = m.group_id WHERE ` + holding,
		`SELECT m.project_id FROM members m WHERE m.project_id IS NOT NULL AND ` + holding
}

// below is the set of the groups in a group that are at least so far down.
func (l *listing) below(groupID int64, least int) string {
	return `SELECT t.group_id FROM group_tree t WHERE t.ancestor_id = ` + l.arg(groupID) + ` AND t.depth >= ` + strconv.Itoa(least)
}

// search adds the term for a text that people type.
func (l *listing) search(text, words, id string) {
	text = strings.ToLower(strings.TrimSpace(text))
	switch {
	case text == "":
	case strings.Contains(text, "/"):
		l.where(`r.path_key >= ` + l.arg(text) + ` AND r.path_key < ` + l.arg(text+lastRune))
	default:
		text = cutRunes(text, longestEnding)
		l.where(`r.id IN (SELECT ` + id + ` FROM ` + words + ` WHERE ending >= ` + l.arg(text) +
			` AND ending < ` + l.arg(text+lastRune) + `)`)
	}
}

// order adds the term by which the index of the order is entered.
func (l *listing) order(o tenant.Order, after int64) {
	if o == tenant.ByPath {
		l.key = "path_key"
		l.where(`r.path_key > ''`)
		return
	}
	l.key, l.desc = "id", o == tenant.Newest
	l.where(`r.id > ` + l.arg(after))
}

// found is the statement for ids and keys of all rows.
func (l *listing) found() string {
	if len(l.branches) == 0 {
		return `SELECT r.id, r.path_key FROM ` + l.table + ` r WHERE ` + strings.Join(l.terms, ` AND `)
	}
	selects := make([]string, len(l.branches))
	for i, branch := range l.branches {
		selects[i] = `SELECT r.id, r.path_key FROM ` + l.table + ` r WHERE ` + strings.Join(append([]string{branch}, l.terms...), ` AND `)
	}
	return strings.Join(selects, ` UNION ALL `)
}

// page is the statement for the rows of one page.
func (l *listing) page(p tenant.Page) string {
	direction := ""
	if l.desc {
		direction = " DESC"
	}
	limit := ` LIMIT ` + l.arg(p.Limit)
	if p.Offset > 0 {
		limit += ` OFFSET ` + l.arg(p.Offset)
	}
	order := l.key + direction
	if len(l.branches) == 0 {
		return `SELECT ` + l.columns + ` FROM ` + l.table + ` r WHERE ` + strings.Join(l.terms, ` AND `) +
			` ORDER BY r.` + order + limit
	}
	return `SELECT ` + l.columns + ` FROM (SELECT id FROM (` + l.found() + `) found ORDER BY ` + order + limit + `) page
		JOIN ` + l.table + ` r ON r.id = page.id ORDER BY r.` + order
}

// count is the statement that counts the rows, so many at most.
func (l *listing) count(most int) string {
	return `SELECT COUNT(*) FROM (` + l.found() + ` LIMIT ` + l.arg(most) + `) counted`
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
	l, ids := listing{}, make([]string, len(groupIDs))
	for i, id := range groupIDs {
		ids[i] = l.arg(id)
	}
	rows, err := s.db.reads().QueryContext(ctx, `SELECT `+groupColumns+` FROM groups r WHERE r.id IN (
		SELECT t.ancestor_id FROM group_tree t WHERE t.group_id IN (`+strings.Join(ids, ", ")+`))`, l.args...)
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

func (s Tenant) list(ctx context.Context, l *listing, p tenant.Page) (*sql.Rows, error) {
	statement := l.page(p) // which adds arguments
	rows, err := s.db.reads().QueryContext(ctx, statement, l.args...)
	return rows, doing(err, "ask for a list")
}

func (s Tenant) count(ctx context.Context, l *listing, most int) (n int, err error) {
	statement := l.count(most)
	err = s.db.reads().QueryRowContext(ctx, statement, l.args...).Scan(&n)
	return n, doing(err, "count")
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
	return list, doing(rows.Err(), "read rows")
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
