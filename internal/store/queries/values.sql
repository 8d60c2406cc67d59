-- name: InsertValue :exec
INSERT INTO polled_values (cluster_id, name, as_of, code, failures, checked_at, generation, wanted_until, refresh_at)
VALUES ($1, $2, 0, '', 0, 0, 0, 0, 0)
ON CONFLICT (cluster_id, name) DO NOTHING;

-- name: LockValue :execrows
UPDATE polled_values SET id = id WHERE id = $1;

-- name: LockValueByName :execrows
UPDATE polled_values SET id = id WHERE cluster_id = $1 AND name = $2;

-- name: LockValuesOfCluster :execrows
UPDATE polled_values SET id = id WHERE cluster_id = $1;

-- name: Value :one
SELECT sqlc.embed(v), c.generation AS cluster_generation, c.enabled AS cluster_enabled
FROM polled_values v JOIN clusters c ON c.id = v.cluster_id
WHERE v.id = $1;

-- name: ValueByName :one
SELECT sqlc.embed(v), c.generation AS cluster_generation, c.enabled AS cluster_enabled
FROM polled_values v JOIN clusters c ON c.id = v.cluster_id
WHERE v.cluster_id = $1 AND v.name = $2;

-- name: ValuesOfCluster :many
SELECT sqlc.embed(v), c.generation AS cluster_generation, c.enabled AS cluster_enabled
FROM polled_values v JOIN clusters c ON c.id = v.cluster_id
WHERE v.cluster_id = $1 ORDER BY v.name;

-- name: UpdateValue :execrows
UPDATE polled_values SET as_of = $2, code = $3, failures = $4, checked_at = $5, generation = $6, wanted_until = $7,
    refresh_at = $8
WHERE id = $1;

-- name: SetValueData :exec
INSERT INTO polled_data (value_id, data) VALUES ($1, $2)
ON CONFLICT (value_id) DO UPDATE SET data = excluded.data;

-- name: DeleteValueData :exec
DELETE FROM polled_data WHERE value_id = $1;

-- name: ClustersWithoutValue :many
SELECT c.id FROM clusters c
WHERE c.enabled AND NOT EXISTS (SELECT 1 FROM polled_values v WHERE v.cluster_id = c.id AND v.name = $1)
ORDER BY c.id LIMIT $2;
