package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/fault"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

// A transaction that others are in the way of is run again, so often at most,
// and not once it has taken so long.
const (
	tries    = 5
	patience = 5 * time.Second
)

// tx is an open transaction: what all domains' transactions have in common.
type tx struct {
	*sqlgen.Queries

	exempt []work.Kind
	slots  map[work.Slot]struct{}
	topics map[string]struct{}
}

// atomically runs fn in one transaction, as often as others are in its way. It
// is fenced by the claim in ctx. What fn scheduled is queued in the same
// transaction; what it notified is published after the commit. fn must not use
// the store but by its tx: the one writer of SQLite is taken.
func (db *DB) atomically(ctx context.Context, fn func(tx *tx) error) error {
	began := time.Now()
	for try := 1; ; try++ {
		t := &tx{exempt: db.exempt, slots: map[work.Slot]struct{}{}, topics: map[string]struct{}{}}
		err := db.within(ctx, func(conn *sql.Conn, sqlTx *sql.Tx) error {
			return db.run(ctx, t, conn, sqlTx, fn)
		})
		if err == nil {
			fault.Point("store commit")
			db.publish(ctx, t)
			return nil
		}
		if try == tries || time.Since(began) > patience || !transient(err) || !pause(ctx, try) {
			return classify(err)
		}
	}
}

func (db *DB) run(ctx context.Context, t *tx, conn *sql.Conn, sqlTx *sql.Tx, fn func(tx *tx) error) error {
	t.Queries = sqlgen.New(sqlTx)
	if err := t.fence(ctx); err != nil {
		return err
	}
	if err := fn(t); err != nil {
		return err
	}
	if len(t.slots) == 0 {
		return nil
	}
	slots := slices.SortedFunc(maps.Keys(t.slots), inOrder)
	return doing(db.queue.EnqueueTx(ctx, conn, sqlTx, slots), "queue due work")
}

// inOrder is the one order in which slots are queued, so that transactions do
// not wait for each other in a circle.
func inOrder(a, b work.Slot) int {
	return cmp.Or(cmp.Compare(a.Cluster, b.Cluster), cmp.Compare(a.Slot, b.Slot), compareBool(a.Ailing, b.Ailing))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// within runs fn in one transaction on one connection.
func (db *DB) within(ctx context.Context, fn func(conn *sql.Conn, tx *sql.Tx) error) error {
	conn, err := db.write.Conn(ctx)
	if err != nil {
		return doing(err, "get a connection")
	}
	defer conn.Close() // hands it back
	// The transaction does not end with ctx by itself: database/sql would roll it back from a goroutine of its own, while
	// the queue's driver may be using the connection under it. The statements end with ctx, and then so does it, here.
	sqlTx, err := conn.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return doing(err, "begin a transaction")
	}
	if err := fn(conn, sqlTx); err != nil {
		if back := sqlTx.Rollback(); back != nil && !errors.Is(back, sql.ErrTxDone) {
			return errors.Join(err, back)
		}
		return err
	}
	return doing(sqlTx.Commit(), "commit")
}

// fence holds the row of the claim in ctx until the transaction ends, or says
// that somebody else has taken the work over.
func (t *tx) fence(ctx context.Context) error {
	claim, ok := work.ClaimFrom(ctx)
	if !ok {
		return nil
	}
	rows, err := t.FenceWork(ctx, sqlgen.FenceWorkParams{
		Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch,
	})
	return doing(affected(rows, err, work.ErrLeaseLost), "hold %s %d", claim.Kind, claim.Object)
}

// Schedule makes an item due at once and queues its slot.
func (t *tx) Schedule(ctx context.Context, ref work.Ref) error {
	return t.ScheduleAt(ctx, ref, time.Now())
}

// ScheduleAt makes an item due at a time, unless it is due earlier.
func (t *tx) ScheduleAt(ctx context.Context, ref work.Ref, at time.Time) error {
	current := now()
	due, err := t.ScheduleWork(ctx, sqlgen.ScheduleWorkParams{
		Kind: string(ref.Kind), Object: ref.Object, Cluster: ref.Cluster, Slot: int64(ref.Slot()),
		DueAt: stamp(at), Now: current, Cause: telemetry.Cause(ctx),
	})
	if err != nil {
		return doing(err, "schedule %s %d", ref.Kind, ref.Object)
	}
	if due > current {
		return nil
	}
	return t.wake(ctx, ref, current)
}

// wake queues the slot of a due item, unless its cluster is held.
func (t *tx) wake(ctx context.Context, ref work.Ref, current int64) error {
	slot := work.Slot{Cluster: ref.Cluster, Slot: ref.Slot()}
	hold, err := t.ClusterHold(ctx, ref.Cluster)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return doing(err, "see whether cluster %d is held", ref.Cluster)
	case hold.HeldUntil > current && !slices.Contains(t.exempt, ref.Kind):
		return nil
	default:
		slot.Ailing = true
	}
	t.slots[slot] = struct{}{}
	return nil
}

// Notify announces a topic once the transaction is committed.
func (t *tx) Notify(topic string) { t.topics[topic] = struct{}{} }

// publish announces what a committed transaction changed. The revision is the
// time of the commit, in microseconds.
func (db *DB) publish(ctx context.Context, t *tx) {
	if len(t.topics) == 0 {
		return
	}
	revision := now()
	notices := make([]event.Notice, 0, len(t.topics))
	for _, topic := range slices.Sorted(maps.Keys(t.topics)) {
		notices = append(notices, event.Notice{Topic: topic, Revision: revision})
	}
	db.bus.Publish(ctx, notices...)
}

// pause waits before another try, longer each time, and reports whether ctx
// is still alive.
func pause(ctx context.Context, try int) bool {
	limit := 10 * time.Millisecond << try
	timer := time.NewTimer(limit/2 + rand.N(limit))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
