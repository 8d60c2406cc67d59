package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Backup writes a copy of the SQLite database in dataDir to file, which must
// not exist. The server may run meanwhile. The copy holds no private keys:
// those are kept apart.
func Backup(ctx context.Context, dataDir, file string) error {
	path := filepath.Join(dataDir, databaseFile)
	if _, err := os.Stat(path); err != nil {
		return apperr.Wrap(err, apperr.NotFound, "There is no database in "+dataDir+".",
			"Give the data folder of the server. A PostgreSQL database is backed up with pg_dump.")
	}
	db, err := openSQLiteFile(ctx, path, copying())
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return errors.Join(copyTo(ctx, db, file), db.Close())
}

// Backup writes a copy of the open SQLite database to file, which must not exist.
func (db *DB) Backup(ctx context.Context, file string) error {
	if db.pool != nil {
		return apperr.New(apperr.InvalidRequest, "The records are in PostgreSQL, which has its own backups.",
			"Use pg_dump, or the backups of your database service.")
	}
	return Backup(ctx, db.folder.dir, file)
}

// copying is for reading only too, but a connection that says so refuses to
// write the copy.
func copying() url.Values { return url.Values{"_pragma": {"busy_timeout(5000)"}} }

// copyTo writes a compact copy of the database in one read transaction, and
// gives it its name only when it is whole and on the disk.
func copyTo(ctx context.Context, db *sql.DB, file string) error {
	if err := absent(file); err != nil {
		return err
	}
	partial := file + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove an unfinished backup: %w", err)
	}
	if err := touch(partial); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", partial); err != nil {
		return doing(err, "copy the database")
	}
	if _, err := VerifyBackup(ctx, partial); err != nil {
		return err
	}
	return settleFile(partial, file)
}

// settleFile makes a file durable under its final name.
func settleFile(partial, file string) error {
	for _, step := range []func() error{
		func() error { return syncPath(partial) },
		func() error { return os.Rename(partial, file) },
		func() error { return syncPath(filepath.Dir(file)) },
	} {
		if err := step(); err != nil {
			return fmt.Errorf("keep %s: %w", file, err)
		}
	}
	return nil
}

func syncPath(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func absent(file string) error {
	if _, err := os.Lstat(file); err == nil {
		return apperr.New(apperr.AlreadyExists, "There is a file "+file+" already.", "Give another name.")
	}
	return nil
}
