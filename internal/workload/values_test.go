package workload_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

const nodeMetrics = "node_metrics"

// bench is one cluster, its values and a worker, under a clock of its own.
type bench struct {
	t      *testing.T
	clock  *clock
	store  *fakeValues
	values *workload.Values
	poll   *scriptedPoller
	runner *work.Runner
}

func newBench(t *testing.T) *bench {
	t.Helper()
	c := &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	b := &bench{t: t, clock: c, store: newFakeValues(c), poll: &scriptedPoller{}}
	b.store.clusters[1] = fakeCluster{generation: 1, enabled: true}
	b.values = workload.NewValues(b.store, c.now)
	pollers := map[string]workload.Poller{nodeMetrics: b.poll, workload.Connection: b.poll}
	refresher := workload.NewRefresher(b.store, pollers, c.now, slog.New(slog.DiscardHandler))
	steps := map[work.Kind]work.Step{workload.ValueKind: refresher.Step}
	b.runner = work.NewRunner(b.store, "worker", steps, slog.New(slog.DiscardHandler))
	return b
}

func (b *bench) read(name string) workload.Value {
	b.t.Helper()
	v, err := b.values.Read(b.t.Context(), 1, name)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

// work runs whatever is due now.
func (b *bench) work() {
	b.t.Helper()
	for slot := range work.Slots {
		if _, err := b.runner.Drain(b.t.Context(), work.Slot{Cluster: 1, Slot: slot}); err != nil {
			b.t.Fatal(err)
		}
	}
}

// pass lets time go by in steps of ten seconds, working after each.
func (b *bench) pass(d time.Duration) {
	b.t.Helper()
	for range int(d / (10 * time.Second)) {
		b.clock.advance(10 * time.Second)
		b.work()
	}
}

func TestReadIsAnsweredBeforeAnythingIsKnown(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.read(nodeMetrics)
	if v.Data != nil || !v.AsOf.IsZero() || b.poll.count() != 0 {
		t.Fatalf("first read = %+v after %d polls, want it empty and no poll", v, b.poll.count())
	}
	b.poll.data = []byte(`{"cpu":1}`)
	b.work()
	v = b.read(nodeMetrics)
	if string(v.Data) != `{"cpu":1}` || v.AsOf != b.clock.now() {
		t.Fatalf("second read = %s as of %v", v.Data, v.AsOf)
	}
}

func TestReadsOfUnknownClusters(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.values.Read(t.Context(), 7, nodeMetrics); apperr.CodeOf(err) != apperr.NotFound {
		t.Errorf("read of an unknown cluster = %v, want not found", err)
	}
	values, err := b.values.ReadMany(t.Context(), nodeMetrics, []int64{1, 7})
	if _, ok := values[1]; err != nil || len(values) != 1 || !ok {
		t.Errorf("read of both = %v, %v; want the known one", values, err)
	}
}

func TestRefreshedEveryMinuteForTenMinutesAfterTheLastRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.read(nodeMetrics)
	b.work()
	b.pass(30 * time.Minute)
	if got := b.poll.count(); got < 9 || got > 12 {
		t.Errorf("polled %d times, want once a minute for ten minutes", got)
	}
	if n := b.store.items(); n != 0 {
		t.Errorf("%d items of work are left for a value that nobody wants", n)
	}
	before := b.poll.count()
	if v := b.read(nodeMetrics); v.AsOf.IsZero() {
		t.Error("the old value is gone")
	}
	b.work()
	if b.poll.count() != before+1 {
		t.Error("a read after the lifetime did not refresh the value")
	}
}

func TestReadsWriteAtMostOnceInTenSeconds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.read(nodeMetrics)
	b.work()
	before := b.store.commits()
	for range 100 {
		b.clock.advance(99 * time.Millisecond)
		b.read(nodeMetrics)
	}
	if got := b.store.commits() - before; got > 1 {
		t.Errorf("100 reads in ten seconds made %d writes", got)
	}
}

func TestFailureKeepsTheLastGoodValueAndTriesAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.data = []byte(`"good"`)
	b.read(nodeMetrics)
	b.work()
	good := b.clock.now()

	b.poll.fail(apperr.Of(apperr.ClusterTimeout))
	b.pass(2 * time.Minute)
	v := b.read(nodeMetrics)
	if string(v.Data) != `"good"` || v.AsOf != good || v.Code != apperr.ClusterTimeout || v.Failures == 0 {
		t.Fatalf("after a failure: %+v", v)
	}
	before := b.poll.count()
	for range 60 { // somebody looks all the time
		b.pass(10 * time.Second)
		b.read(nodeMetrics)
	}
	if got := b.poll.count() - before; got < 2 || got > 5 {
		t.Errorf("polled %d times in ten minutes of failures, want a back-off that goes on", got)
	}
	b.poll.fail(nil)
	for range 66 {
		b.pass(10 * time.Second)
		b.read(nodeMetrics)
	}
	if v = b.read(nodeMetrics); v.Code != "" || v.Failures != 0 || !v.AsOf.After(good) {
		t.Errorf("after the mend: %+v", v)
	}
}

func TestTooLargeIsRefusedAndTheLastGoodValueStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.data = make([]byte, workload.MaxValueSize)
	b.read(nodeMetrics)
	b.work()
	if v := b.read(nodeMetrics); len(v.Data) != workload.MaxValueSize || v.Code != "" {
		t.Fatalf("a value of the largest size: %d bytes, code %q", len(v.Data), v.Code)
	}
	b.poll.data = make([]byte, workload.MaxValueSize+1)
	b.pass(2 * time.Minute)
	v := b.read(nodeMetrics)
	if len(v.Data) != workload.MaxValueSize || v.Code != apperr.ClusterResponseTooLarge {
		t.Errorf("after one byte more: %d bytes, code %q", len(v.Data), v.Code)
	}
	if b.store.items() == 0 {
		t.Error("nothing will refresh it again")
	}
}

func TestChangedClusterHidesWhatTheOldOneSaid(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.data = []byte(`"old"`)
	b.read(nodeMetrics)
	b.work()
	b.store.change(1)
	if v := b.read(nodeMetrics); v.Data != nil || !v.AsOf.IsZero() || v.Code != "" {
		t.Fatalf("shown before any invalidation: %+v", v)
	}
	if err := b.values.Invalidate(t.Context(), 1, 2); err != nil {
		t.Fatal(err)
	}
	b.poll.fail(apperr.Of(apperr.ClusterUnauthorized))
	b.work()
	if v := b.read(nodeMetrics); v.Data != nil || v.Code != apperr.ClusterUnauthorized || v.Failures != 1 {
		t.Fatalf("the new cluster failed: %+v", v)
	}
	b.poll.fail(nil)
	b.poll.data = []byte(`"new"`)
	b.pass(3 * time.Minute)
	if v := b.read(nodeMetrics); string(v.Data) != `"new"` {
		t.Errorf("the new cluster answered: %+v", v)
	}
}

func TestPollOfAClusterThatChangesMeanwhileIsDropped(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.data = []byte(`"old"`)
	b.poll.during = func() {
		b.store.change(1)
		b.poll.during = nil
		b.poll.data = []byte(`"new"`)
	}
	b.read(nodeMetrics)
	b.work()
	if v := b.read(nodeMetrics); string(v.Data) != `"new"` || b.poll.count() != 2 {
		t.Errorf("after %d polls: %s, want the new cluster's answer of a second poll", b.poll.count(), v.Data)
	}
}

func TestRefreshAskedForDuringAPollIsNotLost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.during = func() {
		b.poll.during = nil
		b.clock.advance(time.Second)
		if err := b.values.Refresh(t.Context(), 1, nodeMetrics); err != nil {
			t.Error(err)
		}
	}
	b.read(nodeMetrics)
	b.work()
	if got := b.poll.count(); got != 2 {
		t.Errorf("polled %d times, want again after the refresh that was asked for", got)
	}
}

func TestOnlyOneRefreshesAndALateOneChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.data = []byte(`"late"`)
	b.poll.during = func() {
		b.poll.during = nil
		polls := b.poll.count()
		b.work()
		if b.poll.count() != polls {
			t.Error("polled twice under one lease")
		}
		b.clock.advance(work.Lease + time.Second) // the first worker is paused
		b.poll.data = []byte(`"second"`)
		b.work()
		b.poll.data = []byte(`"late"`)
	}
	b.read(nodeMetrics)
	b.work()
	if v := b.read(nodeMetrics); string(v.Data) != `"second"` {
		t.Errorf("value = %s, want that of the holder of the lease", v.Data)
	}
}

func TestConnectionIsCheckedWithoutAnybodyLooking(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	refresher := workload.NewRefresher(b.store, nil, b.clock.now, slog.New(slog.DiscardHandler))
	if err := refresher.EnsureBaselines(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.work()
	b.pass(time.Hour)
	if got := b.poll.count(); got < 10 || got > 15 {
		t.Errorf("checked %d times in an hour, want every five minutes", got)
	}
	b.poll.fail(apperr.Of(apperr.ClusterRefused))
	b.pass(2 * time.Hour)
	before := b.poll.count()
	b.pass(6 * time.Hour)
	if got := b.poll.count() - before; got < 5 || got > 8 {
		t.Errorf("checked %d times in six hours of failures, want every hour", got)
	}
	b.read(workload.Connection)
	before = b.poll.count()
	b.pass(11 * time.Minute)
	if b.poll.count() == before {
		t.Error("a reader did not shorten the back-off")
	}
}

func TestDisabledClusterIsLeftAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.store.clusters[1] = fakeCluster{generation: 1}
	b.read(workload.Connection)
	b.pass(time.Hour)
	if got := b.poll.count(); got != 0 {
		t.Errorf("polled %d times", got)
	}
}

func TestRemovedClusterEndsItsWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.read(workload.Connection)
	b.poll.during = func() { b.store.remove(1) }
	b.work()
	if err := b.values.Invalidate(t.Context(), 1, 2); err != nil {
		t.Error(err)
	}
	if n := b.store.items(); n != 0 {
		t.Errorf("%d items of work are left", n)
	}
}

func TestUnknownErrorsGetACodeAndNoText(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.poll.fail(errors.New("token=hunter2"))
	b.read(nodeMetrics)
	b.work()
	v := b.read(nodeMetrics)
	if diff := cmp.Diff(apperr.Internal, v.Code); diff != "" {
		t.Error(diff)
	}
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// scriptedPoller answers with data or err; during runs inside the poll.
type scriptedPoller struct {
	data   []byte
	err    error
	polls  int
	during func()
}

func (p *scriptedPoller) Poll(context.Context, int64) ([]byte, error) {
	p.polls++
	data, err := p.data, p.err
	if p.during != nil {
		p.during()
	}
	if err != nil {
		return nil, err
	}
	if data == nil {
		data = []byte(`null`)
	}
	return data, nil
}

func (p *scriptedPoller) fail(err error) { p.err = err }
func (p *scriptedPoller) count() int     { return p.polls }
