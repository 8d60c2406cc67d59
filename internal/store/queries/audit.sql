-- name: InsertAuditEvent :one
INSERT INTO audit_events (
    at, actor_kind, actor_user, actor_name, token_id, session_id, ip, noun, action, object_kind, object_id, object_name,
    group_id, project_id, correlation_id, detail
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id;

-- name: InsertAuditPending :exec
INSERT INTO audit_pending (event_id) VALUES ($1);
