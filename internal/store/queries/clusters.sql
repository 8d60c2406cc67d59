-- name: Cluster :one
SELECT * FROM clusters WHERE id = $1;

-- name: LockCluster :one
UPDATE clusters SET id = id WHERE id = $1 RETURNING *;

-- name: ClustersByName :many
SELECT * FROM clusters WHERE name = $1 AND state IN ('attached', 'removing') ORDER BY id;

-- name: Clusters :many
SELECT * FROM clusters WHERE id > $1 AND state IN ('attached', 'removing') ORDER BY id LIMIT $2;

-- name: NamedClusters :many
WITH found AS MATERIALIZED (
    SELECT DISTINCT w.cluster_id FROM cluster_words w
    WHERE w.ending >= sqlc.arg(search) AND w.ending < sqlc.arg(search_end) AND w.cluster_id > sqlc.arg(after)
)
SELECT c.* FROM found f JOIN clusters c ON c.id = f.cluster_id WHERE c.state IN ('attached', 'removing')
ORDER BY c.id LIMIT sqlc.arg(most);

-- name: ClustersOfMember :many
SELECT * FROM clusters c WHERE c.id > sqlc.arg(after) AND c.state IN ('attached', 'removing') AND (
        EXISTS (SELECT 1 FROM group_tree t JOIN members m ON m.group_id = t.ancestor_id
            WHERE t.group_id = c.group_id AND m.user_id = sqlc.arg(user_id) AND m.role >= sqlc.arg(role)
                AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now)))
        OR EXISTS (SELECT 1 FROM members m
            WHERE m.project_id = c.project_id AND m.user_id = sqlc.arg(user_id) AND m.role >= sqlc.arg(role)
                AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now)))
        OR EXISTS (SELECT 1 FROM projects p JOIN group_tree t ON t.group_id = p.group_id
            JOIN members m ON m.group_id = t.ancestor_id
            WHERE p.id = c.project_id AND m.user_id = sqlc.arg(user_id) AND m.role >= sqlc.arg(role)
                AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now)))
    )
ORDER BY c.id LIMIT sqlc.arg(most);

-- name: NamedClustersOfMember :many
WITH found AS MATERIALIZED (
    SELECT DISTINCT w.cluster_id FROM cluster_words w
    WHERE w.ending >= sqlc.arg(search) AND w.ending < sqlc.arg(search_end) AND w.cluster_id > sqlc.arg(after)
), seen AS MATERIALIZED (
    SELECT t.group_id FROM members m JOIN group_tree t ON t.ancestor_id = m.group_id
    WHERE m.user_id = sqlc.arg(user_id) AND m.role >= sqlc.arg(role) AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now))
)
SELECT c.* FROM found f JOIN clusters c ON c.id = f.cluster_id LEFT JOIN projects p ON p.id = c.project_id
WHERE c.state IN ('attached', 'removing') AND (
        c.group_id IN (SELECT s.group_id FROM seen s)
        OR p.group_id IN (SELECT s.group_id FROM seen s)
        OR c.project_id IN (SELECT m.project_id FROM members m
            WHERE m.user_id = sqlc.arg(user_id) AND m.project_id IS NOT NULL AND m.role >= sqlc.arg(role)
                AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now)))
    )
ORDER BY c.id LIMIT sqlc.arg(most);

-- name: InstanceClusters :many
SELECT * FROM clusters WHERE level = 'instance' AND state IN ('attached', 'removing') ORDER BY id LIMIT $1 OFFSET $2;

-- name: ProjectClusters :many
SELECT * FROM clusters WHERE project_id = $1 AND state IN ('attached', 'removing') ORDER BY id LIMIT $2 OFFSET $3;

-- name: GroupClusters :many
SELECT * FROM clusters WHERE group_id = $1 AND state IN ('attached', 'removing') ORDER BY id LIMIT $2 OFFSET $3;

-- name: CountInstanceClusters :one
SELECT COUNT(*) FROM (
    SELECT 1 FROM clusters WHERE level = 'instance' AND state IN ('attached', 'removing') LIMIT $1
) AS counted;

-- name: CountProjectClusters :one
SELECT COUNT(*) FROM (
    SELECT 1 FROM clusters WHERE project_id = $1 AND state IN ('attached', 'removing') LIMIT $2
) AS counted;

-- name: CountGroupClusters :one
SELECT COUNT(*) FROM (
    SELECT 1 FROM clusters WHERE group_id = $1 AND state IN ('attached', 'removing') LIMIT $2
) AS counted;

-- name: ManagementCandidates :many
SELECT id, name, level, group_id, project_id, environment_scope, enabled, state, created_by FROM clusters
WHERE management_project_id = $1 AND state <> 'forgotten' ORDER BY id;

-- name: ProjectCandidates :many
SELECT id, name, level, group_id, project_id, environment_scope, enabled, state, created_by FROM clusters
WHERE project_id = $1 AND state <> 'forgotten' ORDER BY id;

-- name: GroupCandidates :many
SELECT c.id, c.name, c.level, c.group_id, c.project_id, c.environment_scope, c.enabled, c.state, c.created_by, t.ancestor_id, t.depth
FROM group_tree t JOIN clusters c ON c.group_id = t.ancestor_id
WHERE t.group_id = $1 AND c.state <> 'forgotten' ORDER BY t.depth, c.id;

-- name: GrantedCandidates :many
SELECT c.id, c.name, c.level, c.group_id, c.project_id, c.environment_scope, c.enabled, c.state, c.created_by, t.ancestor_id, t.depth
FROM group_tree t JOIN cluster_grants g ON g.group_id = t.ancestor_id JOIN clusters c ON c.id = g.cluster_id
WHERE t.group_id = $1 AND c.state <> 'forgotten' ORDER BY t.depth, c.id;

-- name: InstanceCandidates :many
SELECT id, name, level, group_id, project_id, environment_scope, enabled, state, created_by FROM clusters
WHERE level = 'instance' AND state <> 'forgotten' ORDER BY id;

-- name: DraftsBefore :many
SELECT id FROM clusters WHERE state = 'draft' AND state_since < $1 ORDER BY state_since LIMIT 1000;

-- name: InsertCluster :exec
INSERT INTO clusters (id, name, level, group_id, project_id, environment_scope, enabled, state, generation,
    api_url, ca_pem, created_at, updated_at, domain, managed, namespace_per_environment, management_project_id,
    provider, authorization_type, platform_namespace, created_by, removal, state_since)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23);

-- name: UpdateCluster :execrows
UPDATE clusters SET name = $2, environment_scope = $3, enabled = $4, state = $5, api_url = $6, ca_pem = $7,
    updated_at = $8, domain = $9, managed = $10, namespace_per_environment = $11, management_project_id = $12,
    platform_namespace = $13, removal = $14, state_since = $15, generation = sqlc.arg(generation)
WHERE id = $1 AND (generation = sqlc.arg(generation) OR generation = sqlc.arg(generation) - 1);

-- name: DeleteClusterWords :exec
DELETE FROM cluster_words WHERE cluster_id = $1;

-- name: InsertClusterWords :exec
WITH RECURSIVE endings (ending) AS (
    SELECT CAST(sqlc.arg(word) AS TEXT) AS ending
    UNION
    SELECT substr(e.ending, 2) FROM endings e WHERE length(e.ending) > 1
)
INSERT INTO cluster_words (ending, cluster_id)
SELECT DISTINCT substr(endings.ending, 1, 40), CAST(sqlc.arg(cluster_id) AS BIGINT) FROM endings WHERE true
ON CONFLICT (ending, cluster_id) DO NOTHING;

-- name: Grants :many
SELECT * FROM cluster_grants WHERE cluster_id = $1 ORDER BY created_at, group_id;

-- name: GrantsTo :many
SELECT * FROM cluster_grants WHERE group_id = $1 ORDER BY created_at, cluster_id;

-- name: InsertGrant :execrows
INSERT INTO cluster_grants (cluster_id, group_id, created_at, created_by) VALUES ($1, $2, $3, $4)
ON CONFLICT (cluster_id, group_id) DO NOTHING;

-- name: DeleteGrant :execrows
DELETE FROM cluster_grants WHERE cluster_id = $1 AND group_id = $2;

-- name: StrandedNamespaces :many
SELECT n.id FROM namespaces n JOIN projects p ON p.id = n.project_id
JOIN group_tree below ON below.group_id = p.group_id AND below.ancestor_id = sqlc.arg(group_id)
JOIN clusters c ON c.id = n.cluster_id
WHERE n.cluster_id = sqlc.arg(cluster_id) AND c.level <> 'instance' AND COALESCE(c.management_project_id, 0) <> p.id
    AND NOT EXISTS (SELECT 1 FROM group_tree t WHERE t.group_id = p.group_id AND t.ancestor_id = c.group_id)
    AND NOT EXISTS (SELECT 1 FROM group_tree t JOIN cluster_grants g ON g.group_id = t.ancestor_id
        WHERE t.group_id = p.group_id AND g.cluster_id = n.cluster_id)
ORDER BY n.id;

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
