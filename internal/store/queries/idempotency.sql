-- name: ClaimKey :execrows
INSERT INTO idempotency_keys (id, user_id, fingerprint, created_at, lease_until, status, kept, content_type, body)
VALUES (sqlc.arg(id), sqlc.arg(user_id), sqlc.arg(fingerprint), sqlc.arg(created_at), sqlc.arg(lease_until), 0, FALSE, '', sqlc.arg(nothing))
ON CONFLICT (id) DO UPDATE SET fingerprint = excluded.fingerprint, created_at = excluded.created_at,
    lease_until = excluded.lease_until, status = 0, kept = FALSE, content_type = '', body = excluded.body
WHERE idempotency_keys.created_at < sqlc.arg(expired)
   OR (idempotency_keys.status = 0 AND idempotency_keys.lease_until < excluded.created_at
       AND idempotency_keys.fingerprint = excluded.fingerprint);

-- name: Key :one
SELECT * FROM idempotency_keys WHERE id = sqlc.arg(id) AND created_at >= sqlc.arg(expired);

-- name: AnswerKey :execrows
UPDATE idempotency_keys SET status = sqlc.arg(status), kept = sqlc.arg(kept), content_type = sqlc.arg(content_type), body = sqlc.arg(body)
WHERE id = sqlc.arg(id) AND lease_until = sqlc.arg(lease_until) AND status = 0;

-- name: DeleteKeysBeyond :exec
DELETE FROM idempotency_keys WHERE idempotency_keys.user_id = sqlc.arg(user_id) AND idempotency_keys.status <> 0 AND idempotency_keys.created_at < (
    SELECT k.created_at FROM idempotency_keys k WHERE k.user_id = sqlc.arg(user_id) AND k.status <> 0
    ORDER BY k.created_at DESC LIMIT 1 OFFSET CAST(sqlc.arg(others) AS BIGINT));

-- name: FreeKey :exec
DELETE FROM idempotency_keys WHERE id = sqlc.arg(id) AND lease_until = sqlc.arg(lease_until) AND status = 0;

-- name: DeleteKeysBefore :exec
DELETE FROM idempotency_keys WHERE created_at < $1;
