-- name: Namespace :one
SELECT * FROM namespaces WHERE id = $1;

-- name: LockNamespace :one
UPDATE namespaces SET id = id WHERE id = $1 RETURNING *;

-- name: NamespaceOf :one
SELECT * FROM namespaces
WHERE cluster_id = $1 AND project_id = $2 AND COALESCE(environment_id, 0) = CAST(sqlc.arg(environment_id) AS BIGINT);

-- name: NamespaceNamed :one
SELECT * FROM namespaces WHERE cluster_id = $1 AND name = $2 AND managed;

-- name: NamespacesOfProject :many
SELECT * FROM namespaces WHERE project_id = $1 ORDER BY id;

-- name: NamespacesOfCluster :many
SELECT * FROM namespaces WHERE cluster_id = $1 ORDER BY id;

-- name: InsertNamespace :one
INSERT INTO namespaces (cluster_id, project_id, environment_id, name, service_account, profile, state, code, uid,
    objects, generation, created_at, updated_at, ready_at, managed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
RETURNING *;

-- name: UpdateNamespace :execrows
UPDATE namespaces SET service_account = $2, profile = $3, state = $4, code = $5, uid = $6, objects = $7,
    generation = $8, updated_at = $9, ready_at = $10
WHERE id = $1;

-- name: DeleteNamespace :execrows
DELETE FROM namespaces WHERE id = $1;

-- name: Credential :one
SELECT * FROM credentials WHERE id = $1;

-- name: LockCredential :one
UPDATE credentials SET id = id WHERE id = $1 RETURNING *;

-- name: LiveCredentials :one
SELECT COUNT(*) FROM credentials WHERE namespace_id = $1 AND state <> 'failed';

-- name: PendingCredentials :one
SELECT COUNT(*) FROM credentials WHERE cluster_id = $1 AND state = 'pending';

-- name: InsertCredential :one
INSERT INTO credentials (namespace_id, cluster_id, public_key, lifetime, state, code, sealed, lease_uid,
    created_at, answered_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING *;

-- name: UpdateCredential :execrows
UPDATE credentials SET state = $2, code = $3, sealed = $4, lease_uid = $5, answered_at = $6, expires_at = $7
WHERE id = $1;

-- name: DeleteCredential :execrows
DELETE FROM credentials WHERE id = $1;
