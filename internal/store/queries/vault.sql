-- name: SealedTokens :many
SELECT sqlc.embed(clusters), cluster_tokens.sealed
FROM cluster_tokens JOIN clusters ON clusters.id = cluster_tokens.cluster_id
WHERE cluster_tokens.cluster_id > $1 ORDER BY cluster_tokens.cluster_id LIMIT $2;

-- name: SealedValues :many
SELECT operation_id, sealed FROM operation_values WHERE operation_id > $1 ORDER BY operation_id LIMIT $2;

-- name: SealedCanary :many
SELECT singleton, sealed FROM canary WHERE singleton > $1 ORDER BY singleton LIMIT $2;

-- name: ResealToken :execrows
UPDATE cluster_tokens SET sealed = sqlc.arg(fresh) WHERE cluster_id = $1 AND sealed = sqlc.arg(old);

-- name: ResealValues :execrows
UPDATE operation_values SET sealed = sqlc.arg(fresh) WHERE operation_id = $1 AND sealed = sqlc.arg(old);

-- name: ResealCanary :execrows
UPDATE canary SET sealed = sqlc.arg(fresh) WHERE singleton = $1 AND sealed = sqlc.arg(old);

-- name: InsertCanary :exec
INSERT INTO canary (singleton, sealed) VALUES (1, $1) ON CONFLICT (singleton) DO NOTHING;
