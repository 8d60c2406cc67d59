package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

// OpenBeside opens the records of an installation whose server may be running.
// Unlike Open it does not lock the data folder, migrate, or take up the work of
// a dead process. What it commits may not schedule or notify: queue and bus are
// not there. It fails when there are no records, or when they are of another
// release.
func OpenBeside(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{log: cfg.Log}
	if err := db.openBeside(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open the record store beside the server: %w", err), db.Close())
	}
	return db, nil
}

func (db *DB) openBeside(ctx context.Context, cfg Config) error {
	connect := db.joinSQLite
	if cfg.DatabaseURL != "" {
		connect = db.connectPostgres
	}
	if err := connect(ctx, cfg); err != nil {
		return err
	}
	return db.checkSchema(ctx)
}

// joinSQLite is a second process at the database: SQLite itself keeps the two
// apart, each transaction waiting for the other's.
func (db *DB) joinSQLite(ctx context.Context, cfg Config) (err error) {
	path := filepath.Join(cfg.DataDir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return apperr.Wrap(err, apperr.NotFound, "There is no database in "+cfg.DataDir+".",
			"Give the settings of the server: its data folder, or ROADSTEAD_DATABASE_URL.")
	}
	if db.write, err = openSQLiteFile(ctx, path, writing()); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	db.read, err = openSQLiteFile(ctx, path, reading())
	return err
}

// checkSchema compares the version of the tables with that of the program.
func (db *DB) checkSchema(ctx context.Context) error {
	provider, err := newProvider(goose.DialectSQLite3, "migrations/sqlite", db.read)
	if err != nil {
		return err
	}
	var version int64
	err = db.read.QueryRowContext(ctx, "SELECT MAX(version_id) FROM "+goose.DefaultTablename).Scan(&version)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	sources := provider.ListSources()
	latest := sources[len(sources)-1].Version
	switch {
	case version > latest:
		return newerRelease()
	case version < latest:
		return apperr.New(apperr.Unavailable, "The database was written by an older release.",
			"Start the server of this release first: it brings the database up to date.")
	}
	return nil
}
