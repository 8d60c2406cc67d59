-- name: RoleInGroup :one
SELECT CAST(COALESCE(MAX(m.role), 0) AS BIGINT) AS role
FROM group_tree t JOIN members m ON m.group_id = t.ancestor_id
WHERE t.group_id = sqlc.arg(group_id) AND m.user_id = sqlc.arg(user_id)
    AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now));

-- name: RoleInProject :one
WITH held AS (
    SELECT m.role, m.expires_at
    FROM projects p JOIN group_tree t ON t.group_id = p.group_id JOIN members m ON m.group_id = t.ancestor_id
    WHERE p.id = sqlc.arg(project_id) AND m.user_id = sqlc.arg(user_id)
    UNION ALL
    SELECT m.role, m.expires_at FROM members m WHERE m.project_id = sqlc.arg(project_id) AND m.user_id = sqlc.arg(user_id)
)
SELECT CAST(COALESCE(MAX(held.role), 0) AS BIGINT) AS role FROM held
WHERE held.expires_at = 0 OR held.expires_at > CAST(sqlc.arg(now) AS BIGINT);

-- name: InsertMember :one
INSERT INTO members (user_id, group_id, project_id, role, expires_at, created_at, created_by, source)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id;

-- name: GroupMember :one
SELECT sqlc.embed(m), u.username, u.name, u.kind, u.state, g.path
FROM members m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id
WHERE m.group_id = sqlc.arg(group_id) AND m.user_id = sqlc.arg(user_id);

-- name: ProjectMember :one
SELECT sqlc.embed(m), u.username, u.name, u.kind, u.state, p.path
FROM members m JOIN users u ON u.id = m.user_id JOIN projects p ON p.id = m.project_id
WHERE m.project_id = sqlc.arg(project_id) AND m.user_id = sqlc.arg(user_id);

-- name: UpdateMember :execrows
UPDATE members SET role = $2, expires_at = $3, source = $4 WHERE id = $1;

-- name: DeleteMember :execrows
DELETE FROM members WHERE id = $1;

-- name: ExpiredMembers :many
SELECT m.id, m.user_id, m.group_id, m.project_id
FROM members m WHERE m.expires_at > 0 AND m.expires_at <= sqlc.arg(now) ORDER BY m.expires_at LIMIT sqlc.arg(most);

-- name: OtherOwners :one
SELECT COUNT(*) FROM members m JOIN users u ON u.id = m.user_id
WHERE m.group_id = sqlc.arg(group_id) AND m.user_id <> sqlc.arg(user_id) AND m.role = 50 AND m.expires_at = 0
    AND u.kind <> 'bot' AND u.state = 'active';

-- name: Members :many
WITH held AS (
    SELECT m.id, m.user_id, m.group_id, m.project_id, m.role, m.expires_at, m.created_at, m.created_by, m.source,
        t.depth AS distance, g.path
    FROM group_tree t JOIN groups g ON g.id = t.ancestor_id JOIN members m ON m.group_id = t.ancestor_id
    WHERE t.group_id = sqlc.arg(group_id) AND t.depth <= sqlc.arg(depth)
    UNION ALL
    SELECT m.id, m.user_id, m.group_id, m.project_id, m.role, m.expires_at, m.created_at, m.created_by, m.source,
        -1 AS distance, p.path
    FROM members m JOIN projects p ON p.id = m.project_id WHERE m.project_id = CAST(sqlc.arg(project_id) AS BIGINT)
), ranked AS (
    SELECT held.id, held.user_id, held.group_id, held.project_id, held.role, held.expires_at, held.created_at,
        held.created_by, held.source, u.username, u.name, u.kind, u.state, held.path,
        ROW_NUMBER() OVER (PARTITION BY held.user_id ORDER BY held.role DESC, held.distance) AS place
    FROM held JOIN users u ON u.id = held.user_id
    WHERE (held.expires_at = 0 OR held.expires_at > CAST(sqlc.arg(now) AS BIGINT)) AND held.user_id > CAST(sqlc.arg(after) AS BIGINT)
        AND u.username >= sqlc.arg(search) AND u.username < sqlc.arg(search_end)
)
SELECT id, user_id, group_id, project_id, role, expires_at, created_at, created_by, source, username, name, kind, state, path
FROM ranked WHERE place = 1 ORDER BY user_id LIMIT sqlc.arg(most) OFFSET sqlc.arg(past);

-- name: CountMembers :one
WITH held AS (
    SELECT m.user_id, m.expires_at FROM group_tree t JOIN members m ON m.group_id = t.ancestor_id
    WHERE t.group_id = sqlc.arg(group_id) AND t.depth <= sqlc.arg(depth)
    UNION ALL
    SELECT m.user_id, m.expires_at FROM members m WHERE m.project_id = CAST(sqlc.arg(project_id) AS BIGINT)
)
SELECT COUNT(DISTINCT held.user_id) FROM held JOIN users u ON u.id = held.user_id
WHERE (held.expires_at = 0 OR held.expires_at > CAST(sqlc.arg(now) AS BIGINT))
    AND u.username >= sqlc.arg(search) AND u.username < sqlc.arg(search_end);

-- name: MembershipsOf :many
SELECT m.id, m.user_id, m.group_id, m.project_id, m.role, m.expires_at, m.created_at, m.created_by, m.source,
    u.username, u.name, u.kind, u.state, g.path
FROM members m JOIN users u ON u.id = m.user_id JOIN groups g ON g.id = m.group_id
WHERE m.user_id = sqlc.arg(user_id) AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now))
UNION ALL
SELECT m.id, m.user_id, m.group_id, m.project_id, m.role, m.expires_at, m.created_at, m.created_by, m.source,
    u.username, u.name, u.kind, u.state, p.path
FROM members m JOIN users u ON u.id = m.user_id JOIN projects p ON p.id = m.project_id
WHERE m.user_id = sqlc.arg(user_id) AND (m.expires_at = 0 OR m.expires_at > sqlc.arg(now))
ORDER BY 1;
