package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

const (
	// databaseFile is the database inside the data folder.
	databaseFile = "roadstead.db"
	// oldestSQLite is the first release without the race that can lose
	// committed writes when a WAL is reset (3.7.0 to 3.51.2).
	oldestSQLite = "3.51.3"
	// readers bounds the read pool; each connection holds a cache of 2 MB.
	readers = 8
)

// openSQLite opens the database in the data folder: one connection that writes,
// shared with the queue, and a pool that reads.
func (db *DB) openSQLite(ctx context.Context, cfg Config) error {
	var err error
	if db.folder, err = lockFolder(cfg.DataDir); err != nil {
		return err
	}
	path := filepath.Join(cfg.DataDir, databaseFile)
	if err := touch(path); err != nil {
		return err
	}
	if db.write, err = openSQLiteFile(ctx, path, writing()); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if err := migrateSQLite(ctx, db.write, db.queue); err != nil {
		return err
	}
	if db.read, err = openSQLiteFile(ctx, path, reading()); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return db.releaseLeases(ctx)
}

// releaseLeases frees what a process held that died: the folder's lock says
// that there is no other one.
func (db *DB) releaseLeases(ctx context.Context) error {
	q := sqlgen.New(db.write)
	if err := q.ClearWorkLeases(ctx); err != nil {
		return fmt.Errorf("clear leases of work: %w", err)
	}
	if err := q.ClearFollowLeases(ctx); err != nil {
		return fmt.Errorf("clear leases of followers: %w", err)
	}
	return nil
}

// writing wipes what is deleted or replaced, as far as that takes no write of its own: a credential that was dropped
// shall not be found in the file, be it sealed.
func writing() url.Values {
	return url.Values{
		"_txlock": {"immediate"},
		"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(fast)"},
	}
}

func reading() url.Values {
	return url.Values{"_pragma": {"busy_timeout(5000)", "query_only(1)"}}
}

// openSQLiteFile opens a file with settings that hold for every connection,
// which those set by statements would not.
func openSQLiteFile(ctx context.Context, path string, settings url.Values) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("resolve %s: %w", path, err)
	}
	dsn := url.URL{Scheme: "file", Path: absolute, RawQuery: settings.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := checkSQLite(ctx, db); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, closing(db, err))
	}
	return db, nil
}

func checkSQLite(ctx context.Context, db *sql.DB) error {
	var version string
	if err := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return fmt.Errorf("ask for the version of SQLite: %w", err)
	}
	if olderThan(version, oldestSQLite) {
		return fmt.Errorf("SQLite %s can lose committed writes; %s or newer is needed", version, oldestSQLite)
	}
	return nil
}

// olderThan compares versions of three numbers.
func olderThan(version, limit string) bool {
	var v, l [3]int
	_, _ = fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2])
	_, _ = fmt.Sscanf(limit, "%d.%d.%d", &l[0], &l[1], &l[2])
	for i := range v {
		if v[i] != l[i] {
			return v[i] < l[i]
		}
	}
	return false
}

// touch makes the file for its owner alone, before SQLite would make it for
// everybody. Its companions inherit the mode.
func touch(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	return file.Close()
}
