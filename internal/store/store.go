package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/work"
)

// DB is an open record store. The domains' stores are views of it.
type DB struct {
	write *sql.DB
	read  *sql.DB
	// pool is set with PostgreSQL, where read and write are faces of it.
	pool *pgxpool.Pool
	// folder is locked with SQLite.
	folder *folder

	queue        Queue
	exempt       []work.Kind
	bus          *event.Bus
	log          *slog.Logger
	installation string
	// explain is told the plan of every read; nil for none.
	explain func(Plan)
}

// Open opens the store, makes or migrates its tables and takes up what a dead
// process left. It fails when another process uses the same SQLite database,
// or when the database was written by a newer release.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	db := &DB{queue: cfg.Queue, exempt: cfg.Exempt, bus: cfg.Bus, log: cfg.Log}
	if err := db.open(ctx, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open the record store: %w", err), db.Close())
	}
	return db, nil
}

func (db *DB) open(ctx context.Context, cfg Config) error {
	connect := db.openSQLite
	if cfg.DatabaseURL != "" {
		connect = db.openPostgres
	}
	if err := connect(ctx, cfg); err != nil {
		return err
	}
	return db.identify(ctx)
}

// identify reads the id of this installation, which is made at its first start.
func (db *DB) identify(ctx context.Context) error {
	err := sqlgen.New(db.write).InsertInstallation(ctx, sqlgen.InsertInstallationParams{
		ID: uuid.NewString(), CreatedAt: now(),
	})
	if err != nil {
		return fmt.Errorf("name this installation: %w", err)
	}
	db.installation, err = sqlgen.New(db.read).InstallationID(ctx)
	if err != nil {
		return fmt.Errorf("read the installation's name: %w", err)
	}
	return nil
}

// Close closes the store. It does not wait for open transactions.
func (db *DB) Close() error {
	var errs []error
	if db.read != nil && db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.write != nil {
		errs = append(errs, db.write.Close())
	}
	if db.pool != nil {
		db.pool.Close()
	}
	if db.folder != nil {
		errs = append(errs, db.folder.unlock())
	}
	return errors.Join(errs...)
}

// Handles returns the database for those who keep tables of their own in it:
// the writer of SQLite, or the pool of PostgreSQL. The other one is nil.
func (db *DB) Handles() (sqlite *sql.DB, postgres *pgxpool.Pool) {
	if db.pool != nil {
		return nil, db.pool
	}
	return db.write, nil
}

// Write reports whether the database takes a write, by counting. A write that
// changes nothing would not reach the disk.
func (db *DB) Write(ctx context.Context) error {
	_, err := sqlgen.New(db.write).NextID(ctx, "writes")
	return doing(err, "write to the record store")
}

// InstallationID names this installation. It never changes.
func (db *DB) InstallationID(context.Context) (string, error) { return db.installation, nil }

// reader returns the queries for reads outside a transaction.
func (db *DB) reader() *sqlgen.Queries { return sqlgen.New(db.reads()) }
