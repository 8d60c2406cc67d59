package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/roadstead/roadstead/internal/apperr"
)

//go:embed migrations
var migrations embed.FS

// migrationLock is the key of the advisory lock under which one process at a
// time migrates: "roadstead" as a number.
const migrationLock = 0x726f616473746561

func migrateSQLite(ctx context.Context, db *sql.DB, queue Queue) error {
	if err := migrateUp(ctx, goose.DialectSQLite3, "migrations/sqlite", db); err != nil {
		return err
	}
	return queue.Migrate(ctx, db, nil)
}

// migratePostgres migrates over connections without timeouts: a migration may
// take longer than any statement of the program.
func migratePostgres(ctx context.Context, pool *pgxpool.Pool, queue Queue) (err error) {
	config := pool.Config().ConnConfig
	for name := range parameters() {
		delete(config.RuntimeParams, name)
	}
	lock, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	defer func() { _ = lock.Close(context.WithoutCancel(ctx)) }()
	if _, err := lock.Exec(ctx, "SELECT pg_advisory_lock($1)", int64(migrationLock)); err != nil {
		return fmt.Errorf("wait for another process to migrate: %w", err)
	}
	db := stdlib.OpenDB(*config)
	if err := migrateUp(ctx, goose.DialectPostgres, "migrations/postgres", db); err != nil {
		return closing(db, err)
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("close the connection of the migration: %w", err)
	}
	return queue.Migrate(ctx, nil, pool)
}

func migrateUp(ctx context.Context, dialect goose.Dialect, folder string, db *sql.DB) error {
	provider, err := newProvider(dialect, folder, db)
	if err != nil {
		return err
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if current > target {
		return newerRelease()
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	return nil
}

func newProvider(dialect goose.Dialect, folder string, db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("open the migrations: %w", err)
	}
	provider, err := goose.NewProvider(dialect, db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	return provider, nil
}

func newerRelease() error {
	return apperr.New(apperr.Unavailable, "The database was written by a newer release.",
		"Use that release or a later one, or a backup of this release.")
}
