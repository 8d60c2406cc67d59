package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var _ audit.Reader = Audit{}

// auditRows reads rows in the order of an index, with their links. Which condition leads decides the index, so the text is
// put together here, from constants.
const auditRows = `SELECT e.id, e.at, e.actor_kind, e.actor_user, e.actor_name, e.token_id, e.session_id, e.ip, e.noun, e.action,
    e.object_kind, e.object_id, e.object_name, e.group_id, e.project_id, e.correlation_id, e.detail, COALESCE(c.n, 0), c.hash
FROM (
    SELECT at, id FROM %s (at, id) < (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) AND at >= $3 ORDER BY at DESC, id DESC LIMIT $4
) page JOIN audit_events e ON e.id = page.id LEFT JOIN audit_chain c ON c.event_id = e.id
ORDER BY page.at DESC, page.id DESC`

// auditLead is where the rows of a query are found, up to a condition that more may follow, and its values.
func auditLead(lead audit.Lead) (from string, values []any) {
	switch lead.Column {
	case audit.LeadObject:
		return "audit_events WHERE object_kind = $5 AND object_id = $6 AND", []any{lead.Text, lead.ID}
	case audit.LeadProject:
		return "audit_events WHERE project_id = $5 AND", []any{lead.ID}
	case audit.LeadGroup:
		return "audit_groups WHERE group_id = $5 AND", []any{lead.ID}
	case audit.LeadActor:
		return "audit_events WHERE actor_name = $5 AND", []any{lead.Text}
	case audit.LeadAction:
		return "audit_events WHERE action = $5 AND", []any{lead.Text}
	case audit.LeadNoun:
		return "audit_events WHERE noun = $5 AND", []any{lead.Text}
	default:
		return "audit_events WHERE", nil
	}
}

// Rows lists by one index, the newest first.
func (s Audit) Rows(
	ctx context.Context, lead audit.Lead, before audit.Cursor, since time.Time, limit int,
) (list []audit.Row, err error) {
	from, values := auditLead(lead)
	values = append([]any{stamp(before.At), before.ID, stamp(since), limit}, values...)
	rows, err := s.db.reads().QueryContext(ctx, fmt.Sprintf(auditRows, from), values...)
	if err != nil {
		return nil, doing(err, "list audit events")
	}
	defer rows.Close()
	for rows.Next() {
		row, err := auditRow(rows)
		if err != nil {
			return nil, doing(err, "read an audit event")
		}
		list = append(list, row)
	}
	return list, doing(rows.Err(), "list audit events")
}

func auditRow(rows *sql.Rows) (row audit.Row, err error) {
	var e sqlgen.AuditEvent
	err = rows.Scan(&e.ID, &e.At, &e.ActorKind, &e.ActorUser, &e.ActorName, &e.TokenID, &e.SessionID, &e.Ip, &e.Noun, &e.Action,
		&e.ObjectKind, &e.ObjectID, &e.ObjectName, &e.GroupID, &e.ProjectID, &e.CorrelationID, &e.Detail, &row.N, &row.Hash)
	row.Event, _ = auditEvent(e) // people see what can be read of a row that somebody changed; verification finds it
	return row, doing(err, "scan it")
}
