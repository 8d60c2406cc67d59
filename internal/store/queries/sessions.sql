-- name: InsertSession :one
INSERT INTO sessions (hash, user_id, token_id, ip, created_at, seen_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *;

-- name: SessionByHash :one
SELECT sqlc.embed(s), sqlc.embed(u) FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.hash = $1;

-- name: SessionsOfUser :many
SELECT * FROM sessions WHERE user_id = $1 AND expires_at > $2 AND seen_at > $3 ORDER BY id;

-- name: TouchSession :exec
UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2;

-- name: DeleteSession :execrows
DELETE FROM sessions WHERE id = $1;

-- name: DeleteSessionsOfUser :exec
DELETE FROM sessions WHERE user_id = $1;

-- name: DeleteSessionsOfToken :exec
DELETE FROM sessions WHERE token_id = $1;

-- name: DeleteSessionsBefore :exec
DELETE FROM sessions WHERE expires_at < $1;
