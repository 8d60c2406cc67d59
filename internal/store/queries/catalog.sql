-- name: CatalogEntry :one
SELECT content FROM catalog_entries WHERE name = $1;

-- name: CatalogRevisions :many
SELECT name, revision FROM catalog_entries;

-- name: CatalogSize :one
SELECT COUNT(*) AS entries, CAST(COALESCE(SUM(OCTET_LENGTH(content)), 0) AS BIGINT) AS bytes FROM catalog_entries;

-- name: HoldCatalogEntry :execrows
UPDATE catalog_entries SET name = name WHERE name = $1;

-- name: SetCatalogEntry :execrows
INSERT INTO catalog_entries (name, revision, content) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET revision = excluded.revision, content = excluded.content
WHERE catalog_entries.content <> excluded.content;

-- name: DeleteCatalogEntry :execrows
DELETE FROM catalog_entries WHERE name = $1;

-- name: ClustersWithApplication :many
SELECT c.name FROM applications a JOIN clusters c ON c.id = a.cluster_id
WHERE a.name = $1 ORDER BY a.cluster_id LIMIT $2;
