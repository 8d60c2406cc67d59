-- name: Settings :many
SELECT * FROM settings;

-- Whoever changes settings takes turns.
-- name: HoldSettings :exec
UPDATE installation SET singleton = singleton;

-- name: PutSetting :exec
INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
