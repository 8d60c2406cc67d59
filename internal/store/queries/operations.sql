-- name: Operation :one
SELECT * FROM operations WHERE id = $1;

-- name: LockOperation :one
UPDATE operations SET id = id WHERE id = $1 RETURNING *;

-- name: Operations :many
SELECT * FROM operations WHERE application_id = $1 ORDER BY id DESC LIMIT $2;

-- name: OperationsInPhase :many
SELECT * FROM operations WHERE phase = $1 ORDER BY id;

-- name: InsertOperation :exec
INSERT INTO operations (id, application_id, cluster_id, token, action, phase, entry, version, digest, admin,
    values_from, code, detail, verdict, pod_uid, deadline_at, created_at, started_at, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: UpdateOperation :execrows
UPDATE operations SET phase = $2, version = $3, digest = $4, values_from = $5, code = $6, detail = $7, verdict = $8,
    pod_uid = $9, deadline_at = $10, started_at = $11, finished_at = $12
WHERE id = $1;

-- name: DeleteOperationsBefore :exec
DELETE FROM operations WHERE operations.finished_at > 0 AND operations.finished_at < $1
    AND NOT EXISTS (SELECT 1 FROM applications a WHERE a.operation_id = operations.id)
    AND NOT EXISTS (SELECT 1 FROM operations o WHERE o.values_from = operations.id AND o.id <> operations.id);

-- name: SetOperationValues :exec
INSERT INTO operation_values (operation_id, sealed) VALUES ($1, $2);

-- name: OperationValues :one
SELECT sealed FROM operation_values WHERE operation_id = $1;

-- name: MakeLog :exec
INSERT INTO operation_logs (operation_id, epoch, head_size, head_end, tail_size, dropped_to) VALUES ($1, 0, 0, 0, 0, 0)
ON CONFLICT (operation_id) DO NOTHING;

-- name: LockLog :one
UPDATE operation_logs SET epoch = CASE WHEN epoch < sqlc.arg(epoch) THEN sqlc.arg(epoch) ELSE epoch END
WHERE operation_id = $1 AND (CAST(sqlc.arg(epoch) AS BIGINT) = 0 OR epoch <= sqlc.arg(epoch))
RETURNING *;

-- name: SetLog :exec
UPDATE operation_logs SET head_size = $2, head_end = $3, tail_size = $4, dropped_to = $5 WHERE operation_id = $1;

-- name: InsertLogLine :execrows
INSERT INTO log_lines (operation_id, seq, size, content) VALUES ($1, $2, $3, $4)
ON CONFLICT (operation_id, seq) DO NOTHING;

-- name: OldestTail :many
SELECT seq, size FROM log_lines WHERE operation_id = $1 AND seq > $2 ORDER BY seq LIMIT $3;

-- name: DeleteTail :exec
DELETE FROM log_lines WHERE operation_id = $1 AND seq > sqlc.arg(head_end) AND seq <= sqlc.arg(until);

-- name: SetLogMarker :exec
INSERT INTO log_lines (operation_id, seq, size, content) VALUES ($1, $2, 0, $3)
ON CONFLICT (operation_id, seq) DO UPDATE SET size = 0, content = excluded.content;

-- name: LogLines :many
SELECT seq, content FROM log_lines WHERE operation_id = $1 AND seq > sqlc.arg(after) ORDER BY seq LIMIT $2;

-- name: LastLogSeq :one
SELECT CAST(COALESCE(MAX(seq), 0) AS BIGINT) FROM log_lines WHERE operation_id = $1;
