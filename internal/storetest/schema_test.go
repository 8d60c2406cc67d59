package storetest_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/roadstead/roadstead/internal/storetest"
)

// column is what both databases must agree on.
type column struct {
	Table, Name, Type string
	Required          bool
}

// TestSchemasAgree compares the tables that the two sets of migrations make,
// in the types of SQLite.
func TestSchemasAgree(t *testing.T) {
	t.Parallel()
	sqlite, _ := storetest.Open(t, storetest.SQLiteConfig(t)).Handles()
	cfg := storetest.PostgresConfig(t)
	storetest.Open(t, cfg)
	postgres := must(sql.Open("pgx", cfg.DatabaseURL))(t)
	t.Cleanup(func() { check(t, postgres.Close()) })

	ofSQLite := columns(t, sqlite, `
		SELECT t.name, c.name, c.type, c."notnull" OR c.pk > 0
		FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' ORDER BY t.name, c.name`)
	ofPostgres := columns(t, postgres, `
		SELECT table_name, column_name, data_type, is_nullable = 'NO'
		FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name`)
	if len(ofSQLite) < 50 {
		t.Fatalf("only %d columns", len(ofSQLite))
	}
	if diff := cmp.Diff(ofSQLite, ofPostgres); diff != "" {
		t.Errorf("SQLite and PostgreSQL differ (-sqlite +postgres):\n%s", diff)
	}
	indexes := func(db *sql.DB, query string) (names []column) { return columns(t, db, query) }
	if diff := cmp.Diff(
		indexes(sqlite, `SELECT tbl_name, name, '', 1 FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`),
		indexes(postgres, `SELECT tablename, indexname, '', true FROM pg_indexes WHERE schemaname = 'public'
			AND indexname NOT LIKE '%\_key' AND indexname NOT LIKE '%\_pkey' ORDER BY indexname`),
	); diff != "" {
		t.Errorf("the indexes differ (-sqlite +postgres):\n%s", diff)
	}
}

// columns lists the columns of our tables, not those of the libraries.
func columns(t *testing.T, db *sql.DB, query string) (list []column) {
	t.Helper()
	types := strings.NewReplacer("bytea", "BLOB", "bigint", "BIGINT", "INTEGER", "BIGINT", "text", "TEXT", "boolean", "BOOLEAN")
	rows := must(db.QueryContext(t.Context(), query))(t)
	defer rows.Close()
	for rows.Next() {
		var c column
		check(t, rows.Scan(&c.Table, &c.Name, &c.Type, &c.Required))
		c.Type = types.Replace(c.Type)
		foreign := strings.HasPrefix(c.Table, "river_") || strings.HasPrefix(c.Table, "goose_") ||
			strings.HasPrefix(c.Table, "sqlite_")
		if !foreign {
			list = append(list, c)
		}
	}
	check(t, rows.Err())
	return list
}
