package store

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// connections is the size of the pool unless the URL says pool_max_conns: the
// queue's listener, a few steps at once, and pages.
const connections = 20

// parameters are those of a connection, unless the URL says otherwise. Timeouts
// end what hangs, in milliseconds. A plan is made for the values that are asked
// for: one for all values, which Postgres would go over to, costs many lists
// more than planning them each time.
func parameters() map[string]string {
	return map[string]string{
		"statement_timeout":                   "30000",
		"lock_timeout":                        "10000",
		"idle_in_transaction_session_timeout": "60000",
		"plan_cache_mode":                     "force_custom_plan",
		"application_name":                    "roadstead",
	}
}

func (db *DB) openPostgres(ctx context.Context, cfg Config) error {
	if err := db.connectPostgres(ctx, cfg); err != nil {
		return err
	}
	return migratePostgres(ctx, db.pool, db.queue)
}

func (db *DB) connectPostgres(ctx context.Context, cfg Config) error {
	config, err := pgxpool.ParseConfig(cfg.DatabaseURL)
	if err != nil {
		return fmt.Errorf("read the database URL: %w", err)
	}
	if !strings.Contains(cfg.DatabaseURL, "pool_max_conns") {
		config.MaxConns = int32(max(connections, 2*runtime.NumCPU()))
	}
	for name, value := range parameters() {
		if _, given := config.ConnConfig.RuntimeParams[name]; !given {
			config.ConnConfig.RuntimeParams[name] = value
		}
	}
	if db.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return fmt.Errorf("connect to the database: %w", err)
	}
	db.write = stdlib.OpenDBFromPool(db.pool)
	db.read = db.write
	return nil
}
