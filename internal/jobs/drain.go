package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// jobTimeout ends a drain that does not end by itself: one drain of 20 s whose
// last step may take two minutes, and time to settle.
const jobTimeout = 4 * time.Minute

// drainArgs names the slot to drain. Two jobs with the same arguments do not
// exist at once.
type drainArgs struct {
	Cluster int64 `json:"cluster"`
	Slot    int   `json:"slot"`
	Ailing  bool  `json:"ailing,omitempty"`
	Stale   int64 `json:"stale"`
}

// Kind names the job.
func (drainArgs) Kind() string { return "drain" }

// InsertOpts lets a new job in once the last one is completed.
func (drainArgs) InsertOpts() river.InsertOpts {
	return river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unfinished()}}
}

func unfinished() []rivertype.JobState {
	return []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable,
		rivertype.JobStateRunning, rivertype.JobStateScheduled,
	}
}

// metadata is what a job carries beside its arguments.
type metadata struct {
	CorrelationID string `json:"correlation_id,omitempty"`
}

func drains(ctx context.Context, slots []work.Slot) ([]river.InsertManyParams, error) {
	carried, err := json.Marshal(metadata{CorrelationID: telemetry.Correlation(ctx)})
	if err != nil {
		return nil, fmt.Errorf("encode the job's metadata: %w", err)
	}
	params := make([]river.InsertManyParams, len(slots))
	for i, slot := range slots {
		params[i] = river.InsertManyParams{Args: drainArgs(slot), InsertOpts: &river.InsertOpts{Metadata: carried, Queue: queueOf(slot)}}
	}
	return params, nil
}

// queueOf keeps ailing clusters from the workers of the others.
func queueOf(slot work.Slot) string {
	if slot.Ailing {
		return ailingQueue
	}
	return river.QueueDefault
}

// drainer works drain jobs.
type drainer struct {
	river.WorkerDefaults[drainArgs]

	store    Store
	slots    Drainer
	complete func(ctx context.Context, conn *sql.Conn, tx *sql.Tx, job *river.Job[drainArgs]) error
}

// Work drains the slot and completes the job only when nothing is due there.
func (d *drainer) Work(ctx context.Context, job *river.Job[drainArgs]) error {
	ctx = correlated(ctx, job.Metadata)
	slot := work.Slot(job.Args)
	for ctx.Err() == nil {
		more, err := d.slots.Drain(ctx, slot)
		switch {
		case ctx.Err() != nil || more:
			return later()
		case err != nil:
			return err
		}
		ended, err := d.store.EndDrain(ctx, slot, func(conn *sql.Conn, tx *sql.Tx) error {
			return d.complete(ctx, conn, tx, job)
		})
		if err != nil || ended {
			return err
		}
	}
	return later()
}

// later puts the job behind those of other clusters.
func later() error {
	return river.JobSnooze(0) //nolint:wrapcheck // a word to the queue, not an error
}

// correlated gives ctx the correlation id of the request that caused the job,
// or one of its own.
func correlated(ctx context.Context, carried []byte) context.Context {
	var m metadata
	if err := json.Unmarshal(carried, &m); err != nil || m.CorrelationID == "" {
		m.CorrelationID = telemetry.NewCorrelation()
	}
	return telemetry.WithCorrelation(ctx, m.CorrelationID)
}
