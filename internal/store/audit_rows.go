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
const (
	auditColumns = "id, at, actor_kind, actor_user, actor_name, token_id, session_id, ip, noun, action, object_kind, object_id, " +
		"object_name, group_id, project_id, correlation_id, detail"
	auditRows = "SELECT " + auditColumns + ", COALESCE(n, 0), hash FROM (SELECT " + auditColumns + ` FROM audit_events
    WHERE %s (at, id) < (CAST($1 AS BIGINT), CAST($2 AS BIGINT)) AND at >= $3
    ORDER BY at DESC, id DESC LIMIT $4
) e LEFT JOIN audit_chain c ON c.event_id = e.id
ORDER BY at DESC, id DESC`
)

// auditLead is the condition that a query leads with, and its values.
func auditLead(lead audit.Lead) (condition string, values []any) {
	switch lead.Column {
	case audit.LeadObject:
		return "object_kind = $5 AND object_id = $6 AND", []any{lead.Text, lead.ID}
	case audit.LeadProject:
		return "project_id = $5 AND", []any{lead.ID}
	case audit.LeadGroup:
		return "group_id = $5 AND", []any{lead.ID}
	case audit.LeadActor:
		return "actor_name = $5 AND", []any{lead.Text}
	case audit.LeadAction:
		return "action = $5 AND", []any{lead.Text}
	case audit.LeadNoun:
		return "noun = $5 AND", []any{lead.Text}
	default:
		return "", nil
	}
}

// Rows lists by one index, the newest first.
func (s Audit) Rows(
	ctx context.Context, lead audit.Lead, before audit.Cursor, since time.Time, limit int,
) (list []audit.Row, err error) {
	condition, values := auditLead(lead)
	values = append([]any{stamp(before.At), before.ID, stamp(since), limit}, values...)
	rows, err := s.db.reads().QueryContext(ctx, fmt.Sprintf(auditRows, condition), values...)
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
