package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/store/sqlgen"
	"github.com/roadstead/roadstead/internal/work"
)

// staleAfter is the span by which an overdue slot's job differs from the one
// that was queued before, in microseconds.
const staleAfter = int64(10 * time.Second / time.Microsecond)

// DueSlots lists slots with work that could be claimed now, the longest due
// first. Of an ailing cluster it lists one, and those with exempt work.
func (s Work) DueSlots(ctx context.Context, limit int) ([]work.Slot, error) {
	q, current := s.db.reader(), now()
	rows, err := q.DueSlots(ctx, sqlgen.DueSlotsParams{Now: current, Limit: int32(limit)})
	if err != nil {
		return nil, doing(err, "list due slots")
	}
	slots := each(rows, func(r sqlgen.DueSlotsRow) work.Slot { return slotOf(r, current) })
	ailing, err := s.dueAiling(ctx, q, current, limit)
	return append(slots, ailing...), err
}

func (s Work) dueAiling(ctx context.Context, q *sqlgen.Queries, current int64, limit int) (slots []work.Slot, err error) {
	for _, kind := range s.db.exempt {
		rows, err := q.DueSlotsExempt(ctx, sqlgen.DueSlotsExemptParams{Kind: string(kind), Now: current, Limit: int32(limit)})
		if err != nil {
			return nil, doing(err, "list slots of ailing clusters with due %s", kind)
		}
		for _, r := range rows {
			slots = append(slots, ailing(slotOf(sqlgen.DueSlotsRow(r), current)))
		}
	}
	rows, err := q.DueSlotsAiling(ctx, sqlgen.DueSlotsAilingParams{Now: current, Limit: int32(limit)})
	if err != nil {
		return nil, doing(err, "list due slots of ailing clusters")
	}
	for _, r := range rows {
		same := func(s work.Slot) bool { return s.Cluster == r.Cluster }
		if !slices.ContainsFunc(slots, same) {
			slots = append(slots, ailing(slotOf(sqlgen.DueSlotsRow(r), current)))
		}
	}
	return slots, nil
}

func slotOf(r sqlgen.DueSlotsRow, current int64) work.Slot {
	return work.Slot{Cluster: r.Cluster, Slot: int(r.Slot), Stale: (current - r.DueSince) / staleAfter}
}

func ailing(slot work.Slot) work.Slot {
	slot.Ailing = true
	return slot
}

// exemptList is the list of exempt kinds as the queries want it.
func (db *DB) exemptList() string {
	var list strings.Builder
	list.WriteByte(',')
	for _, kind := range db.exempt {
		list.WriteString(string(kind) + ",")
	}
	return list.String()
}
