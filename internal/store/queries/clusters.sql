-- name: Cluster :one
SELECT * FROM clusters WHERE id = $1;

-- name: LockCluster :one
UPDATE clusters SET id = id WHERE id = $1 RETURNING *;

-- name: ClustersByName :many
SELECT * FROM clusters WHERE name = $1 ORDER BY id;

-- name: Clusters :many
SELECT * FROM clusters WHERE id > $1 ORDER BY id LIMIT $2;

-- name: InstanceCandidates :many
SELECT * FROM clusters WHERE level = 'instance' AND enabled AND state = 'attached' ORDER BY id;

-- name: ProjectCandidates :many
SELECT * FROM clusters WHERE project_id = $1 AND enabled AND state = 'attached' ORDER BY id;

-- name: GroupCandidates :many
SELECT * FROM clusters WHERE group_id = $1 AND enabled AND state = 'attached' ORDER BY id;

-- name: InsertCluster :exec
INSERT INTO clusters (id, name, level, group_id, project_id, environment_scope, enabled, state, generation,
    api_url, ca_pem, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13);

-- name: UpdateCluster :execrows
UPDATE clusters SET name = $2, environment_scope = $3, enabled = $4, state = $5, api_url = $6, ca_pem = $7,
    updated_at = $8, generation = sqlc.arg(generation)
WHERE id = $1 AND (generation = sqlc.arg(generation) OR generation = sqlc.arg(generation) - 1);

-- name: DeleteCluster :execrows
DELETE FROM clusters WHERE id = $1;

-- name: DeleteClusterWork :exec
DELETE FROM work WHERE cluster = $1;

-- name: ClusterToken :one
SELECT sealed FROM cluster_tokens WHERE cluster_id = $1;

-- name: SetClusterToken :exec
INSERT INTO cluster_tokens (cluster_id, sealed) VALUES ($1, $2)
ON CONFLICT (cluster_id) DO UPDATE SET sealed = excluded.sealed;

-- name: ClusterIdentity :one
SELECT * FROM cluster_identities WHERE cluster_id = $1;

-- name: LockClusterIdentity :one
UPDATE cluster_identities SET serial = serial WHERE cluster_id = $1 RETURNING *;

-- name: SaveClusterIdentity :exec
INSERT INTO cluster_identities (cluster_id, state, features, uid, serial, untidy, code, detail, since, token_since,
    rotate_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
ON CONFLICT (cluster_id) DO UPDATE SET state = excluded.state, features = excluded.features, uid = excluded.uid,
    serial = excluded.serial, untidy = excluded.untidy, code = excluded.code, detail = excluded.detail,
    since = excluded.since, token_since = excluded.token_since, rotate_at = excluded.rotate_at,
    changed_at = excluded.changed_at;
