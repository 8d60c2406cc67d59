package store

import (
	"context"
	"database/sql"
	"strings"

	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// Plan is how the database finds what a read asks for.
type Plan struct {
	Query string
	// Steps are the database's own words. PostgreSQL was told to use an index
	// wherever one can be used at all: it reads a small table from end to end.
	Steps []string
	Err   error
}

// Explained returns the store as it is, with every read outside a transaction
// told to tell before it is done.
func (db *DB) Explained(tell func(Plan)) *DB {
	explained := *db
	explained.explain = tell
	return &explained
}

// reads is where reads outside a transaction go.
func (db *DB) reads() sqlgen.DBTX {
	if db.explain != nil {
		return explainer{db.read, db}
	}
	return db.read
}

// explainer explains every query before it runs it.
type explainer struct {
	*sql.DB

	store *DB
}

// QueryContext explains the query and runs it.
func (e explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	e.tell(ctx, query, args)
	return e.DB.QueryContext(ctx, query, args...) //nolint:wrapcheck // it stands in for the database
}

// QueryRowContext explains the query and runs it.
func (e explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	e.tell(ctx, query, args)
	return e.DB.QueryRowContext(ctx, query, args...)
}

func (e explainer) tell(ctx context.Context, query string, args []any) {
	plan := Plan{Query: query}
	if e.store.pool == nil {
		plan.Steps, plan.Err = e.sqlite(ctx, query, args)
	} else {
		plan.Steps, plan.Err = e.postgres(ctx, query, args)
	}
	e.store.explain(plan)
}

func (e explainer) sqlite(ctx context.Context, query string, args []any) ([]string, error) {
	rows, err := e.DB.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, doing(err, "explain a query")
	}
	return scanAll(rows, func(rows *sql.Rows) (detail string, err error) {
		var id, parent, unused int64
		err = rows.Scan(&id, &parent, &unused, &detail)
		return detail, doing(err, "read a step")
	})
}

func (e explainer) postgres(ctx context.Context, query string, args []any) (steps []string, err error) {
	tx, err := e.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, doing(err, "begin a transaction")
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	for _, way := range []string{"seqscan", "hashjoin", "mergejoin"} {
		if _, err := tx.ExecContext(ctx, "SET LOCAL enable_"+way+" = off"); err != nil {
			return nil, doing(err, "prefer indexes")
		}
	}
	rows, err := tx.QueryContext(ctx, "EXPLAIN "+query, args...)
	if err != nil {
		return nil, doing(err, "explain a query")
	}
	return scanAll(rows, func(rows *sql.Rows) (step string, err error) {
		err = rows.Scan(&step)
		return strings.TrimSpace(step), doing(err, "read a step")
	})
}
