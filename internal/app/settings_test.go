package app

import (
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/setting"
)

// TestOperationsAreKeptForAsLongAsIsSet sweeps operations of three days ago with several settings.
func TestOperationsAreKeptForAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	sqlite, _ := m.core.db.Handles()
	execute := func(statement string, args ...any) {
		t.Helper()
		if _, err := sqlite.ExecContext(t.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	execute("UPDATE applications SET operation_id = 0") // their latest ones stay
	execute("UPDATE operations SET finished_at = ?", time.Now().Add(-3*24*time.Hour).UnixMicro())
	for _, test := range []struct {
		days int
		kept bool
	}{{90, true}, {4, true}, {2, false}} {
		must(m.core.settings.Change(m.ctx, setting.Change{KeepOperationsDays: &test.days}))(t)
		if err := m.core.sweepRecords(t.Context()); err != nil {
			t.Fatal(err)
		}
		left := 0
		if err := sqlite.QueryRowContext(t.Context(), "SELECT count(*) FROM operations").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if kept := left > 0; kept != test.kept {
			t.Errorf("kept for %d days: %d operations are left", test.days, left)
		}
	}
}

// TestAuditIsKeptForAsLongAsIsSet asks what the keeper asks each time that it deletes.
func TestAuditIsKeptForAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if keep := must(s.core.keepAudit(t.Context()))(t); keep != 365*24*time.Hour {
		t.Errorf("the audit record is kept for %s, want a year", keep)
	}
	must(s.core.settings.Change(t.Context(), setting.Change{KeepAuditDays: new(40)}))(t)
	if keep := must(s.core.keepAudit(t.Context()))(t); keep != 40*24*time.Hour {
		t.Errorf("the audit record is kept for %s, want 40 days", keep)
	}
}
