-- name: InsertGroup :one
INSERT INTO groups (parent_id, path, path_key, name, description, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *;

-- name: InsertGroupTree :exec
INSERT INTO group_tree (ancestor_id, group_id, depth)
SELECT t.ancestor_id, CAST(sqlc.arg(group_id) AS BIGINT), t.depth + 1 FROM group_tree t WHERE t.group_id = sqlc.arg(parent_id)
UNION ALL SELECT CAST(sqlc.arg(group_id) AS BIGINT), CAST(sqlc.arg(group_id) AS BIGINT), 0;

-- name: Group :one
SELECT * FROM groups WHERE id = $1;

-- name: LockGroup :one
UPDATE groups SET id = id WHERE id = $1 RETURNING *;

-- name: GroupByPath :one
SELECT * FROM groups WHERE path_key = $1;

-- name: GroupsAbove :many
SELECT ancestor_id FROM group_tree WHERE group_id = $1 ORDER BY depth;

-- name: GroupRoot :one
SELECT ancestor_id FROM group_tree WHERE group_id = $1 ORDER BY depth DESC LIMIT 1;

-- name: UpdateGroup :execrows
UPDATE groups SET name = $2, description = $3, updated_at = $4 WHERE id = $1;

-- name: RenameGroups :exec
UPDATE groups SET path = CAST(sqlc.arg(path) AS TEXT) || substr(path, CAST(sqlc.arg(cut) AS INTEGER)),
    path_key = CAST(sqlc.arg(path_key) AS TEXT) || substr(path_key, CAST(sqlc.arg(cut) AS INTEGER))
WHERE id IN (SELECT t.group_id FROM group_tree t WHERE t.ancestor_id = sqlc.arg(id));

-- name: RenameProjects :exec
UPDATE projects SET path = CAST(sqlc.arg(path) AS TEXT) || substr(path, CAST(sqlc.arg(cut) AS INTEGER)),
    path_key = CAST(sqlc.arg(path_key) AS TEXT) || substr(path_key, CAST(sqlc.arg(cut) AS INTEGER))
WHERE group_id IN (SELECT t.group_id FROM group_tree t WHERE t.ancestor_id = sqlc.arg(id));

-- name: LongestPath :one
SELECT CAST(COALESCE(MAX(length(path)), 0) AS BIGINT) AS longest FROM (
    SELECT g.path FROM group_tree t JOIN groups g ON g.id = t.group_id WHERE t.ancestor_id = sqlc.arg(id)
    UNION ALL
    SELECT p.path FROM group_tree t JOIN projects p ON p.group_id = t.group_id WHERE t.ancestor_id = sqlc.arg(id)
) below;

-- name: DeleteGroup :execrows
DELETE FROM groups WHERE id = $1;

-- name: DeleteGroupWords :exec
DELETE FROM group_words WHERE group_id = $1;

-- name: InsertGroupWords :exec
WITH RECURSIVE endings (ending) AS (
    SELECT CAST(sqlc.arg(word) AS TEXT) AS ending
    UNION
    SELECT substr(e.ending, 2) FROM endings e WHERE length(e.ending) > 1
)
INSERT INTO group_words (ending, group_id)
SELECT DISTINCT substr(endings.ending, 1, 40), CAST(sqlc.arg(group_id) AS BIGINT) FROM endings WHERE true
ON CONFLICT (ending, group_id) DO NOTHING;

-- name: GroupContents :one
SELECT (SELECT COUNT(*) FROM groups g WHERE g.parent_id = sqlc.arg(id)) AS subgroups,
    (SELECT COUNT(*) FROM projects p WHERE p.group_id = sqlc.arg(id)) AS projects,
    (SELECT COUNT(*) FROM clusters c WHERE c.group_id = sqlc.arg(id)) AS clusters,
    (SELECT COUNT(*) FROM provision_roles r WHERE r.group_id = sqlc.arg(id)) AS roles;

-- name: InsertProject :one
INSERT INTO projects (group_id, path, path_key, name, description, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *;

-- name: Project :one
SELECT * FROM projects WHERE id = $1;

-- name: LockProject :one
UPDATE projects SET id = id WHERE id = $1 RETURNING *;

-- name: ProjectByPath :one
SELECT * FROM projects WHERE path_key = $1;

-- name: UpdateProject :execrows
UPDATE projects SET path = $2, path_key = $3, name = $4, description = $5, updated_at = $6 WHERE id = $1;

-- name: DeleteProject :execrows
DELETE FROM projects WHERE id = $1;

-- name: DeleteProjectWords :exec
DELETE FROM project_words WHERE project_id = $1;

-- name: InsertProjectWords :exec
WITH RECURSIVE endings (ending) AS (
    SELECT CAST(sqlc.arg(word) AS TEXT) AS ending
    UNION
    SELECT substr(e.ending, 2) FROM endings e WHERE length(e.ending) > 1
)
INSERT INTO project_words (ending, project_id)
SELECT DISTINCT substr(endings.ending, 1, 40), CAST(sqlc.arg(project_id) AS BIGINT) FROM endings WHERE true
ON CONFLICT (ending, project_id) DO NOTHING;

-- name: ProjectContents :one
SELECT (SELECT COUNT(*) FROM clusters c WHERE c.project_id = sqlc.arg(id)) AS clusters,
    (SELECT COUNT(*) FROM namespaces n WHERE n.project_id = sqlc.arg(id)) AS namespaces;

-- name: PathTaken :one
SELECT (SELECT COUNT(*) FROM groups g WHERE g.path_key = sqlc.arg(path_key))
    + (SELECT COUNT(*) FROM projects p WHERE p.path_key = sqlc.arg(path_key)) AS taken;

-- name: InsertEnvironment :execrows
INSERT INTO environments (project_id, name, slug, tier, state, external_url, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (project_id, name) DO NOTHING;

-- name: Environment :one
SELECT * FROM environments WHERE id = $1;

-- name: LockEnvironment :one
UPDATE environments SET id = id WHERE id = $1 RETURNING *;

-- name: EnvironmentByName :one
SELECT * FROM environments WHERE project_id = $1 AND name = $2;

-- name: Environments :many
SELECT * FROM environments WHERE project_id = $1 ORDER BY name;

-- name: EnvironmentsByName :many
SELECT * FROM environments
WHERE project_id = sqlc.arg(project_id) AND (state = sqlc.arg(state) OR CAST(sqlc.arg(state) AS TEXT) = '')
    AND lower(name) LIKE CAST(sqlc.arg(pattern) AS TEXT) ESCAPE '!'
ORDER BY name LIMIT sqlc.arg(most) OFFSET sqlc.arg(past);

-- name: EnvironmentsAfter :many
SELECT * FROM environments
WHERE project_id = sqlc.arg(project_id) AND (state = sqlc.arg(state) OR CAST(sqlc.arg(state) AS TEXT) = '')
    AND lower(name) LIKE CAST(sqlc.arg(pattern) AS TEXT) ESCAPE '!' AND id > sqlc.arg(after)
ORDER BY id LIMIT sqlc.arg(most) OFFSET sqlc.arg(past);

-- name: CountEnvironments :one
SELECT COUNT(*) FROM (
    SELECT e.id FROM environments e
    WHERE e.project_id = sqlc.arg(project_id) AND (e.state = sqlc.arg(state) OR CAST(sqlc.arg(state) AS TEXT) = '')
        AND lower(e.name) LIKE CAST(sqlc.arg(pattern) AS TEXT) ESCAPE '!'
    LIMIT sqlc.arg(most)
) found;

-- name: UpdateEnvironment :execrows
UPDATE environments SET tier = $2, state = $3, external_url = $4, updated_at = $5 WHERE id = $1;

-- name: DeleteEnvironment :execrows
DELETE FROM environments WHERE id = $1;

-- name: NamespacesOfEnvironment :one
SELECT COUNT(*) FROM namespaces WHERE environment_id = $1;
