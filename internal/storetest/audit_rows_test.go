package storetest_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/tenant"
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
			for _, table := range []string{"audit_events", "audit_groups"} { // two of them a second, some at the same time
				l.execute(t, "UPDATE "+table+" SET at = id * 1000000 / 2")
			}
			second := func(n int64) time.Time { return time.Unix(n, 0) }
			tests := map[string]struct {
				query audit.Query
				want  []int64
			}{
				"all":                {audit.Query{}, []int64{12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}},
				"of a group":         {audit.Query{GroupID: 1}, []int64{12, 10, 8, 6, 4, 2}},
				"of a project":       {audit.Query{ProjectID: 1}, []int64{11, 9, 7, 5, 3, 1}},
				"of somebody":        {audit.Query{Actor: "user1"}, []int64{12, 10, 8, 6, 4, 2}},
				"an action":          {audit.Query{Action: "namespace.remove"}, []int64{11, 8, 5, 2}},
				"a noun":             {audit.Query{Action: "namespace"}, []int64{11, 10, 8, 7, 5, 4, 2, 1}},
				"half a noun":        {audit.Query{Action: "name"}, nil},
				"on an object":       {audit.Query{ObjectKind: "thing", ObjectID: 1}, []int64{10, 6, 2}},
				"on one, in a group": {audit.Query{GroupID: 1, ObjectKind: "thing", ObjectID: 1}, []int64{10, 6, 2}},
				"several":            {audit.Query{GroupID: 1, Action: "namespace", Actor: "user1"}, []int64{10, 8, 4, 2}},
				"since":              {audit.Query{Since: second(5)}, []int64{12, 11, 10}},
				"until":              {audit.Query{Until: second(2)}, []int64{3, 2, 1}},
				"between":            {audit.Query{Since: second(2), Until: second(3)}, []int64{5, 4}},
				"nobody's":           {audit.Query{Actor: "nobody"}, nil},
				"a kind of object":   {audit.Query{ObjectKind: "other"}, nil},
			}
			for name, test := range tests {
				if diff := cmp.Diff(test.want, l.ids(t, test.query)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// TestAGroupsRecordHoldsWhatIsBelow: its own, that of the groups and projects in it, and of those that were.
func TestAGroupsRecordHoldsWhatIsBelow(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			team := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "acme/team"}))(t)
			site := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "acme/team/site"}))(t)
			must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other"}))(t)
			attached := w.addCluster(t, cluster.Cluster{Name: "teams", Level: cluster.Group, GroupID: team.ID})
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				return tx.Record(ctx, audit.Entry{Action: "cluster.check", ClusterID: attached.ID})
			}))
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.DeleteCluster(ctx, attached.ID) }))
			check(t, w.tenants.DeleteProject(ctx, site.ID))
			check(t, w.tenants.DeleteGroup(ctx, team.ID))
			ofTeam := []string{"group.delete", "project.delete", "cluster.check", "project.create", "group.create"}
			for group, want := range map[int64][]string{
				team.ID: ofTeam, w.group.ID: append(slices.Clone(ofTeam), "environment.create", "project.create", "group.create"),
			} {
				var got []string
				rows, _, err := audit.Record{Reader: w.Audit()}.Page(ctx, audit.Query{GroupID: group, Limit: 100})
				check(t, err)
				for _, row := range rows {
					got = append(got, row.Action)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("in group %d (-want +got):\n%s", group, diff)
				}
			}
		})
	}
}

// TestPagesOfTheRecordNeedNoFullScan asks both databases how they find a page.
func TestPagesOfTheRecordNeedNoFullScan(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t, config(t))
			for name, q := range map[string]audit.Query{
				"all": {}, "of a group": {GroupID: 1}, "of a project": {ProjectID: 1}, "of somebody": {Actor: "ada"}, "an action": {Action: "group.create"},
				"a noun": {Action: "group"}, "on an object": {ObjectKind: "group", ObjectID: 1}, "several": {GroupID: 1, Actor: "ada", Action: "group"},
			} {
				explained, scans := storetest.Explain(t, db)
				q.Limit = 50
				_, _, err := audit.Record{Reader: explained.Audit()}.Page(t.Context(), q)
				check(t, err)
				found, reads := scans.Of("audit_events", "audit_groups", "audit_chain")
				if reads == 0 || len(found) > 0 {
					t.Errorf("%s: %d reads, full scans %+v", name, reads, found)
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
