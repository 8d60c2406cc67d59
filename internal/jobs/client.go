package jobs

import (
	"cmp"
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
	"github.com/riverqueue/river/rivertype"

	"github.com/roadstead/roadstead/internal/work"
)

const (
	// maxWorkers is how many drains run at once in one process, and
	// ailingWorkers how many of clusters that failed lately, in a queue of their
	// own: each may take as long as a call to a cluster that never answers.
	maxWorkers    = 64
	ailingWorkers = 16
	ailingQueue   = "ailing"
	// fetchCooldown trades a little work for latency: the default of 100 ms
	// would be most of the time between an enqueue and its start.
	fetchCooldown = 5 * time.Millisecond
	// fetchPoll is how often jobs are looked for without a notification, which
	// is lost when two transactions insert within notifyCooldown.
	fetchPoll = 250 * time.Millisecond
	// rescueAfter is when a job of a dead process is taken up again. What it
	// worked on goes on long before, under another job.
	rescueAfter = jobTimeout + time.Minute
	// retryAfter is the pause after a drain that failed, which only a failing
	// database does: steps have back-offs of their own.
	retryAfter = time.Second
	// DefaultKeep is how long jobs stay that failed for good.
	DefaultKeep = 7 * 24 * time.Hour
	// keepCompleted is how long the others stay. They tell nothing that the
	// records and the log do not, and a thousand clusters that are checked
	// every five minutes make 290,000 of them a day, half a kilobyte each.
	keepCompleted = 24 * time.Hour
)

// Store is the record store as the queue needs it.
type Store interface {
	// Handles returns the database, exactly one of the two.
	Handles() (sqlite *sql.DB, postgres *pgxpool.Pool)
	// EndDrain runs complete in a transaction that it commits only when nothing
	// is due in the slot, and reports whether it did.
	EndDrain(ctx context.Context, slot work.Slot,
		complete func(conn *sql.Conn, tx *sql.Tx) error) (ended bool, err error)
}

// Drainer advances the due items of a slot and reports whether more are left.
type Drainer interface {
	Drain(ctx context.Context, slot work.Slot) (more bool, err error)
}

// Config says what the client works on.
type Config struct {
	Store   Store
	Drainer Drainer
	// Periodic is run by one of the clients of the database.
	Periodic []Periodic
	// Keep is how long jobs stay that failed for good. Zero means DefaultKeep.
	Keep time.Duration
	Log  *slog.Logger
}

// Client works jobs.
type Client struct {
	river  queue
	sqlite *sql.DB
}

// queue is the part of River's client that does not depend on the database.
type queue interface {
	Start(ctx context.Context) error
	StopAndCancel(ctx context.Context) error
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
}

// New returns a client that has not started.
func New(cfg Config) (*Client, error) {
	sqlite, postgres := cfg.Store.Handles()
	client := &Client{sqlite: sqlite}
	var err error
	if postgres != nil {
		client.river, err = river.NewClient(riverpgxv5.New(postgres), settings(cfg, completePostgres))
	} else {
		client.river, err = river.NewClient(riversqlite.New(sqlite), settings(cfg, completeSQLite))
	}
	return client, wrap(err, "set up working jobs")
}

// Start begins to work. Jobs end when ctx does, or Stop is called.
func (c *Client) Start(ctx context.Context) error {
	if c.sqlite != nil {
		if err := clean(ctx, c.sqlite); err != nil {
			return err
		}
	}
	return wrap(c.river.Start(ctx), "start working jobs")
}

// clean removes what a dead process left: with SQLite there is no other one.
// What its jobs worked on is still due and gets new ones.
func clean(ctx context.Context, sqlite *sql.DB) error {
	for _, statement := range []string{"DELETE FROM river_job WHERE state = 'running'", "DELETE FROM river_leader"} {
		if _, err := sqlite.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("clean up after the last process: %w", err)
		}
	}
	return nil
}

// Stop cancels the running jobs and waits for their end, no longer than ctx.
// What they worked on is taken up again at the next start.
func (c *Client) Stop(ctx context.Context) error {
	return wrap(c.river.StopAndCancel(ctx), "stop working jobs")
}

// Enqueue queues a drain of each slot. A slot that is queued or being drained
// is left alone.
func (c *Client) Enqueue(ctx context.Context, slots []work.Slot) error {
	params, err := drains(ctx, slots)
	if err != nil {
		return err
	}
	_, err = c.river.InsertMany(ctx, params)
	return wrap(err, "insert drain jobs")
}

type completion func(ctx context.Context, conn *sql.Conn, tx *sql.Tx, job *river.Job[drainArgs]) error

func completeSQLite(ctx context.Context, _ *sql.Conn, tx *sql.Tx, job *river.Job[drainArgs]) error {
	_, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job)
	return wrap(err, "mark the job as completed")
}

func completePostgres(ctx context.Context, conn *sql.Conn, _ *sql.Tx, job *river.Job[drainArgs]) error {
	under, err := postgresUnder(conn)
	if err != nil {
		return err
	}
	_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, pgx.Tx(pgTx{under}), job)
	return wrap(err, "mark the job as completed")
}

func settings(cfg Config, complete completion) *river.Config {
	workers := river.NewWorkers()
	river.AddWorker(workers, &drainer{store: cfg.Store, slots: cfg.Drainer, complete: complete})
	river.AddWorker(workers, &periodicWorker{tasks: cfg.Periodic})
	keep := cmp.Or(cfg.Keep, DefaultKeep)
	return &river.Config{
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: maxWorkers}, ailingQueue: {MaxWorkers: ailingWorkers},
		},
		Workers:                     workers,
		PeriodicJobs:                periodicJobs(cfg.Periodic),
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           fetchPoll,
		JobTimeout:                  jobTimeout,
		RescueStuckJobsAfter:        rescueAfter,
		RetryPolicy:                 steady{},
		CompletedJobRetentionPeriod: min(keep, keepCompleted),
		CancelledJobRetentionPeriod: keep,
		DiscardedJobRetentionPeriod: keep,
		Logger:                      cfg.Log,
	}
}

// steady retries after the same short pause each time.
type steady struct{}

func (steady) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(retryAfter) }
