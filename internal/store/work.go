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

// staleAfter is the span by which an overdue slot's job differs from the one
// that was queued before, in microseconds.
const staleAfter = int64(10 * time.Second / time.Microsecond)

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
	for {
		item, err := s.db.reader().DueItem(ctx, dueItem(slot))
		if errors.Is(err, sql.ErrNoRows) {
			return work.Claim{}, false, nil
		}
		if err != nil {
			return work.Claim{}, false, doing(err, "find due work")
		}
		row, err := sqlgen.New(s.db.write).ClaimWork(ctx, sqlgen.ClaimWorkParams{
			Kind: item.Kind, Object: item.Object, Epoch: item.Epoch,
			Owner: owner, LeaseUntil: in(lease), Now: now(),
		})
		if errors.Is(err, sql.ErrNoRows) {
			continue // somebody else was faster
		}
		if err != nil {
			return work.Claim{}, false, doing(err, "claim %s %d", item.Kind, item.Object)
		}
		fault.Point("work claim")
		return claimOf(row), true, nil
	}
}

// Renew extends the lease. It returns ErrLeaseLost when it is gone.
func (s Work) Renew(ctx context.Context, claim work.Claim, owner string, lease time.Duration) error {
	rows, err := sqlgen.New(s.db.write).RenewWork(ctx, sqlgen.RenewWorkParams{
		Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, LeaseUntil: in(lease),
	})
	return doing(affected(rows, err, work.ErrLeaseLost), "renew the lease of %s %d", claim.Kind, claim.Object)
}

// Settle ends the claim: the row goes when next is done, else it becomes due
// after its delay, or at once when it was woken since the claim.
func (s Work) Settle(ctx context.Context, claim work.Claim, owner string, next work.Next, attempt int) error {
	q := sqlgen.New(s.db.write)
	if next.IsDone() {
		gone, err := q.FinishWork(ctx, sqlgen.FinishWorkParams{
			Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, Wakes: claim.Wakes,
		})
		if err != nil || gone > 0 {
			fault.Point("work settle")
			return doing(err, "finish %s %d", claim.Kind, claim.Object)
		}
	}
	cause := claim.Cause
	if next.Served() {
		cause = ""
	}
	rows, err := q.SettleWork(ctx, sqlgen.SettleWorkParams{
		Kind: string(claim.Kind), Object: claim.Object, Epoch: claim.Epoch, Owner: owner, Wakes: claim.Wakes,
		DueAt: in(next.Delay()), Now: now(), Attempt: int64(attempt), Cause: cause,
	})
	fault.Point("work settle")
	return doing(affected(rows, err, work.ErrLeaseLost), "settle %s %d", claim.Kind, claim.Object)
}

// DueSlots lists slots with due work that nobody holds, the longest due first.
func (s Work) DueSlots(ctx context.Context, limit int) ([]work.Slot, error) {
	current := now()
	rows, err := s.db.reader().DueSlots(ctx, sqlgen.DueSlotsParams{
		Now: current, Limit: int32(limit),
	})
	return each(rows, func(r sqlgen.DueSlotsRow) work.Slot {
		return work.Slot{Cluster: r.Cluster, Slot: int(r.Slot), Stale: (current - r.DueSince) / staleAfter}
	}), doing(err, "list due slots")
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
		_, err := sqlgen.New(tx).DueItem(ctx, dueItem(slot))
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

func dueItem(slot work.Slot) sqlgen.DueItemParams {
	return sqlgen.DueItemParams{Cluster: slot.Cluster, Slot: int64(slot.Slot), Now: now()}
}

// claimOf returns the claim of a row just leased. The row counts this claim as
// unsettled already.
func claimOf(r sqlgen.Work) work.Claim {
	return work.Claim{
		Ref:   work.Ref{Kind: work.Kind(r.Kind), Object: r.Object, Cluster: r.Cluster},
		Epoch: r.Epoch, Attempt: int(r.Attempt), Unsettled: int(r.Unsettled) - 1, Wakes: r.Wakes, Cause: r.Cause,
	}
}
