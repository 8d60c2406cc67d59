package storetest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

// ledger is a record with a keeper whose clock is set by the test.
type ledger struct {
	*store.DB

	signer *secret.Signer
	keys   string // the folder of the keyset
	kept   func(context.Context) (time.Duration, error)

	mu      sync.Mutex
	clock   time.Time
	shipped bytes.Buffer
}

func newLedger(t *testing.T, cfg store.Config) *ledger {
	t.Helper()
	l := &ledger{DB: storetest.Open(t, cfg), keys: filepath.Join(t.TempDir(), "keys"), clock: time.Now()}
	l.kept = kept(365 * 24 * time.Hour)
	_, _, err := secret.LoadOrCreate(filepath.Join(l.keys, "private"), filepath.Join(l.keys, "public"))
	check(t, err)
	l.signer, err = secret.LoadSigner(filepath.Join(l.keys, "private"))
	check(t, err)
	return l
}

// Write is where the keeper ships its checkpoints to.
func (l *ledger) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.shipped.Write(line)
}

func (l *ledger) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.clock.Truncate(time.Microsecond)
}

func (l *ledger) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clock = l.clock.Add(d)
}

func (l *ledger) checkpoints(t *testing.T) []audit.Checkpoint {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	return must(audit.ParseCheckpoints(l.shipped.Bytes()))(t)
}

// record adds one event in a transaction of its own.
func (l *ledger) record(ctx context.Context, name string) error {
	return l.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
		return tx.Record(ctx, audit.Entry{
			Action: "cluster.edit", Object: audit.Object{Kind: "cluster", ID: 7, Name: name}, GroupID: 7,
			Detail: map[string]string{"changed": "name", "from": name},
		})
	})
}

// keep runs a keeper until nothing waits and done is satisfied.
func (l *ledger) keep(t *testing.T, done func() bool) {
	t.Helper()
	keeper := &audit.Keeper{
		Store: l.Audit(), Signer: l.signer, Keep: l.kept, Ship: l, Log: slog.New(slog.DiscardHandler), Now: l.now,
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	followers := must(keeper.Wanted(ctx))(t)
	go func() { ended <- followers[0].Run(ctx, 1) }()
	eventually(t, patience, "everything is chained", func() bool { return must(l.Audit().Waiting(t.Context()))(t) == 0 && done() })
	stop()
	check(t, <-ended)
}

// kept is a retention that nobody changes.
func kept(d time.Duration) func(context.Context) (time.Duration, error) {
	return func(context.Context) (time.Duration, error) { return d, nil }
}

// patience is for a machine that others use too.
const patience = 20 * time.Second

func always() bool { return true }

// fill records n events and has them chained, with a checkpoint behind the first ones.
func (l *ledger) fill(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		check(t, l.record(t.Context(), fmt.Sprint("event ", i)))
	}
	l.keep(t, func() bool { return len(l.checkpoints(t)) > 0 })
}

func (l *ledger) verify(t *testing.T, elsewhere ...audit.Checkpoint) audit.Report {
	t.Helper()
	return must(audit.Verify(t.Context(), l.Audit(), l.signer, elsewhere))(t)
}

// execute changes the database behind the program's back.
func (l *ledger) execute(t *testing.T, statements ...string) {
	t.Helper()
	sqlite, postgres := l.Handles()
	for _, statement := range statements {
		var err error
		if postgres != nil {
			_, err = postgres.Exec(t.Context(), statement)
		} else {
			_, err = sqlite.ExecContext(t.Context(), statement)
		}
		check(t, err)
	}
}

func TestTheRecordIsChainedAndVerified(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			if got := l.verify(t); got != (audit.Report{}) {
				t.Errorf("of nothing: %+v", got)
			}
			l.fill(t, 1200)
			check(t, l.record(t.Context(), "not chained yet"))
			want := audit.Report{Right: 1200, Checkpoints: 1, Waiting: 1}
			if diff := cmp.Diff(want, l.verify(t)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhoeverTouchesTheChainIsFound changes a chain of ten, checkpointed at ten, in the ways that somebody with the
// database and without the keys can.
func TestWhoeverTouchesTheChainIsFound(t *testing.T) {
	t.Parallel()
	const renumber = "UPDATE audit_chain SET n = n + 1000 WHERE n > %d; UPDATE audit_chain SET n = n - 1000 + %d WHERE n > 1000"
	tests := map[string]struct {
		changes []string
		want    audit.Finding
		right   int64
	}{
		"a text is flipped":      {[]string{"UPDATE audit_events SET object_name = 'evenT 4' WHERE id = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"a time is flipped":      {[]string{"UPDATE audit_events SET at = at + 1 WHERE id = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"a detail is flipped":    {[]string{"UPDATE audit_events SET detail = '{}' WHERE id = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"a row is made garbage":  {[]string{"UPDATE audit_events SET detail = 'x', ip = 'y' WHERE id = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"a row is filed away":    {[]string{"UPDATE audit_events SET noun = 'x' WHERE id = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"a hash is flipped":      {[]string{"UPDATE audit_chain SET hash = (SELECT hash FROM audit_chain WHERE n = 2) WHERE n = 5"}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 5}, 4},
		"the last row is":        {[]string{"UPDATE audit_events SET actor_name = 'x' WHERE id = 10"}, audit.Finding{Fault: audit.Changed, N: 10, EventID: 10}, 9},
		"a row is dropped":       {[]string{"DELETE FROM audit_events WHERE id = 5"}, audit.Finding{Fault: audit.Missing, N: 5, EventID: 5}, 4},
		"and its link":           {[]string{"DELETE FROM audit_events WHERE id = 5", "DELETE FROM audit_chain WHERE n = 5"}, audit.Finding{Fault: audit.Missing, N: 5}, 4},
		"and the gap closed":     {[]string{"DELETE FROM audit_events WHERE id = 5", "DELETE FROM audit_chain WHERE n = 5", fmt.Sprintf(renumber, 5, -1)}, audit.Finding{Fault: audit.Changed, N: 5, EventID: 6}, 4},
		"rows are swapped":       {[]string{"UPDATE audit_events SET id = 100 WHERE id = 5", "UPDATE audit_events SET id = 5 WHERE id = 8", "UPDATE audit_events SET id = 8 WHERE id = 100"}, audit.Finding{Fault: audit.Swapped, N: 5, EventID: 5}, 4},
		"links are swapped":      {[]string{"UPDATE audit_chain SET n = 100 WHERE n = 5", "UPDATE audit_chain SET n = 5 WHERE n = 8", "UPDATE audit_chain SET n = 8 WHERE n = 100"}, audit.Finding{Fault: audit.Swapped, N: 5, EventID: 8}, 4},
		"neighbours are swapped": {[]string{"UPDATE audit_chain SET n = 100 WHERE n = 5", "UPDATE audit_chain SET n = 5 WHERE n = 6", "UPDATE audit_chain SET n = 6 WHERE n = 100"}, audit.Finding{Fault: audit.Swapped, N: 5, EventID: 6}, 4},
		"events of links are":    {[]string{"UPDATE audit_chain SET event_id = 100 WHERE n = 5", "UPDATE audit_chain SET event_id = 5 WHERE n = 8", "UPDATE audit_chain SET event_id = 8 WHERE n = 5"}, audit.Finding{Fault: audit.Swapped, N: 5, EventID: 8}, 4},
		"a row is inserted":      {[]string{insertEvent(100)}, audit.Finding{Fault: audit.Inserted, EventID: 100}, 10},
		"and a link": {[]string{
			insertEvent(100), fmt.Sprintf(renumber, 4, 1),
			"INSERT INTO audit_chain SELECT 5, 100, key_id, hash FROM audit_chain WHERE n = 4",
		}, audit.Finding{Fault: audit.Inserted, N: 5, EventID: 100}, 4},
		"the tail is cut":       {[]string{"DELETE FROM audit_events WHERE id > 7", "DELETE FROM audit_chain WHERE n > 7"}, audit.Finding{Fault: audit.Missing, N: 8}, 7},
		"the front is cut":      {[]string{"DELETE FROM audit_events WHERE id < 4", "DELETE FROM audit_chain WHERE n < 4"}, audit.Finding{Fault: audit.Missing, N: 1}, 0},
		"and called pruned":     {[]string{"DELETE FROM audit_events", "DELETE FROM audit_chain", "UPDATE audit_checkpoints SET pruned = TRUE"}, audit.Finding{Fault: audit.Forged, N: 10}, 0},
		"a checkpoint is moved": {[]string{"DELETE FROM audit_chain WHERE n > 9", "DELETE FROM audit_events WHERE id > 9", "UPDATE audit_checkpoints SET n = 9"}, audit.Finding{Fault: audit.Forged, N: 9}, 0},
	}
	for database, config := range storetest.Databases() {
		for name, test := range tests {
			t.Run(database+"/"+name, func(t *testing.T) {
				t.Parallel()
				l := newLedger(t, config(t))
				l.fill(t, 10)
				l.execute(t, test.changes...)
				got := l.verify(t)
				if diff := cmp.Diff(&test.want, got.Wrong); diff != "" || got.Right != test.right {
					t.Errorf("%d right, want %d; finding (-want +got):\n%s", got.Right, test.right, diff)
				}
			})
		}
	}
}

// insertEvent makes a copy of a row.
func insertEvent(id int) string {
	const columns = "at, actor_kind, actor_user, actor_name, token_id, session_id, ip, noun, action, object_kind, object_id, " +
		"object_name, group_id, project_id, correlation_id, detail"
	return fmt.Sprintf("INSERT INTO audit_events (id, %s) SELECT %d, %s FROM audit_events WHERE id = 3", columns, id, columns)
}

// TestACheckpointKeptElsewhereShowsWhatWasCut: what the database alone cannot tell, since its checkpoints went as well.
func TestACheckpointKeptElsewhereShowsWhatWasCut(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			l.fill(t, 10)
			l.execute(t, "DELETE FROM audit_events WHERE id > 7", "DELETE FROM audit_chain WHERE n > 7", "DELETE FROM audit_checkpoints")
			if got := l.verify(t); got.Wrong != nil {
				t.Errorf("without it: %+v", got.Wrong)
			}
			got := l.verify(t, l.checkpoints(t)...)
			if diff := cmp.Diff(&audit.Finding{Fault: audit.Missing, N: 8}, got.Wrong); diff != "" {
				t.Errorf("with it (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheKeeperRemembersWhatWasCut: rows that were chained after the last checkpoint and are gone with their links.
func TestTheKeeperRemembersWhatWasCut(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			l.fill(t, 4)
			for range 4 {
				check(t, l.record(t.Context(), "later"))
			}
			cut := false
			l.keep(t, func() bool {
				if !cut {
					l.execute(t, "DELETE FROM audit_events WHERE id > 6", "DELETE FROM audit_chain WHERE n > 6")
					check(t, l.record(t.Context(), "after the cut"))
					cut = true
				}
				return len(l.checkpoints(t)) == 2
			})
			got := l.verify(t)
			if diff := cmp.Diff(&audit.Finding{Fault: audit.Missing, N: 8}, got.Wrong); diff != "" {
				t.Errorf("finding (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEventsThatCommitLateAreChained holds a transaction open while others, begun later, are chained.
func TestEventsThatCommitLateAreChained(t *testing.T) {
	t.Parallel()
	l := newLedger(t, storetest.PostgresConfig(t))
	ctx := t.Context()
	err := l.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
		if err := tx.Record(ctx, audit.Entry{Action: "cluster.edit", Object: audit.Object{Name: "late"}}); err != nil {
			return err
		}
		l.fill(t, 3)
		return nil
	})
	check(t, err)
	l.keep(t, always)
	links := must(l.Audit().Links(ctx, 0, 10))(t)
	if len(links) != 4 || links[3].Event.Object.Name != "late" || links[3].EventID > links[0].EventID {
		t.Errorf("links %+v", links)
	}
	if got := l.verify(t); got.Right != 4 || got.Wrong != nil {
		t.Errorf("report %+v", got)
	}
}

// TestTwoKeepersChainEachEventOnce lets both write at once, as when a lease was lost unnoticed.
func TestTwoKeepersChainEachEventOnce(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			for i := range 300 {
				check(t, l.record(t.Context(), fmt.Sprint(i)))
			}
			ctx, stop := context.WithCancel(t.Context())
			var keepers sync.WaitGroup
			for range 2 {
				keeper := &audit.Keeper{
					Store: l.Audit(), Signer: l.signer, Keep: kept(time.Hour), Ship: l, Log: slog.New(slog.DiscardHandler), Now: l.now,
				}
				followers := must(keeper.Wanted(ctx))(t)
				keepers.Go(func() {
					for ctx.Err() == nil {
						_ = followers[0].Run(ctx, 1) // one is refused
					}
				})
			}
			eventually(t, patience, "everything is chained", func() bool { return must(l.Audit().Waiting(t.Context()))(t) == 0 })
			stop()
			keepers.Wait()
			if got := l.verify(t); got.Right != 300 || got.Wrong != nil {
				t.Errorf("report %+v", got)
			}
		})
	}
}

func TestOldRowsGoAndTheRestIsVerified(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			l.fill(t, 700)
			l.pass(366 * 24 * time.Hour)
			l.keep(t, func() bool { return len(must(l.Audit().Links(t.Context(), 0, 1))(t)) == 0 })
			if rows := l.ids(t, audit.Query{GroupID: 7}); rows != nil {
				t.Errorf("their group still has rows %v", rows)
			}
			l.fill(t, 5)
			want := audit.Report{From: 700, Right: 5, Checkpoints: 1}
			if diff := cmp.Diff(want, l.verify(t, l.checkpoints(t)...)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
			l.pass(2 * time.Hour)
			l.keep(t, func() bool { return len(must(l.Audit().Checkpoints(t.Context()))(t)) == 2 })
			l.execute(t, "DELETE FROM audit_events WHERE id = 701", "DELETE FROM audit_chain WHERE n = 701")
			if got := l.verify(t); got.Wrong == nil || *got.Wrong != (audit.Finding{Fault: audit.Missing, N: 701}) {
				t.Errorf("the first row after the pruned ones is gone: %+v", got.Wrong)
			}
		})
	}
}

// TestARotationOfKeysKeepsTheChain chains under a first key, a second one, and a second one after the first was retired.
func TestARotationOfKeysKeepsTheChain(t *testing.T) {
	t.Parallel()
	l := newLedger(t, storetest.SQLiteConfig(t))
	l.fill(t, 3)
	rotation := must(secret.HoldKeyset(filepath.Join(l.keys, "private"), filepath.Join(l.keys, "public")))(t)
	check(t, rotation.Add())
	check(t, rotation.Publish())
	l.fill(t, 3)
	check(t, rotation.Retire())
	check(t, rotation.Release())
	l.fill(t, 3)
	l.signer = must(secret.LoadSigner(filepath.Join(l.keys, "private")))(t) // as after a restart
	if got := l.verify(t); got.Right != 9 || got.Wrong != nil {
		t.Errorf("report %+v", got)
	}
	keys := map[uint32]bool{}
	for _, link := range must(l.Audit().Links(t.Context(), 0, 10))(t) {
		keys[link.Key] = true
	}
	if len(keys) != 2 {
		t.Errorf("it is signed with %d keys, want 2", len(keys))
	}
	foreign := newLedger(t, storetest.SQLiteConfig(t))
	if _, err := audit.Verify(t.Context(), l.Audit(), foreign.signer, nil); err == nil {
		t.Error("it verifies under the keys of another installation")
	}
}
