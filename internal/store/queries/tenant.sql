-- name: InsertGroup :one
INSERT INTO groups (parent_id, path, name, created_at) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: Group :one
SELECT * FROM groups WHERE id = $1;

-- name: GroupByPath :one
SELECT * FROM groups WHERE path = $1;

-- name: Groups :many
SELECT * FROM groups WHERE id > $1 ORDER BY id LIMIT $2;

-- name: InsertProject :one
INSERT INTO projects (group_id, path, name, created_at) VALUES ($1, $2, $3, $4) RETURNING *;

-- name: Project :one
SELECT * FROM projects WHERE id = $1;

-- name: ProjectByPath :one
SELECT * FROM projects WHERE path = $1;

-- name: Projects :many
SELECT * FROM projects WHERE id > $1 ORDER BY id LIMIT $2;

-- name: DeleteProject :exec
DELETE FROM projects WHERE id = $1;

-- name: InsertEnvironment :exec
INSERT INTO environments (project_id, name, slug, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (project_id, name) DO NOTHING;

-- name: Environment :one
SELECT * FROM environments WHERE id = $1;

-- name: EnvironmentByName :one
SELECT * FROM environments WHERE project_id = $1 AND name = $2;

-- name: Environments :many
SELECT * FROM environments WHERE project_id = $1 ORDER BY name;
