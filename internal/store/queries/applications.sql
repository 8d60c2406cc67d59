-- name: Application :one
SELECT * FROM applications WHERE id = $1;

-- name: LockApplication :one
UPDATE applications SET id = id WHERE id = $1 RETURNING *;

-- name: ApplicationByName :one
SELECT * FROM applications WHERE cluster_id = $1 AND name = $2;

-- name: LockApplicationByName :one
UPDATE applications SET id = id WHERE cluster_id = $1 AND name = $2 RETURNING *;

-- name: Applications :many
SELECT * FROM applications WHERE cluster_id = $1 ORDER BY name;

-- name: InsertApplication :one
INSERT INTO applications (cluster_id, name, namespace, state, version, code, operation_id, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING *;

-- name: UpdateApplication :execrows
UPDATE applications SET namespace = $2, state = $3, version = $4, code = $5, operation_id = $6, updated_at = $7
WHERE id = $1;

-- name: DeleteApplication :execrows
DELETE FROM applications WHERE id = $1;

-- name: Digest :one
SELECT digest FROM chart_digests WHERE repository = $1 AND name = $2 AND version = $3;

-- name: RecordDigest :exec
INSERT INTO chart_digests (repository, name, version, digest, created_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (repository, name, version) DO NOTHING;
