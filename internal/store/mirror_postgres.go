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
	for name, value := range timeouts() {
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
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(mirrorLock)); err != nil {
		return err
	}
	version, stored := mirrorVersion(mirrorSchemaPostgres), ""
	if err := tx.QueryRowContext(ctx,
		`SELECT coalesce(obj_description(to_regnamespace('mirror')::oid, 'pg_namespace'), '')`).Scan(&stored); err != nil {
		return err
	}
	if stored == version {
		return nil
	}
	for _, text := range []string{
		`DROP SCHEMA IF EXISTS mirror CASCADE`,
		mirrorSchemaPostgres,
		`COMMENT ON SCHEMA mirror IS '` + version + `'`,
	} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return tx.Commit()
}
