package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Report says what a backup holds.
type Report struct {
	// Installation is the id of the installation that was backed up.
	Installation string
	// SchemaVersion is the number of its last migration.
	SchemaVersion int64
	// Tables counts the rows of each table, in order of name.
	Tables []TableRows
}

// TableRows is the number of rows in a table.
type TableRows struct {
	Name string
	Rows int64
}

// VerifyBackup reads a backup from end to end, without writing, and reports
// what it holds. It fails when the file is damaged, was written by a newer
// release, or is no backup.
func VerifyBackup(ctx context.Context, file string) (Report, error) {
	if _, err := os.Stat(file); err != nil {
		return Report{}, apperr.Wrap(err, apperr.NotFound, "There is no file "+file+".", "Check the path.")
	}
	db, err := openSQLiteFile(ctx, file, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	if err != nil {
		return Report{}, damaged(err)
	}
	report, err := inspect(ctx, db)
	return report, errors.Join(err, db.Close())
}

// Restore puts a verified copy of a backup into a data folder without records.
func Restore(ctx context.Context, file, dataDir string) (Report, error) {
	report, err := VerifyBackup(ctx, file)
	if err != nil {
		return Report{}, err
	}
	folder, err := lockFolder(dataDir)
	if err != nil {
		return Report{}, err
	}
	return report, errors.Join(restoreInto(file, filepath.Join(dataDir, databaseFile)), folder.unlock())
}

func restoreInto(file, path string) error {
	if err := absent(path); err != nil {
		return err
	}
	from, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	defer from.Close()
	partial := path + ".partial"
	to, err := os.OpenFile(partial, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	if _, err := io.Copy(to, from); err != nil {
		return fmt.Errorf("restore: %w", closing(to, err))
	}
	if err := to.Close(); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	return settleFile(partial, path)
}

func inspect(ctx context.Context, db *sql.DB) (report Report, err error) {
	if err := checkIntegrity(ctx, db); err != nil {
		return Report{}, err
	}
	if report.SchemaVersion, err = schemaVersion(ctx, db); err != nil {
		return Report{}, err
	}
	if err := db.QueryRowContext(ctx, "SELECT id FROM installation").Scan(&report.Installation); err != nil {
		return Report{}, damaged(err)
	}
	report.Tables, err = countRows(ctx, db)
	return report, err
}

func checkIntegrity(ctx context.Context, db *sql.DB) error {
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil {
		return damaged(err)
	}
	if verdict != "ok" {
		return damaged(fmt.Errorf("integrity check: %s", verdict))
	}
	var table string
	err := db.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return damaged(err)
	}
	return damaged(fmt.Errorf("foreign keys of %s do not hold", table))
}

func schemaVersion(ctx context.Context, db *sql.DB) (int64, error) {
	provider, err := newProvider(goose.DialectSQLite3, "migrations/sqlite", db)
	if err != nil {
		return 0, err
	}
	var version int64
	err = db.QueryRowContext(ctx, "SELECT MAX(version_id) FROM "+goose.DefaultTablename).Scan(&version)
	if err != nil {
		return 0, damaged(err)
	}
	sources := provider.ListSources()
	if version > sources[len(sources)-1].Version {
		return 0, newerRelease()
	}
	return version, nil
}

func countRows(ctx context.Context, db *sql.DB) ([]TableRows, error) {
	rows, err := db.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table'
		AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'goose_%' AND name NOT LIKE 'river_%' ORDER BY name`)
	if err != nil {
		return nil, damaged(err)
	}
	defer rows.Close()
	var tables []TableRows
	for rows.Next() {
		var t TableRows
		if err := rows.Scan(&t.Name); err != nil {
			return nil, damaged(err)
		}
		tables = append(tables, t)
	}
	if err := rows.Err(); err != nil {
		return nil, damaged(err)
	}
	for i, t := range tables {
		quoted := `"` + strings.ReplaceAll(t.Name, `"`, `""`) + `"`
		if err := db.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quoted).Scan(&tables[i].Rows); err != nil {
			return nil, damaged(err)
		}
	}
	return tables, nil
}

func damaged(err error) error {
	return apperr.Wrap(err, apperr.InvalidRequest, "The file is damaged, or is not a backup of Roadstead.",
		"Use another backup.")
}
