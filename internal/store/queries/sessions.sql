-- name: InsertSession :exec
INSERT INTO sessions (hash, name, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $5);

-- name: Session :one
SELECT * FROM sessions WHERE hash = $1;

-- name: TouchSession :execrows
UPDATE sessions SET seen_at = $2 WHERE hash = $1;

-- name: DeleteSession :exec
DELETE FROM sessions WHERE hash = $1;

-- name: DeleteSessionsBefore :exec
DELETE FROM sessions WHERE expires_at < $1;
