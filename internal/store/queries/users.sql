-- name: InsertUser :one
INSERT INTO users (username, name, email, name_key, kind, admin, state, created_at, signed_in_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) RETURNING *;

-- name: User :one
SELECT * FROM users WHERE id = $1;

-- name: LockUser :one
UPDATE users SET id = id WHERE id = $1 RETURNING *;

-- name: UserByName :one
SELECT * FROM users WHERE username = $1;

-- name: UserByIdentity :one
SELECT u.* FROM user_identities i JOIN users u ON u.id = i.user_id WHERE i.issuer = $1 AND i.subject = $2;

-- name: Users :many
SELECT * FROM users
WHERE kind = $1 AND id > $2 AND (NOT CAST(sqlc.arg(admins) AS BOOLEAN) OR admin)
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR state = CAST(sqlc.arg(state) AS TEXT))
ORDER BY id LIMIT $3;

-- name: SearchUsers :many
SELECT u.* FROM users u
WHERE u.id IN (
        SELECT a.id FROM users a WHERE a.username >= sqlc.arg(from_text) AND a.username < sqlc.arg(to_text)
        UNION SELECT b.id FROM users b WHERE b.name_key >= sqlc.arg(from_text) AND b.name_key < sqlc.arg(to_text)
        UNION SELECT c.id FROM users c
        WHERE CAST(sqlc.arg(emails) AS BOOLEAN) AND c.email >= sqlc.arg(from_text) AND c.email < sqlc.arg(to_text))
    AND u.kind = $1 AND u.id > $2 AND (NOT CAST(sqlc.arg(admins) AS BOOLEAN) OR u.admin)
    AND (CAST(sqlc.arg(state) AS TEXT) = '' OR u.state = CAST(sqlc.arg(state) AS TEXT))
ORDER BY u.id LIMIT $3;

-- name: UpdateUser :execrows
UPDATE users SET username = $2, name = $3, email = $4, name_key = $5, admin = $6, state = $7, signed_in_at = $8
WHERE id = $1;

-- name: InsertIdentity :exec
INSERT INTO user_identities (issuer, subject, user_id, created_at) VALUES ($1, $2, $3, $4);

-- name: UserIdentities :many
SELECT * FROM user_identities WHERE user_id = $1 ORDER BY created_at, issuer;

-- name: UserIdentity :one
SELECT * FROM user_identities WHERE issuer = $1 AND subject = $2;

-- name: DeleteIdentity :execrows
DELETE FROM user_identities WHERE issuer = $1 AND subject = $2 AND user_id = $3;
