package store

import (
	"context"
	"maps"
	"slices"

	"github.com/roadstead/roadstead/internal/workload"
)

// keepGone remembers a deletion.
const keepGone = `INSERT INTO mirror.gone (key, n, namespace, name, version, at) VALUES ($1, $2, $3, $4, $5, $6)`

// MirrorRows keeps the mirrored rows of one kind. It is a workload.Rows.
type MirrorRows[R any] struct {
	mirror *Mirror
	table  mirrorTable[R]
	// upserts are the texts of the statement that writes rows.
	upserts map[upsertForm]string
}

// upsertForm tells the statements that write rows apart.
type upsertForm struct {
	rows int
	fill bool
}

func newMirrorRows[R any](m *Mirror, table mirrorTable[R]) *MirrorRows[R] {
	r := &MirrorRows[R]{mirror: m, table: table, upserts: map[upsertForm]string{}}
	for _, rows := range []int{1, m.dialect.rowsPerInsert} {
		for _, fill := range []bool{false, true} {
			r.upserts[upsertForm{rows: rows, fill: fill}] = table.upsert(rows, fill, m.dialect.placeholder)
		}
	}
	return r
}

// writes lists the statements of Write.
func (r *MirrorRows[R]) writes() []string {
	return append(slices.Collect(maps.Values(r.upserts)), r.table.remove(), keepGone)
}

// Write saves the status and applies the batch in one transaction, refused
// with work.ErrLeaseLost when the status is of an older epoch.
func (r *MirrorRows[R]) Write(ctx context.Context, status workload.Status, batch workload.Batch[R]) error {
	if batch.Fill {
		r.mirror.giveWay(ctx)
	}
	err := r.mirror.inTx(ctx, func(tx mirrorTx) error {
		if err := tx.save(ctx, status); err != nil {
			return err
		}
		if err := r.insert(ctx, tx, status.ID, batch); err != nil {
			return err
		}
		return r.remove(ctx, tx, status.ID, batch.Gone)
	})
	return doing(err, "write %d and remove %d %s", len(batch.Items), len(batch.Gone), r.table.name)
}

func (r *MirrorRows[R]) insert(ctx context.Context, tx mirrorTx, id int64, batch workload.Batch[R]) error {
	var args []any
	for items := batch.Items; len(items) > 0; {
		count := r.mirror.dialect.rowsPerInsert
		if len(items) < count {
			count = 1
		}
		args = args[:0]
		for i := range items[:count] {
			item := &items[i]
			args = append(args, id, item.Namespace, item.Name, item.Version, item.N, batch.Mark)
			args = r.table.values(args, &item.Row)
		}
		if _, err := tx.exec(ctx, r.upserts[upsertForm{rows: count, fill: batch.Fill}], args...); err != nil {
			return err
		}
		items = items[count:]
	}
	return nil
}

// remove deletes rows and remembers those that were there.
func (r *MirrorRows[R]) remove(ctx context.Context, tx mirrorTx, id int64, gone []workload.Gone) error {
	at := now()
	for _, g := range gone {
		deleted, err := tx.exec(ctx, r.table.remove(), id, g.Namespace, g.Name, g.Version)
		if err != nil {
			return err
		}
		if deleted == 0 {
			continue
		}
		if _, err := tx.exec(ctx, keepGone, id, g.N, g.Namespace, g.Name, g.Version, at); err != nil {
			return err
		}
	}
	return nil
}

// Unmarked lists rows whose mark is older, in order of namespace and name.
func (r *MirrorRows[R]) Unmarked(
	ctx context.Context, status workload.Status, mark int64, after workload.Ref, limit int,
) ([]workload.Gone, error) {
	rows, err := r.mirror.query(ctx, `SELECT namespace, name FROM mirror.`+r.table.name+`
		WHERE key = $1 AND (namespace, name) > ($2, $3) AND mark < $4 ORDER BY namespace, name LIMIT $5`,
		status.ID, after.Namespace, after.Name, mark, limit)
	if err != nil {
		return nil, doing(err, "list %s that are gone", r.table.name)
	}
	gone, err := collect(rows, func(g *workload.Gone) []any { return []any{&g.Namespace, &g.Name} })
	return gone, doing(err, "list %s that are gone", r.table.name)
}

// Count counts the rows of a key.
func (r *MirrorRows[R]) Count(ctx context.Context, id int64) (int64, error) {
	rows, err := r.mirror.query(ctx, `SELECT count(*) FROM mirror.`+r.table.name+` WHERE key = $1`, id)
	if err != nil {
		return 0, doing(err, "count %s", r.table.name)
	}
	counts, err := collect(rows, func(n *int64) []any { return []any{n} })
	if err != nil || len(counts) == 0 {
		return 0, doing(err, "count %s", r.table.name)
	}
	return counts[0], nil
}

// Page reads rows in order of name and namespace. Each form of the query walks
// one index and stops at the limit.
func (r *MirrorRows[R]) Page(ctx context.Context, id int64, page workload.Page) ([]R, error) {
	r.mirror.reading.Add(1)
	defer r.mirror.reading.Add(-1)
	text, args := `WHERE key = $1 AND (name, namespace) > ($2, $3) ORDER BY name, namespace LIMIT $4`,
		[]any{id, page.After.Name, page.After.Namespace, page.Limit}
	switch {
	case page.App != "" && page.Namespace != "":
		text = `WHERE key = $1 AND app = $5 AND (name, namespace) > ($2, $3) AND namespace = $6
			ORDER BY name, namespace LIMIT $4`
		args = append(args, page.App, page.Namespace)
	case page.App != "":
		text = `WHERE key = $1 AND app = $5 AND (name, namespace) > ($2, $3) ORDER BY name, namespace LIMIT $4`
		args = append(args, page.App)
	case page.Namespace != "":
		text = `WHERE key = $1 AND namespace = $2 AND name > $3 ORDER BY name LIMIT $4`
		args = []any{id, page.Namespace, page.After.Name, page.Limit}
	}
	rows, err := r.mirror.query(ctx, `SELECT `+r.table.selected()+` FROM mirror.`+r.table.name+` `+text, args...)
	if err != nil {
		return nil, doing(err, "read a page of %s", r.table.name)
	}
	found, err := collect(rows, r.table.into)
	return found, doing(err, "read a page of %s", r.table.name)
}

// Since lists at most limit rows and deletions each, whose n is higher, in
// order of n.
func (r *MirrorRows[R]) Since(ctx context.Context, id, n int64, limit int) ([]R, []workload.Gone, error) {
	rows, err := r.mirror.query(ctx, `SELECT `+r.table.selected()+` FROM mirror.`+r.table.name+`
		WHERE key = $1 AND n > $2 ORDER BY n LIMIT $3`, id, n, limit)
	if err != nil {
		return nil, nil, doing(err, "read changed %s", r.table.name)
	}
	changed, err := collect(rows, r.table.into)
	if err != nil {
		return nil, nil, doing(err, "read changed %s", r.table.name)
	}
	rows, err = r.mirror.query(ctx, `SELECT namespace, name, version, n FROM mirror.gone
		WHERE key = $1 AND n > $2 ORDER BY n LIMIT $3`, id, n, limit)
	if err != nil {
		return nil, nil, doing(err, "read deleted %s", r.table.name)
	}
	gone, err := collect(rows, func(g *workload.Gone) []any { return []any{&g.Namespace, &g.Name, &g.Version, &g.N} })
	return changed, gone, doing(err, "read deleted %s", r.table.name)
}
