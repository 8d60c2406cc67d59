package store

import (
	"context"
	"fmt"
	"time"
)

// pruneBatch bounds one transaction of a clean-up, in rows.
const pruneBatch = 500

// Forget drops all keys of a cluster with their rows. Whoever follows one of
// them finds its next write refused.
func (m *Mirror) Forget(ctx context.Context, clusterID int64) error {
	return m.drop(ctx, `cluster = $1`, clusterID)
}

// Prune forgets old deletions, and keys that nobody has wanted for long.
func (m *Mirror) Prune(ctx context.Context, deletedBefore, unwantedSince time.Time) error {
	err := m.inTx(ctx, func(tx mirrorTx) error {
		at := stamp(deletedBefore)
		if _, err := tx.exec(ctx, `UPDATE mirror.keys SET floor = o.n
			FROM (SELECT key, max(n) AS n FROM mirror.gone WHERE at < $1 GROUP BY key) o
			WHERE keys.id = o.key`, at); err != nil {
			return err
		}
		_, err := tx.exec(ctx, `DELETE FROM mirror.gone WHERE at < $1`, at)
		return err
	})
	if err != nil {
		return doing(err, "forget old deletions")
	}
	return m.drop(ctx, `wanted_until < $1`, stamp(unwantedSince))
}

// drop takes keys out of reach and then removes their rows in small
// transactions. What a crash leaves of them goes with the next drop.
func (m *Mirror) drop(ctx context.Context, condition string, arg any) error {
	err := m.inTx(ctx, func(tx mirrorTx) error {
		_, err := tx.exec(ctx, `UPDATE mirror.keys SET cluster = -1, kind = '', scope = CAST(id AS TEXT), epoch = -1
			WHERE cluster <> -1 AND `+condition, arg)
		return err
	})
	if err != nil {
		return doing(err, "drop mirrored keys")
	}
	ids, err := m.dropped(ctx)
	if err != nil {
		return doing(err, "list dropped keys")
	}
	for _, id := range ids {
		for _, text := range []string{
			dropPart(`pods`, `namespace, name`), dropPart(`deployments`, `namespace, name`), dropPart(`gone`, `n`),
			`DELETE FROM mirror.keys WHERE id = $1`,
		} {
			if err := m.dropAll(ctx, text, id); err != nil {
				return doing(err, "drop mirrored rows")
			}
		}
	}
	return nil
}

func (m *Mirror) dropped(ctx context.Context) ([]int64, error) {
	rows, err := m.query(ctx, `SELECT id FROM mirror.keys WHERE cluster = -1`)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(id *int64) []any { return []any{id} })
}

func dropPart(table, rest string) string {
	return fmt.Sprintf(`DELETE FROM mirror.%[1]s WHERE key = $1 AND (%[2]s) IN
		(SELECT %[2]s FROM mirror.%[1]s WHERE key = $1 LIMIT %[3]d)`, table, rest, pruneBatch)
}

func (m *Mirror) dropAll(ctx context.Context, text string, id int64) error {
	for {
		var dropped int64
		err := m.inTx(ctx, func(tx mirrorTx) (err error) {
			dropped, err = tx.exec(ctx, text, id)
			return err
		})
		if err != nil || dropped < pruneBatch {
			return err
		}
		m.giveWay(ctx)
	}
}
