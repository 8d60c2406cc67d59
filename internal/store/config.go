package store

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/work"
)

// Config says where the records are.
type Config struct {
	// DataDir holds the SQLite database. It is made when missing, and used by
	// one process at a time. Not used with PostgreSQL.
	DataDir string
	// DatabaseURL is the address of a PostgreSQL database. Empty means SQLite.
	DatabaseURL string
	// Queue takes the jobs that transactions cause.
	Queue Queue
	// Exempt are the kinds of work that find out whether a cluster is back: they
	// run while it is held.
	Exempt []work.Kind
	// Bus gets the notices of committed transactions.
	Bus *event.Bus
	Log *slog.Logger
}

// Queue is the job queue that lives in the same database.
type Queue interface {
	// Migrate makes the queue's own tables. Exactly one handle is not nil.
	Migrate(ctx context.Context, sqlite *sql.DB, postgres *pgxpool.Pool) error
	// EnqueueTx queues a drain of each slot in the open transaction tx, whose
	// connection is conn. A slot that is queued or being drained is left alone.
	EnqueueTx(ctx context.Context, conn *sql.Conn, tx *sql.Tx, slots []work.Slot) error
}
