package jobs

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"

	"github.com/roadstead/roadstead/internal/work"
)

// notifyCooldown is the time after a notification in which the queue sends no
// other one, so that a job which is inserted then waits for the next poll. It
// is as short as the queue allows.
const notifyCooldown = time.Millisecond

// Inserter makes the queue's tables and inserts jobs in the record store's
// transactions. It works none.
type Inserter struct {
	sqlite   *river.Client[*sql.Tx]
	postgres *river.Client[pgx.Tx]
	log      *slog.Logger
}

// NewInserter returns an inserter for either database.
func NewInserter(log *slog.Logger) (*Inserter, error) {
	config := &river.Config{FetchCooldown: notifyCooldown, Logger: log}
	sqlite, err := river.NewClient(riversqlite.New(nil), config)
	if err != nil {
		return nil, fmt.Errorf("set up inserting jobs: %w", err)
	}
	postgres, err := river.NewClient(riverpgxv5.New(nil), config)
	if err != nil {
		return nil, fmt.Errorf("set up inserting jobs: %w", err)
	}
	return &Inserter{sqlite: sqlite, postgres: postgres, log: log}, nil
}

// Migrate makes the queue's own tables in the database that is not nil.
func (i *Inserter) Migrate(ctx context.Context, sqlite *sql.DB, postgres *pgxpool.Pool) error {
	config := &rivermigrate.Config{Logger: i.log}
	if postgres != nil {
		migrator, err := rivermigrate.New(riverpgxv5.New(postgres), config)
		if err != nil {
			return fmt.Errorf("read the queue's migrations: %w", err)
		}
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return wrap(err, "migrate the queue")
	}
	migrator, err := rivermigrate.New(riversqlite.New(sqlite), config)
	if err != nil {
		return fmt.Errorf("read the queue's migrations: %w", err)
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return wrap(err, "migrate the queue")
}

// EnqueueTx queues a drain of each slot in the open transaction tx, whose
// connection is conn. A slot that is queued or being drained is left alone.
//
// On PostgreSQL the insertion locks the row of a job in its way. The end of
// that job waits for this transaction, and then sees what is due.
func (i *Inserter) EnqueueTx(ctx context.Context, conn *sql.Conn, tx *sql.Tx, slots []work.Slot) error {
	params, err := drains(ctx, slots)
	if err != nil {
		return err
	}
	under, err := postgresUnder(conn)
	if err != nil {
		return err
	}
	if under != nil {
		_, err = i.postgres.InsertManyTx(ctx, pgTx{under}, params)
	} else {
		_, err = i.sqlite.InsertManyTx(ctx, tx, params)
	}
	return wrap(err, "insert drain jobs")
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
