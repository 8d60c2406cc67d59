package workload_test

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

type fakeCluster struct {
	generation int64
	enabled    bool
}

type fakeItem struct {
	ref        work.Ref
	due        time.Time
	leaseUntil time.Time
	epoch      int64
	attempt    int
	wakes      int64
}

// fakeValues keeps values and work in memory, with leases that end by the
// test's clock and writes that are fenced by them.
type fakeValues struct {
	clock    *clock
	mu       sync.Mutex
	clusters map[int64]fakeCluster
	values   map[int64]workload.Value
	work     map[int64]*fakeItem
	nextID   int64
	written  int
}

func newFakeValues(c *clock) *fakeValues {
	return &fakeValues{
		clock: c, clusters: map[int64]fakeCluster{},
		values: map[int64]workload.Value{}, work: map[int64]*fakeItem{},
	}
}

func (f *fakeValues) change(cluster int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.clusters[cluster]
	c.generation++
	f.clusters[cluster] = c
}

func (f *fakeValues) remove(cluster int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clusters, cluster)
	maps.DeleteFunc(f.values, func(_ int64, v workload.Value) bool { return v.Cluster == cluster })
}

func (f *fakeValues) items() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.work)
}

func (f *fakeValues) commits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.written
}

func (f *fakeValues) Atomically(ctx context.Context, fn func(workload.ValueTx) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if claim, ok := work.ClaimFrom(ctx); ok {
		if i := f.work[claim.Object]; i == nil || i.epoch != claim.Epoch {
			return work.ErrLeaseLost
		}
	}
	values := maps.Clone(f.values)
	if err := fn(fakeValueTx{f}); err != nil {
		f.values = values
		return err
	}
	f.written++
	return nil
}

func (f *fakeValues) ValueByID(_ context.Context, id int64) (workload.Value, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.value(id)
}

func (f *fakeValues) value(id int64) (workload.Value, error) {
	v, ok := f.values[id]
	if !ok {
		return v, apperr.Of(apperr.NotFound)
	}
	v = f.joined(v)
	v.Data = nil
	return v, nil
}

func (f *fakeValues) joined(v workload.Value) workload.Value {
	c := f.clusters[v.Cluster]
	v.ClusterGeneration, v.ClusterEnabled = c.generation, c.enabled
	return v
}

func (f *fakeValues) Values(_ context.Context, name string, ids []int64) ([]workload.Value, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var found []workload.Value
	for _, v := range f.values {
		for _, id := range ids {
			if v.Cluster == id && v.Name == name {
				found = append(found, f.joined(v))
			}
		}
	}
	return found, nil
}

func (f *fakeValues) ClustersWithoutValue(_ context.Context, name string, _ int) ([]int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var ids []int64
	for id, c := range f.clusters {
		if c.enabled && f.find(id, name) == 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (f *fakeValues) find(cluster int64, name string) int64 {
	for id, v := range f.values {
		if v.Cluster == cluster && v.Name == name {
			return id
		}
	}
	return 0
}

type fakeValueTx struct{ *fakeValues }

func (f fakeValueTx) EnsureValue(_ context.Context, cluster int64, name string) (workload.Value, error) {
	if _, ok := f.clusters[cluster]; !ok {
		return workload.Value{}, apperr.Of(apperr.NotFound)
	}
	id := f.find(cluster, name)
	if id == 0 {
		f.nextID++
		id = f.nextID
		f.values[id] = workload.Value{ID: id, Cluster: cluster, Name: name}
	}
	return f.value(id)
}

func (f fakeValueTx) Value(_ context.Context, id int64) (workload.Value, error) { return f.value(id) }

func (f fakeValueTx) ValuesOfCluster(_ context.Context, cluster int64) ([]workload.Value, error) {
	var found []workload.Value
	for id, v := range f.values {
		if v.Cluster == cluster {
			v, _ := f.value(id)
			found = append(found, v)
		}
	}
	return found, nil
}

func (f fakeValueTx) UpdateValue(_ context.Context, v workload.Value) error {
	v.Data = f.values[v.ID].Data
	f.values[v.ID] = v
	return nil
}

func (f fakeValueTx) SetValueData(_ context.Context, id int64, data []byte) error {
	v := f.values[id]
	v.Data = data
	f.values[id] = v
	return nil
}

func (f fakeValueTx) Schedule(ctx context.Context, ref work.Ref) error {
	return f.ScheduleAt(ctx, ref, f.clock.now())
}

func (f fakeValueTx) ScheduleAt(_ context.Context, ref work.Ref, at time.Time) error {
	i := f.work[ref.Object]
	if i == nil {
		f.work[ref.Object] = &fakeItem{ref: ref, due: at}
		return nil
	}
	i.wakes++
	if at.Before(i.due) {
		i.due = at
	}
	return nil
}

func (fakeValueTx) Notify(string) {}

func (f *fakeValues) ClaimDue(_ context.Context, slot work.Slot, _ string, lease time.Duration) (work.Claim, bool, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.clock.now()
	for _, i := range f.work {
		if i.ref.Slot() != slot.Slot || i.due.After(now) || i.leaseUntil.After(now) {
			continue
		}
		i.epoch++
		i.leaseUntil = now.Add(lease)
		return work.Claim{Ref: i.ref, Epoch: i.epoch, Attempt: i.attempt, Wakes: i.wakes}, true, nil
	}
	return work.Claim{}, false, nil
}

func (f *fakeValues) Renew(context.Context, work.Claim, string, time.Duration) error { return nil }

func (f *fakeValues) Settle(_ context.Context, claim work.Claim, _ string, end work.End) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.work[claim.Object]
	if i == nil || i.epoch != claim.Epoch {
		return work.ErrLeaseLost
	}
	i.leaseUntil, i.attempt, i.due = time.Time{}, end.Attempt, f.clock.now().Add(end.Next.Delay())
	switch woken := i.wakes != claim.Wakes; {
	case woken:
		i.due = f.clock.now()
	case end.Next.IsDone():
		delete(f.work, claim.Object)
	}
	return nil
}
