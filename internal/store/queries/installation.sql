-- name: InsertInstallation :exec
INSERT INTO installation (singleton, id, created_at) VALUES (1, $1, $2)
ON CONFLICT (singleton) DO NOTHING;

-- name: InstallationID :one
SELECT id FROM installation;

-- name: NextID :one
INSERT INTO counters (name, value) VALUES ($1, 1)
ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
RETURNING value;
