-- name: InsertAuditEvent :one
INSERT INTO audit_events (
    at, actor_kind, actor_user, actor_name, token_id, session_id, ip, noun, action, object_kind, object_id, object_name,
    group_id, project_id, correlation_id, detail
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) RETURNING id;

-- name: InsertAuditPending :exec
INSERT INTO audit_pending (event_id) VALUES ($1);

-- name: InsertAuditGroups :exec
INSERT INTO audit_groups (group_id, at, id)
SELECT CAST(sqlc.arg(group_id) AS BIGINT), CAST(sqlc.arg(at) AS BIGINT), CAST(sqlc.arg(id) AS BIGINT)
WHERE CAST(sqlc.arg(group_id) AS BIGINT) <> 0
UNION
SELECT t.ancestor_id, CAST(sqlc.arg(at) AS BIGINT), CAST(sqlc.arg(id) AS BIGINT) FROM group_tree t
WHERE t.group_id = COALESCE((SELECT p.group_id FROM projects p WHERE p.id = sqlc.arg(project_id)), CAST(sqlc.arg(group_id) AS BIGINT));

-- name: WaitingAuditEvents :one
SELECT COUNT(*) FROM audit_pending;

-- name: PendingAuditEvents :many
SELECT e.* FROM audit_pending p JOIN audit_events e ON e.id = p.event_id ORDER BY p.event_id LIMIT $1;

-- name: DeleteAuditPending :execrows
DELETE FROM audit_pending WHERE event_id = $1;

-- name: AuditHead :one
SELECT n, hash FROM audit_chain ORDER BY n DESC LIMIT 1;

-- name: AuditAnchor :one
SELECT n, hash FROM audit_checkpoints WHERE pruned ORDER BY n DESC LIMIT 1;

-- name: InsertAuditLink :exec
INSERT INTO audit_chain (n, event_id, key_id, hash) VALUES ($1, $2, $3, $4);

-- name: AuditLinks :many
SELECT * FROM audit_chain WHERE n > $1 ORDER BY n LIMIT $2;

-- name: AuditEventsOfLinks :many
SELECT e.* FROM audit_chain c JOIN audit_events e ON e.id = c.event_id
WHERE c.n > sqlc.arg(after) AND c.n <= sqlc.arg(last);

-- name: LooseAuditEvent :one
SELECT e.id FROM audit_events e
WHERE NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.event_id = e.id)
    AND NOT EXISTS (SELECT 1 FROM audit_pending p WHERE p.event_id = e.id)
ORDER BY e.id LIMIT 1;

-- name: AuditCheckpoints :many
SELECT * FROM audit_checkpoints ORDER BY n;

-- name: PutAuditCheckpoint :exec
INSERT INTO audit_checkpoints (n, hash, at, pruned, key_id, mac) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (n) DO UPDATE SET
    hash = excluded.hash, at = excluded.at, pruned = excluded.pruned, key_id = excluded.key_id, mac = excluded.mac;

-- name: DeleteAuditEventsUpTo :exec
DELETE FROM audit_events WHERE id IN (
    SELECT c.event_id FROM audit_chain c WHERE c.n <= sqlc.arg(last) ORDER BY c.n LIMIT sqlc.arg(size));

-- name: DeleteAuditGroupsUpTo :exec
DELETE FROM audit_groups WHERE id IN (
    SELECT c.event_id FROM audit_chain c WHERE c.n <= sqlc.arg(last) ORDER BY c.n LIMIT sqlc.arg(size));

-- name: DeleteAuditLinksUpTo :execrows
DELETE FROM audit_chain WHERE n IN (
    SELECT c.n FROM audit_chain c WHERE c.n <= sqlc.arg(last) ORDER BY c.n LIMIT sqlc.arg(size));

-- name: DeleteAuditCheckpointsBefore :exec
DELETE FROM audit_checkpoints WHERE n < $1;

-- name: ClusterOwner :one
SELECT group_id, project_id FROM clusters WHERE id = $1;
