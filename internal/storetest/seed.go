package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"

	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/tenant"
)

// Scale says how large a made-up organisation is.
type Scale struct {
	// Groups are nested: TopLevel of them at the top, every other below one of
	// seven times fewer.
	Groups   int
	TopLevel int
	// Projects are spread evenly over the groups, with Environments each.
	Projects     int
	Environments int
	// Members each top-level group has, one in five of them its owners.
	Members int
}

// Large is the organisation for which pages and endpoints are measured.
func Large() Scale {
	return Scale{Groups: 500, TopLevel: 10, Projects: 10_000, Environments: 2, Members: 20}
}

// Organisation is what was made up, by ids in rising order.
type Organisation struct {
	Groups   []tenant.Group
	Projects []tenant.Project
	// Users are the members, those of the first top-level group first.
	Users []int64
}

// rowsPerInsert keeps statements short: SQLite looks every placeholder up among those before it.
const rowsPerInsert = 40

// Seed makes up an organisation, in seconds for a large one: rows are written in
// bulk, as the store would have written them one by one. The store must have no
// groups or projects yet.
func Seed(t testing.TB, db *store.DB, scale Scale) Organisation {
	t.Helper()
	sqlite, pool := db.Handles()
	if pool != nil {
		sqlite = stdlib.OpenDBFromPool(pool)
		defer sqlite.Close()
	}
	tx, err := sqlite.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	s := seeder{t: t, ctx: t.Context(), tx: tx}
	org := s.organisation(scale)
	if pool != nil {
		s.exec(`SELECT setval(pg_get_serial_sequence('groups', 'id'), (SELECT MAX(id) FROM groups)),
			setval(pg_get_serial_sequence('projects', 'id'), (SELECT MAX(id) FROM projects))`)
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if pool != nil { // what PostgreSQL does by itself within a minute
		if _, err := sqlite.ExecContext(t.Context(), "VACUUM ANALYZE"); err != nil {
			t.Fatal(err)
		}
	}
	return org
}

type seeder struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // it is the test's
	tx  *sql.Tx
}

func (s seeder) organisation(scale Scale) (org Organisation) {
	s.t.Helper()
	for i := range scale.Groups {
		g := tenant.Group{ID: int64(i + 1), Path: fmt.Sprintf("group-%03d", i+1), Name: fmt.Sprintf("Group %d", i+1)}
		if i >= scale.TopLevel {
			above := org.Groups[(i-scale.TopLevel)/7]
			g.ParentID, g.Path = above.ID, above.Path+"/"+g.Path
		}
		org.Groups = append(org.Groups, g)
	}
	for i := range scale.Projects {
		home := org.Groups[i%len(org.Groups)]
		word := [...]string{"api", "shop", "billing", "mobile-app", "platform"}[i%5]
		org.Projects = append(org.Projects, tenant.Project{
			ID: int64(i + 1), GroupID: home.ID, Path: fmt.Sprintf("%s/%s-%05d", home.Path, word, i+1),
			Name: fmt.Sprintf("%s %d", word, i+1),
		})
	}
	s.groups(org.Groups)
	s.projects(org.Projects, scale.Environments)
	org.Users = s.members(org.Groups[:scale.TopLevel], scale.Members)
	return org
}

func (s seeder) groups(groups []tenant.Group) {
	s.t.Helper()
	rows := s.rows("groups (id, parent_id, path, path_key, name, created_at, updated_at)", 7)
	for _, g := range groups {
		parent := sql.NullInt64{Int64: g.ParentID, Valid: g.ParentID != 0}
		rows.add(g.ID, parent, g.Path, strings.ToLower(g.Path), g.Name, 1, 1)
	}
	rows.flush()
	s.exec(`INSERT INTO group_tree (ancestor_id, group_id, depth)
		WITH RECURSIVE tree (ancestor_id, group_id, depth) AS (
			SELECT g.id AS ancestor_id, g.id, 0 FROM groups g
			UNION ALL
			SELECT t.ancestor_id, g.id, t.depth + 1 FROM tree t JOIN groups g ON g.parent_id = t.group_id
		)
		SELECT ancestor_id, group_id, depth FROM tree`)
	words := s.rows("group_words (ending, group_id)", 2)
	for _, g := range groups {
		words.endings(g.ID, g.Name, g.Path)
	}
	words.flush()
}

func (s seeder) projects(projects []tenant.Project, environments int) {
	s.t.Helper()
	rows := s.rows("projects (id, group_id, path, path_key, name, created_at, updated_at)", 7)
	for _, p := range projects {
		rows.add(p.ID, p.GroupID, p.Path, strings.ToLower(p.Path), p.Name, 1, 1)
	}
	rows.flush()
	stages := s.rows("environments (project_id, name, slug, tier, created_at, updated_at)", 6)
	for _, p := range projects {
		for i := range environments {
			name := [...]string{"production", "staging", "review"}[i%3] + strings.Repeat("-x", i/3)
			stages.add(p.ID, name, tenant.EnvironmentSlug(name), string(tenant.GuessTier(name)), 1, 1)
		}
	}
	stages.flush()
	words := s.rows("project_words (ending, project_id)", 2)
	for _, p := range projects {
		words.endings(p.ID, p.Name, p.Path)
	}
	words.flush()
}

func (s seeder) members(groups []tenant.Group, each int) (users []int64) {
	s.t.Helper()
	members := s.rows("members (user_id, group_id, role, expires_at, created_at, created_by)", 6)
	roles := []tenant.Role{tenant.Owner, tenant.Maintainer, tenant.Developer, tenant.Reporter, tenant.Guest}
	for _, g := range groups {
		for i := range each {
			id := s.user(fmt.Sprintf("user-%d-%d", g.ID, i))
			users = append(users, id)
			members.add(id, g.ID, int64(roles[i%len(roles)]), 0, 1, 0)
		}
	}
	members.flush()
	return users
}

func (s seeder) user(name string) (id int64) {
	s.t.Helper()
	err := s.tx.QueryRowContext(s.ctx, `INSERT INTO users (username, name, email, name_key, kind, admin, state, created_at, signed_in_at)
		VALUES ($1, $1, '', $1, 'person', FALSE, 'active', 1, 0) RETURNING id`, name).Scan(&id)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

func (s seeder) exec(statement string, args ...any) {
	s.t.Helper()
	if _, err := s.tx.ExecContext(s.ctx, statement, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s seeder) rows(into string, columns int) *bulk {
	return &bulk{seeder: s, into: into, columns: columns}
}

// bulk collects rows and writes them many at a time.
type bulk struct {
	seeder

	into    string
	columns int
	args    []any
}

func (b *bulk) add(values ...any) {
	b.t.Helper()
	b.args = append(b.args, values...)
	if len(b.args) == rowsPerInsert*b.columns {
		b.flush()
	}
}

// endings adds what the name and the last part of the path end with.
func (b *bulk) endings(id int64, name, path string) {
	b.t.Helper()
	seen := map[string]bool{}
	for _, word := range []string{strings.ToLower(name), strings.ToLower(path[strings.LastIndexByte(path, '/')+1:])} {
		for ; word != "" && !seen[word]; word = word[1:] {
			seen[word] = true
			b.add(word, id)
		}
	}
}

func (b *bulk) flush() {
	b.t.Helper()
	if len(b.args) == 0 {
		return
	}
	var text strings.Builder
	text.WriteString("INSERT INTO " + b.into + " VALUES ")
	for i := range b.args {
		switch {
		case i == 0:
			text.WriteString("(")
		case i%b.columns == 0:
			text.WriteString("), (")
		default:
			text.WriteString(", ")
		}
		fmt.Fprintf(&text, "$%d", i+1)
	}
	b.exec(text.String()+")", b.args...)
	b.args = b.args[:0]
}
