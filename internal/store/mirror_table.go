package store

import (
	"fmt"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/workload"
)

// mirrorTable says how rows of one kind lie in their table.
type mirrorTable[R any] struct {
	name string
	// columns are those beside the ones that every table has.
	columns []string
	// values appends what goes into columns.
	values func(args []any, row *R) []any
	// into returns where to scan namespace, name, n and columns.
	into func(row *R) []any
}

func podTable() mirrorTable[workload.Pod] {
	return mirrorTable[workload.Pod]{
		name: "pods",
		columns: []string{
			"uid", "phase", "reason", "ready", "containers", "restarts", "node", "ip", "app",
			"owner_kind", "owner_name", "created",
		},
		values: func(args []any, p *workload.Pod) []any {
			return append(args, p.UID, p.Phase, p.Reason, p.Ready, p.Containers, p.Restarts, p.Node, p.IP, p.App,
				p.OwnerKind, p.OwnerName, stamp(p.CreatedAt))
		},
		into: func(p *workload.Pod) []any {
			return []any{
				&p.Namespace, &p.Name, &p.N, &p.UID, &p.Phase, &p.Reason, &p.Ready, &p.Containers, &p.Restarts,
				&p.Node, &p.IP, &p.App, &p.OwnerKind, &p.OwnerName,
				momentInto{&p.CreatedAt},
			}
		},
	}
}

func deploymentTable() mirrorTable[workload.Deployment] {
	return mirrorTable[workload.Deployment]{
		name: "deployments",
		columns: []string{
			"uid", "wanted", "updated", "ready", "available", "outdated", "app", "created",
		},
		values: func(args []any, d *workload.Deployment) []any {
			return append(args, d.UID, d.Wanted, d.Updated, d.Ready, d.Available, d.Outdated, d.App,
				stamp(d.CreatedAt))
		},
		into: func(d *workload.Deployment) []any {
			return []any{
				&d.Namespace, &d.Name, &d.N, &d.UID, &d.Wanted, &d.Updated, &d.Ready, &d.Available, &d.Outdated,
				&d.App,
				momentInto{&d.CreatedAt},
			}
		},
	}
}

// momentInto scans a stamp into a time.
type momentInto struct{ at *time.Time }

// Scan implements sql.Scanner.
func (m momentInto) Scan(value any) error {
	us, ok := value.(int64)
	if !ok {
		return fmt.Errorf("scan a time from %T", value)
	}
	*m.at = moment(us)
	return nil
}

// selected lists the columns in the order of into.
func (t mirrorTable[R]) selected() string {
	return "namespace, name, n, " + strings.Join(t.columns, ", ")
}

// remove is the statement that deletes a row unless it is newer.
func (t mirrorTable[R]) remove() string {
	return `DELETE FROM mirror.` + t.name + `
		WHERE key = $1 AND namespace = $2 AND name = $3 AND (version <= $4 OR $4 = 0)`
}

// upsert is the statement that writes count rows. A fill replaces what is
// stored; anything else replaces only what is older. A row that did not change
// keeps its n, so that a fill does not look like a change of everything.
func (t mirrorTable[R]) upsert(count int, fill bool, placeholder func(n int) string) string {
	all := append([]string{"key", "namespace", "name", "version", "n", "mark"}, t.columns...)
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO mirror.%s AS t (%s) VALUES ", t.name, strings.Join(all, ", "))
	for i := range count {
		separator := ", ("
		if i == 0 {
			separator = "("
		}
		for j := range all {
			b.WriteString(separator + placeholder(i*len(all)+j+1))
			separator = ", "
		}
		b.WriteString(")")
	}
	b.WriteString(" ON CONFLICT (key, namespace, name) DO UPDATE SET version = excluded.version, mark = excluded.mark," +
		" n = CASE WHEN excluded.version = t.version AND excluded.version <> 0 THEN t.n ELSE excluded.n END")
	for _, c := range t.columns {
		fmt.Fprintf(&b, ", %[1]s = excluded.%[1]s", c)
	}
	if !fill {
		b.WriteString(" WHERE excluded.version > t.version OR excluded.version = 0")
	}
	return b.String()
}
