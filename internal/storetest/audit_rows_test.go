package storetest_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// TestARowTellsWhoDidWhat: who acts and the correlation come from the context, the owner from the cluster.
func TestARowTellsWhoDidWhat(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			began := time.Now().Truncate(time.Microsecond)
			actor := audit.Actor{
				Kind: audit.Token, UserID: 7, Name: "ada", TokenID: 3, IP: netip.MustParseAddr("::ffff:203.0.113.7"),
			}
			ctx := audit.WithActor(telemetry.WithCorrelation(t.Context(), "CORRELATION"), actor)
			entry := audit.Entry{
				Action: "credential.use", Object: audit.Object{Kind: "cluster", ID: w.cluster.ID, Name: "main"}, ProjectID: w.project.ID,
				Detail: map[string]string{"job": "namespace/1", "code": "1.20"},
			}
			check(t, w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error { return tx.Record(ctx, entry) }))
			rows, next, err := audit.Record{Reader: w.Audit()}.Page(t.Context(), audit.Query{Action: "credential", Limit: 10})
			check(t, err)
			actor.IP = actor.IP.Unmap()
			want := audit.Event{Actor: actor, Entry: entry, CorrelationID: "CORRELATION"}
			compare := []cmp.Option{cmpopts.IgnoreFields(audit.Event{}, "ID", "At"), cmpopts.EquateComparable(netip.Addr{})}
			if len(rows) != 1 || next != (audit.Cursor{}) {
				t.Fatalf("%d rows, next %s", len(rows), next)
			}
			if diff := cmp.Diff(want, rows[0].Event, compare...); diff != "" {
				t.Errorf("row (-want +got):\n%s", diff)
			}
			if at := rows[0].At; at.Before(began) || at.After(time.Now()) {
				t.Errorf("it is said to have happened at %v", at)
			}
		})
	}
}

// TestNothingIsRecordedOfWhatDidNotHappen: the row goes with its transaction.
func TestNothingIsRecordedOfWhatDidNotHappen(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			gone := fmt.Errorf("no")
			err := l.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) error {
				check(t, tx.Record(t.Context(), audit.Entry{Action: "namespace.ensure"}))
				return gone
			})
			if err == nil || must(l.Audit().Waiting(t.Context()))(t) != 0 {
				t.Errorf("after %v a row is there", err)
			}
			rows, _, err := audit.Record{Reader: l.Audit()}.Page(t.Context(), audit.Query{Limit: 10})
			if err != nil || len(rows) != 0 {
				t.Errorf("rows %+v, %v", rows, err)
			}
		})
	}
}

// TestPagesOfTheRecord goes through what each filter lets pass, in pages of three.
func TestPagesOfTheRecord(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			for i := range int64(12) {
				ctx := audit.WithActor(t.Context(), audit.Actor{Kind: audit.User, Name: fmt.Sprint("user", i%2)})
				check(t, l.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
					return tx.Record(ctx, audit.Entry{
						Action: []string{"namespace.ensure", "namespace.remove", "role.create"}[i%3],
						Object: audit.Object{Kind: "thing", ID: i % 4}, GroupID: i % 2, ProjectID: (i + 1) % 2,
					})
				}))
			}
			l.execute(t, "UPDATE audit_events SET at = id * 1000000 / 2") // two of them a second, some at the same time
			second := func(n int64) time.Time { return time.Unix(n, 0) }
			tests := map[string]struct {
				query audit.Query
				want  []int64
			}{
				"all":              {audit.Query{}, []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
				"of a group":       {audit.Query{GroupID: 1}, []int64{12, 10, 8, 6, 4, 2}},
				"of a project":     {audit.Query{ProjectID: 1}, []int64{11, 9, 7, 5, 3, 1}},
				"of somebody":      {audit.Query{Actor: "user1"}, []int64{12, 10, 8, 6, 4, 2}},
				"an action":        {audit.Query{Action: "namespace.remove"}, []int64{11, 8, 5, 2}},
				"a noun":           {audit.Query{Action: "namespace"}, []int64{11, 10, 8, 7, 5, 4, 2, 1}},
				"half a noun":      {audit.Query{Action: "name"}, nil},
				"on an object":     {audit.Query{ObjectKind: "thing", ObjectID: 1}, []int64{10, 6, 2}},
				"several":          {audit.Query{GroupID: 1, Action: "namespace", Actor: "user1"}, []int64{10, 8, 4, 2}},
				"since":            {audit.Query{Since: second(5)}, []int64{12, 11, 10}},
				"until":            {audit.Query{Until: second(2)}, []int64{3, 2, 1}},
				"between":          {audit.Query{Since: second(2), Until: second(3)}, []int64{5, 4}},
				"nobody's":         {audit.Query{Actor: "nobody"}, nil},
				"a kind of object": {audit.Query{ObjectKind: "other"}, nil},
			}
			for name, test := range tests {
				if diff := cmp.Diff(test.want, l.ids(t, test.query)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// ids lists what a query finds, in pages of three.
func (l *ledger) ids(t *testing.T, q audit.Query) (ids []int64) {
	t.Helper()
	q.Limit = 3
	for range 10 {
		rows, next, err := audit.Record{Reader: l.Audit()}.Page(t.Context(), q)
		check(t, err)
		for _, row := range rows {
			ids = append(ids, row.ID)
		}
		if next == (audit.Cursor{}) {
			return ids
		}
		q.After = must(audit.ParseCursor(next.String()))(t)
	}
	t.Fatal("the pages do not end")
	return nil
}
