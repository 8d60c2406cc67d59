package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/roadstead/roadstead/internal/tenant"
)

// longestEnding is how much of a word's ending is kept, in characters. What is
// searched for is cut to it.
const longestEnding = 40

// lastRune ends a range of texts that begin with the same.
const lastRune = "\U0010FFFF"

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

// argsOf adds ids as arguments and returns their placeholders, for a term IN.
func (l *listing) argsOf(ids []int64) string {
	marks := make([]string, len(ids))
	for i, id := range ids {
		marks[i] = l.arg(id)
	}
	return strings.Join(marks, ", ")
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
