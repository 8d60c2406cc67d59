package apitest

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/roadstead/roadstead/internal/audit"
)

// Record is an audit record of so many events, the newest of which waits for its place in the chain.
type Record int

// Page implements [api.Record]. Of what is asked for it looks at actor, after and limit.
func (r Record) Page(_ context.Context, q audit.Query) ([]audit.Row, audit.Cursor, error) {
	rows, id := []audit.Row{}, int64(r)
	if q.After.ID != 0 {
		id = q.After.ID - 1
	}
	for ; id > 0; id-- {
		row := r.row(id)
		if q.Actor != "" && row.Actor.Name != q.Actor {
			continue
		}
		if rows = append(rows, row); len(rows) == q.Limit && id > 1 {
			return rows, audit.Cursor{At: row.At, ID: id}, nil
		}
	}
	return rows, audit.Cursor{}, nil
}

func (r Record) row(id int64) audit.Row {
	row := audit.Row{Event: audit.Event{
		ID: id, At: past(), CorrelationID: "CORRELATION",
		Actor: audit.Actor{Kind: audit.Token, Name: "ada", UserID: 7, TokenID: 3, IP: netip.MustParseAddr("203.0.113.7")},
		Entry: audit.Entry{
			Action: "cluster.edit", Object: audit.Object{Kind: "cluster", ID: id, Name: fmt.Sprint("production, ", id)},
			Detail: map[string]string{"changed": "name"},
		},
	}}
	if id%2 == 0 {
		row.Actor = audit.Actor{Kind: audit.System, Name: "system"}
	}
	if id != int64(r) {
		row.N, row.Hash = id, []byte{0xa1, byte(id)}
	}
	return row
}
