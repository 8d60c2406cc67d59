package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/roadstead/roadstead/internal/fault"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
)

var (
	_ work.Store = Work{}
	_ work.Due   = Work{}
)

// Work keeps the rows of due work. A slot advances one item at a time: while
// one is leased, no other one of its slot is due.
type Work struct{ db *DB }

// Work returns the store of due work.
func (db *DB) Work() Work { return Work{db: db} }

// ClaimDue leases the longest due item of the slot for owner, or reports false
// when none is due. It raises the epoch.
func (s Work) ClaimDue(
	ctx context.Context, slot work.Slot, owner string, lease time.Duration,
) (work.Claim, bool, error) {
	q := s.db.reader()
	for {
		item, err := s.db.dueItem(ctx, q, slot)
		if errors.Is(err, sql.ErrNoRows) {
			return work.Claim{}, false, nil
		}
		if err != nil {
			return work.Claim{}, false, doing(err, "find due work")
		}
		row, err := s.claim(ctx, slot, item, owner, lease)
		if errors.Is(err, sql.ErrNoRows) {
			continue // somebody else was faster
		}
		if err != nil {
			return work.Claim{}, false, doing(err, "claim %s %d", item.Kind, item.Object)
		}
		fault.Point("work claim")
		claim := claimOf(row)
		claim.Failures = item.failures
		return claim, true, nil
	}
}

// claim leases an item that was found due. Whoever claims of an ailing cluster
// waits for the others who do, and looks again.
func (s Work) claim(
	ctx context.Context, slot work.Slot, item due, owner string, lease time.Duration,
) (row sqlgen.Work, err error) {
	params := sqlgen.ClaimWorkParams{
		Kind: item.Kind, Object: item.Object, Epoch: item.Epoch, Owner: owner, LeaseUntil: in(lease), Now: now(),
	}
	if !slot.Ailing {
		return sqlgen.New(s.db.write).ClaimWork(ctx, params)
	}
	err = s.db.within(ctx, func(_ *sql.Conn, tx *sql.Tx) error {
		q := sqlgen.New(tx)
		if _, err := q.LockHold(ctx, slot.Cluster); err != nil {
			return doing(err, "lock the hold of cluster %d", slot.Cluster)
		}
		again, err := s.db.dueItem(ctx, q, slot)
		if err == nil && again != item {
			err = sql.ErrNoRows
		}
		if err == nil {
			row, err = q.ClaimWork(ctx, params)
		}
		return err
	})
	return row, err
}

// due is an item found due.
type due struct {
	sqlgen.DueItemRow

	failures int
}

// dueItem finds the item of a slot to claim next.
func (db *DB) dueItem(ctx context.Context, q *sqlgen.Queries, slot work.Slot) (due, error) {
	if !slot.Ailing {
		item, err := q.DueItem(ctx, sqlgen.DueItemParams{Cluster: slot.Cluster, Slot: int64(slot.Slot), Now: now()})
		return due{DueItemRow: item}, err
	}
	item, err := q.DueItemAiling(ctx, sqlgen.DueItemAilingParams{
		Cluster: slot.Cluster, Slot: int64(slot.Slot), Now: now(), Exempt: db.exemptList(),
	})
	return due{
		DueItemRow: sqlgen.DueItemRow{Kind: item.Kind, Object: item.Object, Epoch: item.Epoch}, failures: int(item.Failures),
	}, err
}

// Renew extends the lease. It returns ErrLeaseLost when it is gone.
func (s Work) Renew(ctx context.Context, claim work.Claim, owner string, lease time.Duration) error {
	rows, err := sqlgen.New(s.db.write).RenewWork(ctx, sqlgen.RenewWorkParams{
		Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, LeaseUntil: in(lease),
	})
	return doing(affected(rows, err, work.ErrLeaseLost), "renew the lease of %s %d", claim.Kind, claim.Object)
}

// Settle ends the claim: the row goes when it is done, else it becomes due
// after its delay, or at once when it was woken since the claim. The cluster is
// held or released in the same transaction.
func (s Work) Settle(ctx context.Context, claim work.Claim, owner string, end work.End) error {
	err := s.settleAll(ctx, claim, owner, end)
	fault.Point("work settle")
	return doing(err, "settle %s %d", claim.Kind, claim.Object)
}

func (s Work) settleAll(ctx context.Context, claim work.Claim, owner string, end work.End) error {
	if end.Hold == 0 && !end.Release {
		return settle(ctx, sqlgen.New(s.db.write), claim, owner, end)
	}
	return s.db.within(ctx, func(_ *sql.Conn, tx *sql.Tx) error {
		q := sqlgen.New(tx)
		if end.Release {
			if err := q.ReleaseCluster(ctx, claim.Cluster); err != nil {
				return doing(err, "release cluster %d", claim.Cluster)
			}
		} else if err := q.HoldCluster(ctx, sqlgen.HoldClusterParams{
			Cluster: claim.Cluster, HeldUntil: in(end.Hold), Code: string(end.Code), Now: now(),
		}); err != nil {
			return doing(err, "hold cluster %d", claim.Cluster)
		}
		return settle(ctx, q, claim, owner, end)
	})
}

func settle(ctx context.Context, q *sqlgen.Queries, claim work.Claim, owner string, end work.End) error {
	if end.Next.IsDone() {
		gone, err := q.FinishWork(ctx, sqlgen.FinishWorkParams{
			Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, Wakes: claim.Wakes,
		})
		if err != nil || gone > 0 {
			return doing(err, "finish it")
		}
	}
	cause := claim.Cause
	if end.Next.Served() {
		cause = ""
	}
	rows, err := q.SettleWork(ctx, sqlgen.SettleWorkParams{
		Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, Wakes: claim.Wakes,
		DueAt: in(end.Next.Delay()), Now: now(), Attempt: int64(end.Attempt), Strikes: int64(end.Strikes), Cause: cause,
	})
	return affected(rows, err, work.ErrLeaseLost)
}

// Release ends the hold of a cluster: its registration changed, and that may
// well be the cure.
func (s Work) Release(ctx context.Context, cluster int64) error {
	return s.db.atomically(ctx, func(tx *tx) error { return tx.Release(ctx, cluster) })
}

// Release ends the hold of a cluster when the transaction is committed.
func (t *tx) Release(ctx context.Context, cluster int64) error {
	return doing(t.ReleaseCluster(ctx, cluster), "release cluster %d", cluster)
}

// Backlog counts the running and the due items of each kind.
func (s Work) Backlog(ctx context.Context) ([]telemetry.Backlog, error) {
	current := now()
	rows, err := s.db.reader().WorkBacklog(ctx, current)
	return each(rows, func(r sqlgen.WorkBacklogRow) telemetry.Backlog {
		return telemetry.Backlog{
			Kind: r.Kind, Running: r.Running, Due: r.Due, Oldest: time.Duration(current-r.DueSince) * time.Microsecond,
		}
	}), doing(err, "count due work")
}

// EndDrain runs complete, which marks a slot's job as done, and commits it
// only when nothing is due in the slot. It reports whether it did. Whoever
// schedules an item meanwhile either is seen here or finds no job in its way,
// so that no wake-up is lost.
func (db *DB) EndDrain(
	ctx context.Context, slot work.Slot, complete func(conn *sql.Conn, tx *sql.Tx) error,
) (ended bool, err error) {
	err = db.within(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		if err := complete(conn, tx); err != nil {
			return doing(err, "complete the job")
		}
		_, err := db.dueItem(ctx, sqlgen.New(tx), slot)
		if err == nil {
			return errStillDue
		}
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return doing(err, "look for due work")
	})
	if errors.Is(err, errStillDue) {
		return false, nil
	}
	fault.Point("drain end")
	return err == nil, doing(err, "end the drain of cluster %d", slot.Cluster)
}

// errStillDue rolls the end of a drain back.
var errStillDue = errors.New("work is still due")

// claimOf returns the claim of a row just leased. The row counts this claim as
// unsettled already.
func claimOf(r sqlgen.Work) work.Claim {
	return work.Claim{
		Ref:   work.Ref{Kind: work.Kind(r.Kind), Object: r.Object, Cluster: r.Cluster},
		Epoch: r.Epoch, Attempt: int(r.Attempt), Unsettled: int(r.Unsettled) - 1, Wakes: r.Wakes, Cause: r.Cause,
		Strikes: int(r.Strikes),
	}
}
