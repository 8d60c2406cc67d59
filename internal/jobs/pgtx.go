package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresUnder returns the PostgreSQL connection under conn, nil when it is
// one to SQLite. It must be used only while nobody else uses conn.
func postgresUnder(conn *sql.Conn) (under *pgx.Conn, err error) {
	err = conn.Raw(func(driverConn any) error {
		if c, ok := driverConn.(*stdlib.Conn); ok {
			under = c.Conn()
		}
		return nil
	})
	return under, wrap(err, "get at the connection of a transaction")
}

// pgTx makes the transaction that database/sql opened on a connection usable
// as one of pgx, which the queue's driver needs. It never ends it.
type pgTx struct{ conn *pgx.Conn }

var errNotOurs = errors.New("the transaction belongs to the record store")

// Begin sets a savepoint, which stands for a nested transaction.
func (t pgTx) Begin(ctx context.Context) (pgx.Tx, error) {
	if _, err := t.conn.Exec(ctx, "SAVEPOINT jobs"); err != nil {
		return nil, fmt.Errorf("set a savepoint: %w", err)
	}
	return savepoint{t}, nil
}

func (t pgTx) Commit(context.Context) error   { return errNotOurs }
func (t pgTx) Rollback(context.Context) error { return errNotOurs }

func (t pgTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return t.conn.Exec(ctx, sql, args...) //nolint:wrapcheck // passed through, as the whole type is
}

func (t pgTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return t.conn.Query(ctx, sql, args...) //nolint:wrapcheck // passed through, as the whole type is
}

func (t pgTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return t.conn.QueryRow(ctx, sql, args...)
}

func (t pgTx) CopyFrom(
	ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource,
) (int64, error) {
	return t.conn.CopyFrom(ctx, table, columns, rows) //nolint:wrapcheck // passed through, as the whole type is
}

func (t pgTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	return t.conn.SendBatch(ctx, b)
}

func (t pgTx) Prepare(ctx context.Context, name, sql string) (*pgconn.StatementDescription, error) {
	return t.conn.Prepare(ctx, name, sql) //nolint:wrapcheck // passed through, as the whole type is
}

func (t pgTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }
func (t pgTx) Conn() *pgx.Conn                { return t.conn }

// savepoint is a nested transaction.
type savepoint struct{ pgTx }

func (s savepoint) Commit(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, "RELEASE SAVEPOINT jobs")
	return wrap(err, "release a savepoint")
}

func (s savepoint) Rollback(ctx context.Context) error {
	_, err := s.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT jobs")
	return wrap(err, "roll back to a savepoint")
}
