-- name: ScheduleWork :one
INSERT INTO work (kind, object, cluster, slot, due_at, owner, lease_until, epoch, attempt, unsettled, wakes, cause)
VALUES ($1, $2, $3, $4, $5, '', 0, sqlc.arg(now), 0, 0, 0, sqlc.arg(cause))
ON CONFLICT (kind, object) DO UPDATE SET
    due_at = CASE WHEN excluded.due_at < work.due_at THEN excluded.due_at ELSE work.due_at END,
    wakes = work.wakes + 1,
    cause = CASE WHEN excluded.cause <> '' THEN excluded.cause ELSE work.cause END
RETURNING due_at;

-- name: FenceWork :execrows
UPDATE work SET epoch = epoch WHERE kind = $1 AND object = $2 AND epoch = $3;

-- name: DueItem :one
SELECT kind, object, epoch FROM work w
WHERE w.cluster = $1 AND w.slot = $2 AND w.due_at <= sqlc.arg(now)
    AND NOT EXISTS (SELECT 1 FROM cluster_holds c WHERE c.cluster = w.cluster)
    AND NOT EXISTS (SELECT 1 FROM work h
        WHERE h.cluster = w.cluster AND h.slot = w.slot AND h.lease_until > 0 AND h.lease_until > sqlc.arg(now))
ORDER BY w.due_at LIMIT 1;

-- name: DueItemAiling :one
SELECT w.kind, w.object, w.epoch, c.failures FROM work w JOIN cluster_holds c ON c.cluster = w.cluster
WHERE w.cluster = $1 AND w.slot = $2 AND w.due_at <= sqlc.arg(now)
    AND NOT EXISTS (SELECT 1 FROM work h
        WHERE h.cluster = w.cluster AND h.slot = w.slot AND h.lease_until > 0 AND h.lease_until > sqlc.arg(now))
    AND (CAST(sqlc.arg(exempt) AS TEXT) LIKE '%,' || w.kind || ',%'
        OR c.held_until <= sqlc.arg(now) AND NOT EXISTS (SELECT 1 FROM work p
            WHERE p.cluster = w.cluster AND p.lease_until > 0 AND p.lease_until > sqlc.arg(now)
                AND CAST(sqlc.arg(exempt) AS TEXT) NOT LIKE '%,' || p.kind || ',%'))
ORDER BY CASE WHEN CAST(sqlc.arg(exempt) AS TEXT) LIKE '%,' || w.kind || ',%' THEN 0 ELSE 1 END, w.due_at LIMIT 1;

-- name: ClusterHold :one
SELECT held_until, code FROM cluster_holds WHERE cluster = $1;

-- name: LockHold :execrows
UPDATE cluster_holds SET cluster = cluster WHERE cluster = $1;

-- name: HoldCluster :exec
INSERT INTO cluster_holds (cluster, held_until, failures, code) VALUES ($1, $2, 1, $3)
ON CONFLICT (cluster) DO UPDATE SET
    failures = CASE WHEN cluster_holds.held_until <= sqlc.arg(now) THEN cluster_holds.failures + 1 ELSE cluster_holds.failures END,
    code = CASE WHEN excluded.held_until > cluster_holds.held_until THEN excluded.code ELSE cluster_holds.code END,
    held_until = CASE WHEN excluded.held_until > cluster_holds.held_until THEN excluded.held_until ELSE cluster_holds.held_until END;

-- name: ReleaseCluster :exec
DELETE FROM cluster_holds WHERE cluster = $1;

-- name: ClaimWork :one
UPDATE work SET owner = sqlc.arg(owner), lease_until = sqlc.arg(lease_until), epoch = epoch + 1,
    unsettled = unsettled + 1
WHERE kind = $1 AND object = $2 AND epoch = sqlc.arg(epoch) AND lease_until <= sqlc.arg(now)
RETURNING *;

-- name: RenewWork :execrows
UPDATE work SET lease_until = sqlc.arg(lease_until)
WHERE kind = $1 AND object = $2 AND epoch = $3 AND owner = $4;

-- name: FinishWork :execrows
DELETE FROM work WHERE kind = $1 AND object = $2 AND epoch = $3 AND owner = $4 AND wakes = $5;

-- name: SettleWork :execrows
UPDATE work SET due_at = CASE WHEN wakes = sqlc.arg(wakes) THEN CAST(sqlc.arg(due_at) AS BIGINT) ELSE sqlc.arg(now) END,
    owner = '', lease_until = 0, attempt = sqlc.arg(attempt), strikes = sqlc.arg(strikes),
    unsettled = 0,
    cause = CASE WHEN wakes = sqlc.arg(wakes) THEN CAST(sqlc.arg(cause) AS TEXT) ELSE cause END
WHERE kind = $1 AND object = $2 AND epoch = $3 AND owner = $4;

-- name: DueSlots :many
SELECT w.cluster, w.slot, w.due_since FROM (
    SELECT d.cluster, d.slot, CAST(MIN(d.due_at) AS BIGINT) AS due_since FROM work d WHERE d.due_at <= sqlc.arg(now)
    GROUP BY d.cluster, d.slot) w
WHERE NOT EXISTS (SELECT 1 FROM cluster_holds c WHERE c.cluster = w.cluster)
    AND NOT EXISTS (SELECT 1 FROM work h
        WHERE h.cluster = w.cluster AND h.slot = w.slot AND h.lease_until > 0 AND h.lease_until > sqlc.arg(now))
ORDER BY w.due_since LIMIT $1;

-- name: DueSlotsAiling :many
SELECT w.cluster, w.slot, CAST(MIN(w.due_at) AS BIGINT) AS due_since
FROM cluster_holds c JOIN work w ON w.cluster = c.cluster
WHERE c.held_until <= sqlc.arg(now) AND w.due_at <= sqlc.arg(now)
    AND NOT EXISTS (SELECT 1 FROM work h
        WHERE h.cluster = c.cluster AND h.lease_until > 0 AND h.lease_until > sqlc.arg(now))
GROUP BY w.cluster, w.slot ORDER BY due_since LIMIT $1;

-- name: DueSlotsExempt :many
SELECT w.cluster, w.slot, CAST(MIN(w.due_at) AS BIGINT) AS due_since
FROM cluster_holds c JOIN work w ON w.cluster = c.cluster
WHERE w.kind = $1 AND w.due_at <= sqlc.arg(now)
    AND NOT EXISTS (SELECT 1 FROM work h
        WHERE h.cluster = c.cluster AND h.slot = w.slot AND h.lease_until > 0 AND h.lease_until > sqlc.arg(now))
GROUP BY w.cluster, w.slot ORDER BY due_since LIMIT $2;

-- name: WorkBacklog :many
SELECT kind, CAST(SUM(CASE WHEN lease_until > sqlc.arg(now) THEN 1 ELSE 0 END) AS BIGINT) AS running,
    CAST(SUM(CASE WHEN due_at <= sqlc.arg(now) AND lease_until <= sqlc.arg(now) THEN 1 ELSE 0 END) AS BIGINT) AS due,
    CAST(MIN(CASE WHEN lease_until <= sqlc.arg(now) THEN due_at ELSE sqlc.arg(now) END) AS BIGINT) AS due_since
FROM work WHERE due_at <= sqlc.arg(now) OR lease_until > sqlc.arg(now)
GROUP BY kind ORDER BY kind;

-- name: ClearWorkLeases :exec
UPDATE work SET owner = '', lease_until = 0 WHERE lease_until > 0;

-- name: AcquireFollow :one
INSERT INTO follow_leases (name, owner, lease_until, epoch) VALUES ($1, $2, $3, sqlc.arg(now))
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, lease_until = excluded.lease_until,
    epoch = follow_leases.epoch + 1
WHERE follow_leases.lease_until <= sqlc.arg(now)
RETURNING epoch;

-- name: RenewFollows :many
UPDATE follow_leases SET lease_until = sqlc.arg(lease_until) WHERE owner = $1 AND lease_until > 0
RETURNING name, epoch;

-- name: ReleaseFollow :exec
UPDATE follow_leases SET lease_until = 0 WHERE name = $1 AND owner = $2 AND epoch = $3;

-- name: ClearFollowLeases :exec
UPDATE follow_leases SET lease_until = 0 WHERE lease_until > 0;

-- name: DeleteFollowLeasesBefore :exec
DELETE FROM follow_leases WHERE lease_until < $1;
