package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	_ "embed"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/roadstead/roadstead/internal/workload"
)

//go:embed mirror_schema_sqlite.sql
var mirrorSchemaSQLite string

//go:embed mirror_schema_postgres.sql
var mirrorSchemaPostgres string

// Mirror keeps live cluster state as rows that can be rebuilt at any time. It
// is a workload.KeyStore; Pods and Deployments are its rows.
type Mirror struct {
	Pods        *MirrorRows[workload.Pod]
	Deployments *MirrorRows[workload.Deployment]

	dialect mirrorDialect
	write   *sql.DB
	read    *sql.DB
	close   func() error
	// reading counts the pages that are being read now: fills give way to them.
	reading atomic.Int64

	mu         sync.Mutex
	statements map[statementKey]*sql.Stmt
}

// mirrorDialect is what differs between the databases beside the schema.
type mirrorDialect struct {
	// schema is what the tables are qualified with.
	schema string
	// rowsPerInsert is how many rows one statement writes.
	rowsPerInsert int
	// placeholder is the nth argument of such a statement, counted from one.
	// SQLite looks the name of each argument up in a list: with hundreds of
	// names that takes longer than the writing, so there they have none.
	placeholder func(n int) string
}

type statementKey struct {
	db   *sql.DB
	text string
}

// OpenMirror opens the mirror in the Postgres database of that URL, or, when
// the URL is empty, in a SQLite file at path. Close it for a clean stop: after
// a crash of the machine the file is thrown away.
func OpenMirror(ctx context.Context, path, databaseURL string) (*Mirror, error) {
	if databaseURL != "" {
		return openMirrorPostgres(ctx, databaseURL)
	}
	return openMirrorSQLite(ctx, path)
}

func newMirror(
	ctx context.Context, read, write *sql.DB, dialect mirrorDialect, closeAll func() error,
) (*Mirror, error) {
	m := &Mirror{
		dialect: dialect, read: read, write: write, close: closeAll,
		statements: map[statementKey]*sql.Stmt{},
	}
	m.Pods, m.Deployments = newMirrorRows(m, podTable()), newMirrorRows(m, deploymentTable())
	for _, text := range slices.Concat([]string{saveKey, holdKey}, m.Pods.writes(), m.Deployments.writes()) {
		if _, err := m.prepared(ctx, write, text); err != nil { //nolint:sqlclosecheck // kept until Close
			return nil, closing(m, err)
		}
	}
	return m, nil
}

// Close ends the mirror.
func (m *Mirror) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.statements {
		_ = s.Close()
	}
	m.statements = nil
	return m.close()
}

// prepared returns the statement for a text in which tables are qualified with
// "mirror.". Parsing costs as much as running, so statements are kept.
func (m *Mirror) prepared(ctx context.Context, db *sql.DB, text string) (*sql.Stmt, error) {
	key := statementKey{db: db, text: text}
	if s := m.kept(key); s != nil {
		return s, nil
	}
	s, err := db.PrepareContext(ctx, m.qualified(text)) // may wait for a connection: not under the lock
	if err != nil {
		return nil, fmt.Errorf("prepare a statement of the mirror: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if first, ok := m.statements[key]; ok {
		_ = s.Close() //nolint:sqlclosecheck // another call was faster
		return first, nil
	}
	m.statements[key] = s
	return s, nil
}

func (m *Mirror) kept(key statementKey) *sql.Stmt {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.statements[key]
}

func (m *Mirror) qualified(text string) string {
	return strings.ReplaceAll(text, "mirror.", m.dialect.schema+".")
}

// inTx runs fn in one transaction of the writer.
func (m *Mirror) inTx(ctx context.Context, fn func(tx mirrorTx) error) error {
	tx, err := m.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := fn(mirrorTx{m: m, tx: tx}); err != nil {
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// mirrorTx is an open transaction of the mirror.
type mirrorTx struct {
	m  *Mirror
	tx *sql.Tx
}

// exec runs a statement and returns how many rows it changed. It prepares
// nothing, since the transaction may hold the only connection.
func (t mirrorTx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	var result sql.Result
	var err error
	if s := t.m.kept(statementKey{db: t.m.write, text: text}); s != nil {
		result, err = t.tx.StmtContext(ctx, s).ExecContext(ctx, args...) //nolint:sqlclosecheck // kept until Close
	} else {
		result, err = t.tx.ExecContext(ctx, t.m.qualified(text), args...)
	}
	if err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count what was written: %w", err)
	}
	return changed, nil
}

// query runs a statement of the readers.
func (m *Mirror) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	s, err := m.prepared(ctx, m.read, text) //nolint:sqlclosecheck // kept until Close
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	return rows, nil
}

// collect scans every row into a T and closes rows.
func collect[T any](rows *sql.Rows, into func(*T) []any) ([]T, error) {
	defer func() { _ = rows.Close() }()
	var all []T
	for rows.Next() {
		var one T
		if err := rows.Scan(into(&one)...); err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		all = append(all, one)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return all, nil
}

// giveWay lets the pages that are being read finish first, within bounds.
func (m *Mirror) giveWay(ctx context.Context) {
	const step, steps = time.Millisecond, 10
	for range steps {
		if m.reading.Load() == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(step):
		}
	}
}

// mirrorVersion tells one schema from another.
func mirrorVersion(schema string) string {
	sum := sha256.Sum256([]byte(schema))
	return hex.EncodeToString(sum[:8])
}
