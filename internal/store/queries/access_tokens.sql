-- name: InsertAccessToken :one
INSERT INTO access_tokens (hash, kind, user_id, group_id, project_id, role, name, scopes, created_by, parent_id,
    created_at, expires_at, last_used_at, revoked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0) RETURNING *;

-- name: AccessToken :one
SELECT * FROM access_tokens WHERE id = $1;

-- name: AccessTokenByHash :one
SELECT sqlc.embed(t), sqlc.embed(u) FROM access_tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = $1;

-- name: AccessTokensOfUser :many
SELECT * FROM access_tokens
WHERE user_id = $1 AND id > $2
    AND (CAST(sqlc.arg(live_at) AS BIGINT) = 0 OR (revoked_at = 0 AND expires_at > CAST(sqlc.arg(live_at) AS BIGINT)))
ORDER BY id LIMIT $3;

-- name: AccessTokensOfGroup :many
SELECT * FROM access_tokens
WHERE group_id = $1 AND id > $2
    AND (CAST(sqlc.arg(live_at) AS BIGINT) = 0 OR (revoked_at = 0 AND expires_at > CAST(sqlc.arg(live_at) AS BIGINT)))
ORDER BY id LIMIT $3;

-- name: AccessTokensOfProject :many
SELECT * FROM access_tokens
WHERE project_id = $1 AND id > $2
    AND (CAST(sqlc.arg(live_at) AS BIGINT) = 0 OR (revoked_at = 0 AND expires_at > CAST(sqlc.arg(live_at) AS BIGINT)))
ORDER BY id LIMIT $3;

-- name: AccessTokensOfServices :many
SELECT * FROM access_tokens
WHERE kind = 'service' AND id > $1
    AND (CAST(sqlc.arg(live_at) AS BIGINT) = 0 OR (revoked_at = 0 AND expires_at > CAST(sqlc.arg(live_at) AS BIGINT)))
ORDER BY id LIMIT $2;

-- Only a token that still counts is used, so that one that is revoked at the
-- same moment keeps its last use.
-- name: TouchAccessToken :exec
UPDATE access_tokens SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2 AND revoked_at = 0;

-- A token ends with those that were made with it.
-- name: RevokeAccessToken :many
WITH RECURSIVE ended (id) AS (
    SELECT CAST(sqlc.arg(id) AS BIGINT)
    UNION SELECT c.id FROM access_tokens c JOIN ended e ON c.parent_id = e.id)
UPDATE access_tokens SET revoked_at = sqlc.arg(revoked_at)
WHERE revoked_at = 0 AND access_tokens.id IN (SELECT ended.id FROM ended) RETURNING *;

-- name: RevokeAccessTokensOfUser :many
UPDATE access_tokens SET revoked_at = $2 WHERE user_id = $1 AND revoked_at = 0 RETURNING *;

-- name: AdoptAccessTokens :exec
UPDATE access_tokens SET parent_id = CAST(sqlc.arg(to_id) AS BIGINT) WHERE parent_id = CAST(sqlc.arg(from_id) AS BIGINT);

-- name: DeleteAccessTokensBefore :exec
DELETE FROM access_tokens WHERE expires_at < $1;
