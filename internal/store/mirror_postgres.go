package store

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

const (
	mirrorConnections = 8
	// mirrorLock keeps two processes from making the schema at once.
	mirrorLock = 0x6d6972726f72
)

// openMirrorPostgres uses tables that are not logged: a crash of the database
// empties them, and they are filled again.
func openMirrorPostgres(ctx context.Context, databaseURL string) (*Mirror, error) {
	pool, err := pgxpool.ParseConfig(databaseURL) // knows the parameters of pools, which the server does not
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	config := pool.ConnConfig
	for name, value := range parameters() {
		if _, given := config.RuntimeParams[name]; !given {
			config.RuntimeParams[name] = value
		}
	}
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(mirrorConnections)
	db.SetMaxIdleConns(mirrorConnections)
	if err := ensureMirrorSchema(ctx, db); err != nil {
		return nil, closing(db, doing(err, "make the tables of the mirror"))
	}
	dialect := mirrorDialect{
		schema: "mirror", rowsPerInsert: 100, placeholder: func(n int) string { return "$" + strconv.Itoa(n) },
	}
	return newMirror(ctx, db, db, dialect, db.Close)
}

func ensureMirrorSchema(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(mirrorLock)); err != nil {
		return fmt.Errorf("lock the schema: %w", err)
	}
	var stored string
	err = tx.QueryRowContext(ctx,
		`SELECT coalesce(obj_description(to_regnamespace('mirror')::oid, 'pg_namespace'), '')`).Scan(&stored)
	if err != nil {
		return fmt.Errorf("read the version of the schema: %w", err)
	}
	version := mirrorVersion(mirrorSchemaPostgres)
	if stored == version {
		return nil
	}
	for _, text := range []string{
		`DROP SCHEMA IF EXISTS mirror CASCADE`,
		mirrorSchemaPostgres,
		`COMMENT ON SCHEMA mirror IS '` + version + `'`,
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("make the schema: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}
