package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

const keyColumns = `id, cluster, kind, scope, state, code, epoch, n, floor, as_of, wanted_until, held_until, tried_at,
	synced, total, incomplete`

// The writes of every follower, each fenced by key and epoch.
const (
	saveKey = `UPDATE mirror.keys
		SET state = $3, code = $4, n = $5, as_of = $6, synced = $7, total = $8, incomplete = $9
		WHERE id = $1 AND epoch = $2`
	holdKey = `UPDATE mirror.keys SET held_until = $3 WHERE id = $1 AND epoch = $2`
)

// nobodyFollows takes back what a process said that died: this one is alone.
func (m *Mirror) nobodyFollows(ctx context.Context) error {
	_, err := m.write.ExecContext(ctx, m.qualified(
		`UPDATE mirror.keys SET state = $1, held_until = 0 WHERE held_until > 0`), workload.Stale)
	return doing(err, "mark mirrored keys as not followed")
}

// Status returns what is known of a key, or apperr.NotFound.
func (m *Mirror) Status(ctx context.Context, key workload.Key) (workload.Status, error) {
	status, err := m.status(ctx, m.read, `SELECT `+keyColumns+` FROM mirror.keys
		WHERE cluster = $1 AND kind = $2 AND scope = $3`, key.Cluster, key.Kind, key.Scope)
	return status, doing(err, "read the status of %s", key)
}

// Want keeps a key wanted until then and makes it if there is none.
func (m *Mirror) Want(ctx context.Context, key workload.Key, until time.Time) (workload.Status, error) {
	id := rand.Int64() // never used again, which a counter that a crash resets cannot promise
	status, err := m.status(ctx, m.write, `INSERT INTO mirror.keys (`+keyColumns+`)
		VALUES ($1, $2, $3, $4, $5, '', 0, 0, 0, 0, $6, 0, 0, 0, 0, FALSE)
		ON CONFLICT (cluster, kind, scope) DO UPDATE SET wanted_until = excluded.wanted_until
		RETURNING `+keyColumns, id, key.Cluster, key.Kind, key.Scope, workload.Syncing, stamp(until))
	return status, doing(err, "extend the interest in %s", key)
}

// Wanted lists the keys that are wanted at the given time, in order of id.
func (m *Mirror) Wanted(ctx context.Context, at time.Time) ([]workload.Status, error) {
	rows, err := m.query(ctx, `SELECT `+keyColumns+` FROM mirror.keys WHERE wanted_until > $1 ORDER BY id`, stamp(at))
	if err != nil {
		return nil, doing(err, "list wanted keys")
	}
	wanted, err := collect(rows, statusInto)
	return wanted, doing(err, "list wanted keys")
}

// Begin hands a key to the follower of a newer epoch. What was unreachable or
// stale stays so until the follower has got somewhere.
func (m *Mirror) Begin(
	ctx context.Context, key workload.Key, epoch int64, heldUntil time.Time,
) (workload.Status, error) {
	status, err := m.status(ctx, m.write, `UPDATE mirror.keys
		SET epoch = $4, held_until = $5, synced = 0, total = 0,
			state = CASE WHEN state = $6 THEN $6 WHEN state IN ($7, $8) THEN $8 ELSE $9 END
		WHERE cluster = $1 AND kind = $2 AND scope = $3 AND epoch < $4 RETURNING `+keyColumns,
		key.Cluster, key.Kind, key.Scope, epoch, stamp(heldUntil),
		workload.Unreachable, workload.Live, workload.Stale, workload.Syncing)
	if errors.Is(err, sql.ErrNoRows) {
		err = work.ErrLeaseLost
	}
	return status, doing(err, "begin to follow %s", key)
}

// Hold extends the time for which the follower's word holds.
func (m *Mirror) Hold(ctx context.Context, status workload.Status, heldUntil time.Time) error {
	err := m.inTx(ctx, func(tx mirrorTx) error {
		return tx.fenced(ctx, holdKey, status.ID, status.Revision.Epoch, stamp(heldUntil))
	})
	return doing(err, "hold %s", status.Key)
}

// Save writes the state of a key.
func (m *Mirror) Save(ctx context.Context, status workload.Status) error {
	err := m.inTx(ctx, func(tx mirrorTx) error { return tx.save(ctx, status) })
	return doing(err, "save the status of %s", status.Key)
}

func (t mirrorTx) save(ctx context.Context, s workload.Status) error {
	return t.fenced(ctx, saveKey,
		s.ID, s.Revision.Epoch, s.State, s.Code, s.Revision.N, stamp(s.AsOf), s.Synced, s.Total, s.Incomplete)
}

// Leave ends the following of a key. A key that cannot be reached stays so.
func (m *Mirror) Leave(ctx context.Context, status workload.Status, at time.Time) error {
	err := m.inTx(ctx, func(tx mirrorTx) error {
		return tx.fenced(ctx, `UPDATE mirror.keys SET held_until = 0, tried_at = $3,
			state = CASE WHEN wanted_until <= $3 THEN $4 WHEN state = $5 THEN $5 ELSE $6 END
			WHERE id = $1 AND epoch = $2`, status.ID, status.Revision.Epoch, stamp(at),
			workload.Idle, workload.Unreachable, workload.Stale)
	})
	return doing(err, "leave %s", status.Key)
}

// States counts the keys in each state.
func (m *Mirror) States(ctx context.Context) (map[string]int64, error) {
	rows, err := m.read.QueryContext(ctx, m.qualified(`SELECT state, COUNT(*) FROM mirror.keys GROUP BY state`))
	if err != nil {
		return nil, doing(err, "count views")
	}
	defer rows.Close()
	states := map[string]int64{}
	for rows.Next() {
		var state string
		var n int64
		if err := rows.Scan(&state, &n); err != nil {
			return nil, doing(err, "count views")
		}
		states[state] = n
	}
	return states, doing(rows.Err(), "count views")
}

// fenced runs a write that names key and epoch: meeting no row, it was late.
func (t mirrorTx) fenced(ctx context.Context, text string, args ...any) error {
	changed, err := t.exec(ctx, text, args...)
	return affected(changed, err, work.ErrLeaseLost)
}

func (m *Mirror) status(ctx context.Context, db *sql.DB, text string, args ...any) (workload.Status, error) {
	statement, err := m.prepared(ctx, db, text) //nolint:sqlclosecheck // kept until Close
	if err != nil {
		return workload.Status{}, err
	}
	var s workload.Status
	if err := statement.QueryRowContext(ctx, args...).Scan(statusInto(&s)...); err != nil {
		return workload.Status{}, fmt.Errorf("query: %w", err)
	}
	return s, nil
}

func statusInto(s *workload.Status) []any {
	return []any{
		&s.ID, &s.Key.Cluster, &s.Key.Kind, &s.Key.Scope, &s.State, &s.Code, &s.Revision.Epoch, &s.Revision.N, &s.Floor,
		momentInto{&s.AsOf},
		momentInto{&s.WantedUntil},
		momentInto{&s.HeldUntil},
		momentInto{&s.TriedAt},
		&s.Synced, &s.Total, &s.Incomplete,
	}
}
