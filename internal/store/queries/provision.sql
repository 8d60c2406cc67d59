-- name: ProvisionRole :one
SELECT * FROM provision_roles WHERE id = $1;

-- name: LockProvisionRole :one
UPDATE provision_roles SET id = id WHERE id = $1 RETURNING *;

-- name: ProvisionRoles :many
SELECT * FROM provision_roles WHERE id > $1 ORDER BY id LIMIT $2;

-- name: ProvisionRolesByARN :many
SELECT * FROM provision_roles WHERE arn = $1 ORDER BY id;

-- name: InsertProvisionRole :exec
INSERT INTO provision_roles (id, name, level, group_id, external_id, arn, stack_role_arn, account_id, partition_name, region,
    state, code, verified_at, created_at, updated_at, principal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16);

-- name: UpdateProvisionRole :execrows
UPDATE provision_roles SET arn = $2, stack_role_arn = $3, account_id = $4, partition_name = $5, region = $6, state = $7,
    code = $8, verified_at = $9, updated_at = $10, principal = $11
WHERE id = $1;

-- name: DeleteProvisionRole :execrows
DELETE FROM provision_roles WHERE id = $1;

-- name: ProvisionRun :one
SELECT * FROM provision_runs WHERE id = $1;

-- name: LockProvisionRun :one
UPDATE provision_runs SET id = id WHERE id = $1 RETURNING *;

-- name: ProvisionRunOfCluster :one
SELECT * FROM provision_runs WHERE cluster_id = $1;

-- name: ProvisionRuns :many
SELECT * FROM provision_runs WHERE id > $1 ORDER BY id LIMIT $2;

-- name: CountProvisionRunsOfRole :one
SELECT COUNT(*) FROM provision_runs WHERE role_id = $1;

-- name: InsertProvisionRun :exec
INSERT INTO provision_runs (id, uuid, role_id, level, group_id, cluster_id, state, attempt, took, detail, created_by,
    created_at, updated_at, ready_at, name, session, session_expires)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, NULL, 0);

-- name: ProvisionRunsByName :many
SELECT * FROM provision_runs WHERE name = $1 AND state <> 'deleted' ORDER BY id LIMIT 20;

-- name: ProvisionRolesByName :many
SELECT * FROM provision_roles WHERE name = $1 ORDER BY id LIMIT 20;

-- name: UpdateProvisionRun :execrows
UPDATE provision_runs SET state = $2, attempt = $3, took = $4, detail = $5, updated_at = $6, ready_at = $7,
    session = CASE WHEN CAST(sqlc.arg(final) AS BOOLEAN) THEN NULL ELSE session END,
    session_expires = CASE WHEN CAST(sqlc.arg(final) AS BOOLEAN) THEN 0 ELSE session_expires END
WHERE id = $1;

-- name: DeleteProvisionRun :execrows
DELETE FROM provision_runs WHERE id = $1;

-- name: ProvisionSession :one
SELECT session FROM provision_runs WHERE id = $1;

-- name: SetProvisionSession :execrows
UPDATE provision_runs SET session = $2, session_expires = $3 WHERE id = $1;

-- name: EraseProvisionSession :execrows
UPDATE provision_runs SET session = NULL, session_expires = 0 WHERE id = $1;

-- name: EraseProvisionSessions :execrows
UPDATE provision_runs SET session = NULL, session_expires = 0 WHERE session IS NOT NULL
    AND (session_expires <= $1 OR state IN ('ready', 'failed', 'cancelled', 'delete_blocked', 'deleted'));

-- name: ProvisionDurations :many
SELECT took FROM provision_runs WHERE ready_at > 0 AND took > 0 ORDER BY ready_at DESC LIMIT $1;

-- name: InsertProvisionEvent :exec
INSERT INTO provision_events (run_id, attempt, event, at, part, type, status, follow_up, failure)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (run_id, attempt, event) DO NOTHING;

-- name: ProvisionEvents :many
SELECT * FROM provision_events WHERE run_id = $1 AND attempt = $2 AND id > sqlc.arg(after) ORDER BY id LIMIT $3;

-- name: ProvisionForm :one
SELECT * FROM provision_forms WHERE role_id = $1 AND region = $2;

-- name: ProvisionFormByID :one
SELECT * FROM provision_forms WHERE id = $1;

-- name: InsertProvisionForm :exec
INSERT INTO provision_forms (id, role_id, region, offers, as_of, checked_at, code) VALUES ($1, $2, $3, NULL, 0, 0, '')
ON CONFLICT (role_id, region) DO NOTHING;

-- name: UpdateProvisionForm :execrows
UPDATE provision_forms SET offers = $2, as_of = $3, checked_at = $4, code = $5 WHERE id = $1;
