-- name: InsertSignIn :exec
INSERT INTO sign_ins (state, browser, issuer, nonce, verifier, return_to, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: TakeSignIn :one
DELETE FROM sign_ins WHERE state = $1 RETURNING *;

-- name: DeleteSignInsBefore :exec
DELETE FROM sign_ins WHERE expires_at < $1;

-- name: InsertProviderSession :exec
INSERT INTO provider_sessions (session_id, issuer, subject, sid) VALUES ($1, $2, $3, $4);

-- name: SessionsOfSID :many
SELECT s.* FROM provider_sessions p JOIN sessions s ON s.id = p.session_id
WHERE p.issuer = sqlc.arg(issuer) AND p.sid = sqlc.arg(sid) AND s.created_at <= sqlc.arg(opened_by) ORDER BY s.id;

-- name: SessionsOfSubject :many
SELECT s.* FROM provider_sessions p JOIN sessions s ON s.id = p.session_id
WHERE p.issuer = sqlc.arg(issuer) AND p.subject = sqlc.arg(subject) AND s.created_at <= sqlc.arg(opened_by) ORDER BY s.id;

-- name: ProviderSession :one
SELECT * FROM provider_sessions WHERE session_id = $1;

-- name: DeleteSessionsOfSubject :many
DELETE FROM sessions WHERE sessions.id IN (
    SELECT p.session_id FROM provider_sessions p WHERE p.issuer = sqlc.arg(issuer) AND p.subject = sqlc.arg(subject)) RETURNING id;
