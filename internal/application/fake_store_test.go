package application_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/work"
)

// memory is a store in memory. A transaction works on a copy that replaces the
// whole when it commits.
type memory struct {
	mu    sync.Mutex
	state state
	// committed is called after each commit, as the place where a process may
	// die.
	committed func()
	notices   []string
	// entriesRead counts how often a stored entry was read.
	entriesRead int
}

type state struct {
	last         int64
	applications map[int64]application.Application
	operations   map[int64]application.Operation
	values       map[int64][]byte
	digests      map[application.ChartRef]string
	log          map[int64][]application.LogLine
	epochs       map[int64]int64
	due          map[work.Ref]time.Time
	record       []audit.Entry
	stored       map[string]storedEntry
}

// storedEntry has the revision under which it was stored.
type storedEntry struct {
	entry    application.Entry
	revision int64
}

func newMemory() *memory {
	return &memory{committed: func() {}, state: state{
		applications: map[int64]application.Application{}, operations: map[int64]application.Operation{},
		values: map[int64][]byte{}, digests: map[application.ChartRef]string{},
		log: map[int64][]application.LogLine{}, epochs: map[int64]int64{}, due: map[work.Ref]time.Time{},
		stored: map[string]storedEntry{},
	}}
}

func (s state) clone() state {
	s.applications, s.operations = maps.Clone(s.applications), maps.Clone(s.operations)
	s.values, s.digests, s.due = maps.Clone(s.values), maps.Clone(s.digests), maps.Clone(s.due)
	s.record, s.stored = slices.Clone(s.record), maps.Clone(s.stored)
	return s
}

func (m *memory) Atomically(_ context.Context, fn func(tx application.Tx) error) error {
	m.mu.Lock()
	tx := &memoryTx{state: m.state.clone()}
	err := fn(tx)
	if err == nil {
		m.state, m.notices = tx.state, append(m.notices, tx.notices...)
	}
	m.mu.Unlock()
	if err == nil {
		m.committed()
	}
	return err
}

func (t *memoryTx) Record(_ context.Context, e audit.Entry) error {
	checked, err := e.Checked()
	t.record = append(t.record, checked)
	return err
}

func (m *memory) InstallationID(context.Context) (string, error) { return "installation", nil }

func (m *memory) Application(_ context.Context, clusterID int64, name string) (application.Application, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.byName(clusterID, name)
}

func (s state) byName(clusterID int64, name string) (application.Application, error) {
	for _, a := range s.applications {
		if a.ClusterID == clusterID && a.Name == name {
			return a, nil
		}
	}
	return application.Application{}, apperr.Of(apperr.NotFound)
}

func get[T any](m *memory, rows func(state) map[int64]T, id int64) (T, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return find(rows(m.state), id)
}

func find[T any](rows map[int64]T, id int64) (T, error) {
	row, ok := rows[id]
	if !ok {
		return row, apperr.Of(apperr.NotFound)
	}
	return row, nil
}

func (m *memory) ApplicationByID(_ context.Context, id int64) (application.Application, error) {
	return get(m, func(s state) map[int64]application.Application { return s.applications }, id)
}

func (m *memory) Operation(_ context.Context, id int64) (application.Operation, error) {
	return get(m, func(s state) map[int64]application.Operation { return s.operations }, id)
}

func (m *memory) SealedValues(_ context.Context, id int64) ([]byte, error) {
	return get(m, func(s state) map[int64][]byte { return s.values }, id)
}

func (m *memory) Applications(_ context.Context, clusterID int64) ([]application.Application, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := slices.Collect(maps.Values(m.state.applications))
	return slices.DeleteFunc(rows, func(a application.Application) bool { return a.ClusterID != clusterID }), nil
}

func (m *memory) operations(keep func(application.Operation) bool) []application.Operation {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := slices.DeleteFunc(slices.Collect(maps.Values(m.state.operations)),
		func(o application.Operation) bool { return !keep(o) })
	slices.SortFunc(rows, func(a, b application.Operation) int { return int(b.ID - a.ID) })
	return rows
}

func (m *memory) Operations(_ context.Context, id int64, limit int) ([]application.Operation, error) {
	rows := m.operations(func(o application.Operation) bool { return o.ApplicationID == id })
	return rows[:min(limit, len(rows))], nil
}

func (m *memory) RunningOperations(context.Context) ([]application.Operation, error) {
	return m.operations(func(o application.Operation) bool { return o.Phase == application.PhaseRunning }), nil
}

func (m *memory) Digest(_ context.Context, chart application.ChartRef) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.digests[chart], nil
}

func (m *memory) AppendLog(_ context.Context, id, epoch int64, lines []application.LogLine) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if epoch != 0 && epoch < m.state.epochs[id] {
		return work.ErrLeaseLost
	}
	m.state.epochs[id] = max(epoch, m.state.epochs[id])
	for _, line := range lines {
		if !slices.ContainsFunc(m.state.log[id], func(l application.LogLine) bool { return l.Seq == line.Seq }) {
			m.state.log[id] = append(m.state.log[id], line)
		}
	}
	slices.SortFunc(m.state.log[id], func(a, b application.LogLine) int { return int(a.Seq - b.Seq) })
	return nil
}

func (m *memory) Log(_ context.Context, id, after int64, limit int) ([]application.LogLine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	rows := slices.DeleteFunc(slices.Clone(m.state.log[id]), func(l application.LogLine) bool { return l.Seq <= after })
	return rows[:min(limit, len(rows))], nil
}

func (m *memory) LastLogSeq(_ context.Context, id int64) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if rows := m.state.log[id]; len(rows) > 0 {
		return rows[len(rows)-1].Seq, nil
	}
	return 0, nil
}

type memoryTx struct {
	state
	notices []string
}

func (t *memoryTx) Application(_ context.Context, id int64) (application.Application, error) {
	return find(t.applications, id)
}

func (t *memoryTx) ApplicationByName(_ context.Context, clusterID int64, name string) (application.Application, error) {
	return t.byName(clusterID, name)
}

func (t *memoryTx) Operation(_ context.Context, id int64) (application.Operation, error) {
	return find(t.operations, id)
}

func (t *memoryTx) InsertApplication(_ context.Context, a application.Application) (application.Application, error) {
	t.last++
	a.ID = t.last
	t.applications[a.ID] = a
	return a, nil
}

func (t *memoryTx) UpdateApplication(_ context.Context, a application.Application) error {
	t.applications[a.ID] = a
	return nil
}

func (t *memoryTx) DeleteApplication(_ context.Context, id int64) error {
	delete(t.applications, id)
	return nil
}

func (t *memoryTx) NextOperationID(context.Context) (int64, error) {
	t.last++
	return t.last, nil
}

func (t *memoryTx) InsertOperation(_ context.Context, o application.Operation, sealed []byte) error {
	t.operations[o.ID] = o
	if sealed != nil {
		t.values[o.ID] = sealed
	}
	return nil
}

func (t *memoryTx) UpdateOperation(_ context.Context, o application.Operation) error {
	t.operations[o.ID] = o
	return nil
}

func (t *memoryTx) RecordDigest(_ context.Context, chart application.ChartRef, digest string) error {
	if t.digests[chart] == "" {
		t.digests[chart] = digest
	}
	return nil
}

func (t *memoryTx) Schedule(ctx context.Context, ref work.Ref) error {
	return t.ScheduleAt(ctx, ref, time.Time{})
}

func (t *memoryTx) ScheduleAt(_ context.Context, ref work.Ref, at time.Time) error {
	if old, ok := t.due[ref]; !ok || at.Before(old) {
		t.due[ref] = at
	}
	return nil
}

func (t *memoryTx) Notify(topic string) { t.notices = append(t.notices, topic) }

func (m *memory) StoredEntry(_ context.Context, name string) (application.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.entriesRead++
	one, ok := m.state.stored[name]
	if !ok {
		return application.Entry{}, apperr.Of(apperr.NotFound)
	}
	return one.entry, nil
}

func (m *memory) StoredRevisions(context.Context) (map[string]int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	revisions := map[string]int64{}
	for name, one := range m.state.stored {
		revisions[name] = one.revision
	}
	return revisions, nil
}

func (t *memoryTx) HoldEntry(_ context.Context, name string) error {
	if _, ok := t.stored[name]; !ok {
		return apperr.Of(apperr.NotFound)
	}
	return nil
}

func (t *memoryTx) SetEntry(_ context.Context, e application.Entry) (bool, error) {
	if reflect.DeepEqual(t.stored[e.Name].entry, e) {
		return false, nil
	}
	t.last++
	t.stored[e.Name] = storedEntry{e, t.last}
	return true, nil
}

func (t *memoryTx) StoredSize(context.Context) (entries, bytes int64, err error) {
	for _, one := range t.stored {
		bytes += int64(len(one.entry.Values))
	}
	return int64(len(t.stored)), bytes, nil
}

func (t *memoryTx) DeleteEntry(ctx context.Context, name string) error {
	defer delete(t.stored, name)
	return t.HoldEntry(ctx, name)
}

func (t *memoryTx) ClustersWith(_ context.Context, name string, limit int) (clusters []string, _ error) {
	for _, a := range t.applications {
		if a.Name == name && len(clusters) < limit {
			clusters = append(clusters, fmt.Sprintf("cluster-%d", a.ClusterID))
		}
	}
	return clusters, nil
}

func mustOperation(t *testing.T, store *memory, id int64) application.Operation {
	t.Helper()
	op, err := store.Operation(t.Context(), id)
	if err != nil {
		t.Fatalf("read operation %d: %v", id, err)
	}
	return op
}
