package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/idempotency"
)

// keepLeases is how long the lease of a follower stays after its end, so that
// its next epoch is higher than the last one.
const keepLeases = 24 * time.Hour

// Sweep deletes what has had its time: operations that ended longer ago than
// keepOperations, with their logs, old leases, and the keys of old requests. An
// application's latest operation stays, and so do the values in force.
func (db *DB) Sweep(ctx context.Context, keepOperations time.Duration) error {
	current := time.Now()
	err := db.atomically(ctx, func(tx *tx) error {
		if err := tx.DeleteOperationsBefore(ctx, stamp(current.Add(-keepOperations))); err != nil {
			return err
		}
		if err := tx.DeleteFollowLeasesBefore(ctx, stamp(current.Add(-keepLeases))); err != nil {
			return err
		}
		return tx.DeleteKeysBefore(ctx, stamp(current.Add(-idempotency.KeepFor)))
	})
	return doing(err, "sweep old records")
}
