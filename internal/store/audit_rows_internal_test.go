package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/event"
)

// noQueue has no tables, and nothing to queue.
type noQueue struct{ Queue }

func (noQueue) Migrate(context.Context, *sql.DB, *pgxpool.Pool) error { return nil }

// TestAuditRowsComeFromAnIndex looks at how SQLite reads the record for each index that may lead: in the order of that
// index, so that a page ends after its rows.
func TestAuditRowsComeFromAnIndex(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), Config{DataDir: t.TempDir(), Queue: noQueue{}, Bus: event.NewBus(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for lead, index := range map[string]string{
		audit.LeadNone: "audit_events_at (", audit.LeadObject: "audit_events_object (object_kind=? AND object_id=? AND ",
		audit.LeadProject: "audit_events_project (project_id=? AND ", audit.LeadGroup: "PRIMARY KEY (group_id=? AND ",
		audit.LeadActor: "audit_events_actor (actor_name=? AND ", audit.LeadAction: "audit_events_action (action=? AND ",
		audit.LeadNoun: "audit_events_noun (noun=? AND ",
	} {
		t.Run(lead, func(t *testing.T) {
			t.Parallel()
			from, values := auditLead(audit.Lead{Column: lead})
			plan := explain(t, db, fmt.Sprintf(auditRows, from), append([]any{1, 1, 1, 1}, values...)...)
			if !strings.Contains(plan, " "+index+"at>? AND at<?)") {
				t.Errorf("it does not follow %s:\n%s", index, plan)
			}
			if strings.Contains(plan, "SCAN audit") || strings.Contains(plan, "SCAN e") || strings.Contains(plan, "SCAN c") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("it reads a table or sorts:\n%s", plan)
			}
		})
	}
}

func explain(t *testing.T, db *DB, query string, values ...any) string {
	t.Helper()
	rows, err := db.read.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, values...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
