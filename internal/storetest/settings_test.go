package storetest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, ctx := storetest.Open(t, config(t)), t.Context()
			s := &setting.Service{Store: db.Settings()}
			want := setting.Default()
			if diff := cmp.Diff(want, must(s.Settings(ctx))(t)); diff != "" {
				t.Errorf("of a new instance (-want +got):\n%s", diff)
			}
			for _, hours := range []int{8, 9} {
				got := must(s.Change(ctx, setting.Change{SessionHours: &hours, KeepAuditDays: new(40)}))(t)
				want.SessionHours, want.KeepAuditDays = hours, 40
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("answer (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(want, must(s.Settings(ctx))(t)); diff != "" {
					t.Errorf("stored (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// TestAChangeOfSettingsIsAllOrNothing: what fails at its end, as when the record cannot be written, leaves nothing.
func TestAChangeOfSettingsIsAllOrNothing(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, ctx := storetest.Open(t, config(t)), t.Context()
			full := errors.New("the disk is full")
			err := db.Settings().Atomically(ctx, func(tx setting.Tx) error {
				check(t, tx.Put(ctx, "session_hours", "8"))
				check(t, tx.Record(ctx, audit.Entry{Action: "settings.update"}))
				return full
			})
			if !errors.Is(err, full) {
				t.Fatalf("error %v", err)
			}
			if values := must(db.Settings().Values(ctx))(t); len(values) != 0 {
				t.Errorf("stored %v", values)
			}
			rows, _, err := audit.Record{Reader: db.Audit()}.Page(ctx, audit.Query{Limit: 1})
			if check(t, err); len(rows) != 0 {
				t.Errorf("recorded %+v", rows)
			}
		})
	}
}

// TestChangesOfSettingsTakeTurns makes two changes at once that are right alone and wrong together.
func TestChangesOfSettingsTakeTurns(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, ctx := storetest.Open(t, config(t)), t.Context()
			s := &setting.Service{Store: db.Settings()}
			errs := make(chan error)
			for _, c := range []setting.Change{{DefaultTokenDays: new(200)}, {LongestTokenDays: new(100)}} {
				go func() {
					_, err := s.Change(ctx, c)
					errs <- err
				}()
			}
			first, second := <-errs, <-errs
			if (first == nil) == (second == nil) {
				t.Fatalf("both or none went through: %v, %v", first, second)
			}
			wantCode(t, errors.Join(first, second), apperr.ValidationFailed)
		})
	}
}

// TestTheRecordIsKeptForAsLongAsIsSet shortens the time after which rows go.
func TestTheRecordIsKeptForAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLedger(t, config(t))
			s := &setting.Service{Store: l.Settings()}
			l.kept = func(ctx context.Context) (time.Duration, error) {
				set, err := s.Settings(ctx)
				return set.KeepAudit(), err
			}
			l.fill(t, 3)
			l.pass(31 * 24 * time.Hour)
			check(t, l.record(t.Context(), "a month later"))
			l.keep(t, func() bool { return len(l.checkpoints(t)) == 2 })
			if got := l.verify(t); got.Right != 4 || got.From != 0 {
				t.Errorf("after a month of the year: %+v", got)
			}
			must(s.Change(t.Context(), setting.Change{KeepAuditDays: new(30)}))(t)
			l.pass(2 * time.Hour)
			l.keep(t, func() bool { return must(l.Audit().Links(t.Context(), 0, 1))(t)[0].N == 4 })
			if got := l.verify(t); got.Right != 2 || got.From != 3 || got.Wrong != nil {
				t.Errorf("shortened to thirty days: %+v", got)
			}
		})
	}
}
