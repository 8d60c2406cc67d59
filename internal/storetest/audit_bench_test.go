package storetest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

// BenchmarkAuditPages reads pages of a hundred from a record of a million rows, each with its link.
func BenchmarkAuditPages(b *testing.B) {
	for name, config := range storetest.Databases() {
		b.Run(name, func(b *testing.B) {
			db := storetest.Open(b, config(b))
			benchRecord(b, db)
			for name, q := range map[string]audit.Query{
				"newest": {}, "project": {ProjectID: 7}, "group": {GroupID: 1}, "of somebody in a group": {GroupID: 1, Actor: "user 7"}, "actor": {Actor: "user 7"}, "noun": {Action: "cluster"},
				"object": {ObjectKind: "cluster", ObjectID: 7}, "hour": {Until: time.Unix(500_000, 0), Since: time.Unix(490_000, 0)},
				"rare pair": {Action: "cluster", Actor: "user 8"}, "no such object": {ObjectKind: "other"},
			} {
				b.Run(name, func(b *testing.B) { benchPage(b, db, q) })
			}
		})
	}
}

func benchPage(b *testing.B, db *store.DB, q audit.Query) {
	b.Helper()
	q.Limit = 100
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if _, _, err := (audit.Record{Reader: db.Audit()}).Page(b.Context(), q); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms-p99")
}

// benchRecord fills the record: a thousand actors and projects, ten actions, all of it in three nested groups.
func benchRecord(b *testing.B, db *store.DB) {
	b.Helper()
	const events = `WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1000000)
		INSERT INTO audit_events (at, actor_kind, actor_user, actor_name, token_id, session_id, ip, noun, action,
		object_kind, object_id, object_name, group_id, project_id, correlation_id, detail)
		SELECT CAST(i AS BIGINT) * 1000000, 'token', i % 1000, 'user ' || (i % 1000), i % 5000, 0, '203.0.113.7',
			CASE i % 10 WHEN 3 THEN 'cluster' ELSE 'credential' END, CASE i % 10 WHEN 3 THEN 'cluster.edit' ELSE 'credential.use' END,
			'cluster', i % 1009, 'production', 0, i % 1013, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '{"job":"namespace/17"}' FROM numbers`
	const groups = `INSERT INTO audit_groups (group_id, at, id) SELECT g.id AS group_id, e.at, e.id FROM audit_events e
		CROSS JOIN (SELECT 1 AS id UNION ALL SELECT 2 UNION ALL SELECT 3) g`
	const links = `INSERT INTO audit_chain (n, event_id, key_id, hash) SELECT e.id AS n, e.id, 1, $1 FROM audit_events e`
	hash := []byte(strings.Repeat("h", 32))
	sqlite, postgres := db.Handles()
	if postgres == nil {
		_, err := sqlite.ExecContext(b.Context(), events)
		if err == nil {
			_, err = sqlite.ExecContext(b.Context(), groups)
		}
		if err == nil {
			_, err = sqlite.ExecContext(b.Context(), links, hash)
		}
		if err != nil {
			b.Fatal(err)
		}
		return
	}
	conn, err := postgres.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	for _, statement := range []string{"SET statement_timeout = 0", events, groups, "ANALYZE"} {
		if _, err := conn.Exec(b.Context(), statement); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := conn.Exec(b.Context(), links, hash); err != nil {
		b.Fatal(err)
	}
}
