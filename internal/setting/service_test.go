package setting_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

func newService(t *testing.T) (*setting.Service, *store.DB) {
	t.Helper()
	db := storetest.Open(t, storetest.SQLiteConfig(t))
	return &setting.Service{Store: db.Settings()}, db
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails unless an error says which setting is wrong, and what it may be.
func refused(t *testing.T, err error, field, hint string) {
	t.Helper()
	known, ok := apperr.From(err)
	if !ok || known.Code != apperr.ValidationFailed || known.Field != field || known.Hint != hint {
		t.Errorf("error %+v, want one on %q with the hint %q", err, field, hint)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	s, _ := newService(t)
	for _, n := range setting.Numbers() {
		for value, ok := range map[int]bool{n.Least - 1: false, n.Least: true, n.Most: true, n.Most + 1: false} {
			// The two lives of tokens bound each other too.
			c := setting.Change{DefaultTokenDays: new(1), LongestTokenDays: new(365)}
			set(t, &c, n.Name, value)
			now, err := s.Change(t.Context(), c)
			if !ok {
				refused(t, err, n.Name, "Give "+n.Bounds()+".")
			} else if check(t, err); n.Of(now) != value {
				t.Errorf("%s is %d, want %d", n.Name, n.Of(now), value)
			}
		}
	}
}

func set(t *testing.T, c *setting.Change, name string, value int) {
	t.Helper()
	check(t, c.Set(name, decimal(value)))
}

func TestTokensLiveNoLongerByDefaultThanAtMost(t *testing.T) {
	t.Parallel()
	s, _ := newService(t)
	_, err := s.Change(t.Context(), setting.Change{LongestTokenDays: new(30)})
	refused(t, err, "default_token_days", "Give at most longest_token_days, which is 30, or change both at once.")
	_, err = s.Change(t.Context(), setting.Change{LongestTokenDays: new(30), DefaultTokenDays: new(30)})
	check(t, err)
}

func TestChangesAreRecorded(t *testing.T) {
	t.Parallel()
	s, db := newService(t)
	for range 2 { // the second time nothing differs
		_, err := s.Change(t.Context(), setting.Change{SessionHours: new(8), KeepAuditDays: new(400), LongestTokenDays: new(365)})
		check(t, err)
	}
	_, err := s.Change(t.Context(), setting.Change{SessionHours: new(9), KeepAuditDays: new(1)})
	refused(t, err, "keep_audit_days", "Give 30 to 3650 days.")

	rows, _, err := audit.Record{Reader: db.Audit()}.Page(t.Context(), audit.Query{Limit: 10})
	check(t, err)
	if len(rows) != 1 {
		t.Fatalf("%d rows, want one: %+v", len(rows), rows)
	}
	want := audit.Entry{
		Action: "settings.update", Object: audit.Object{Kind: "settings"},
		Detail: map[string]string{"changed": "keep_audit_days session_hours", "from": "365 12", "to": "400 8"},
	}
	if diff := cmp.Diff(want, rows[0].Entry); diff != "" {
		t.Errorf("row (-want +got):\n%s", diff)
	}
	now, err := s.Settings(t.Context())
	if check(t, err); now.SessionHours != 8 {
		t.Errorf("a refused change left %+v", now)
	}
}

func TestSettingsOfAnotherReleaseAreIgnored(t *testing.T) {
	t.Parallel()
	s, db := newService(t)
	check(t, db.Settings().Atomically(t.Context(), func(tx setting.Tx) error { return tx.Put(t.Context(), "of_tomorrow", "?") }))
	now, err := s.Settings(t.Context())
	if check(t, err); now != setting.Default() {
		t.Errorf("settings %+v", now)
	}
}
