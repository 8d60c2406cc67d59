package workload_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

// rig is one cluster that is mirrored into a real SQLite file by a real
// supervisor. It lives in a bubble of synctest, where time passes at once.
type rig struct {
	t       testing.TB
	cluster *podCluster
	mirror  *workload.Mirror
	store   *store.Mirror
	notices *notices
	stop    func()
}

func newRig(t testing.TB, change ...func(*workload.FollowersConfig)) *rig {
	t.Helper()
	m, err := store.OpenMirror(t.Context(), filepath.Join(t.TempDir(), "mirror.db"), "")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, cluster: newPodCluster(), store: m, notices: &notices{}}
	config := workload.FollowersConfig{
		Keys: m, Pod: m.Pods, Deployment: m.Deployments, PodSource: r.cluster,
		Notices: r.notices, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&config)
	}
	followers := workload.NewFollowers(config)
	supervisor := work.NewSupervisor(&leases{}, "worker", config.Log, followers)
	r.mirror = &workload.Mirror{Keys: m, Pod: m.Pods, Deployment: m.Deployments, Now: time.Now, Poke: supervisor.Poke}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = supervisor.Run(ctx) })
	running.Go(func() { _ = followers.Run(ctx) })
	r.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
	t.Cleanup(func() {
		r.stop()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// elapse lets time pass.
func elapse(d time.Duration) { <-time.After(d) }

// read returns the rows by name and version, and the status.
func (r *rig) read() (map[string]int64, workload.Status) {
	r.t.Helper()
	rows := map[string]int64{}
	var status workload.Status
	for after := (workload.Ref{}); ; {
		page, s, err := r.mirror.Pods(r.t.Context(), 1, "shop", workload.Page{After: after, Limit: workload.MaxPage})
		if err != nil {
			r.t.Fatal(err)
		}
		status = s
		for _, p := range page {
			rows[p.Name] = int64(p.Restarts)
			after = workload.Ref{Namespace: p.Namespace, Name: p.Name}
		}
		if len(page) < workload.MaxPage {
			return rows, status
		}
	}
}

// settles lets time pass and then expects what the cluster holds, live.
func (r *rig) settles(d time.Duration) {
	r.t.Helper()
	elapse(d)
	synctest.Wait()
	rows, status := r.read()
	if diff := cmp.Diff(r.cluster.pods, rows); diff != "" {
		r.t.Errorf("rows (-cluster +mirror):\n%s", diff)
	}
	if status.State != workload.Live || status.Code != "" {
		r.t.Errorf("state = %s %s, want live", status.State, status.Code)
	}
}

func inBubble(t *testing.T, test func(r *rig), change ...func(*workload.FollowersConfig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, change...)) })
}

func shop() workload.Key { return workload.Key{Cluster: 1, Kind: workload.Pods, Scope: "shop"} }

// stored reads the rows without extending the interest.
func (r *rig) stored() []workload.Pod {
	r.t.Helper()
	status, err := r.store.Status(r.t.Context(), shop())
	if err != nil {
		r.t.Fatal(err)
	}
	pods, err := r.store.Pods.Page(r.t.Context(), status.ID, workload.Page{Limit: workload.MaxPage})
	if err != nil {
		r.t.Fatal(err)
	}
	return pods
}

// listFunc is a source that lists by a function and cannot watch.
type listFunc func(token string) workload.Listing[workload.Pod]

func (l listFunc) List(_ context.Context, _ workload.Key, token string, _ int) (workload.Listing[workload.Pod], error) {
	return l(token), nil
}

func (listFunc) Watch(context.Context, workload.Key, string, func(workload.Event[workload.Pod]) error) error {
	return errors.New("not reached")
}

// smallPages refuses pages that are larger than limit.
type smallPages struct {
	workload.Source[workload.Pod]
	limit int
}

func (s smallPages) List(
	ctx context.Context, key workload.Key, token string, limit int,
) (workload.Listing[workload.Pod], error) {
	if limit > s.limit {
		return workload.Listing[workload.Pod]{}, apperr.Of(apperr.ClusterResponseTooLarge)
	}
	return s.Source.List(ctx, key, token, limit)
}

type notices struct {
	mu  sync.Mutex
	all []event.Notice
}

func (n *notices) Publish(_ context.Context, some ...event.Notice) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, some...)
}

func (n *notices) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.all)
}

func (n *notices) last() event.Notice {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.all[len(n.all)-1]
}

// leases gives every key to whoever asks, with an epoch that rises.
type leases struct {
	mu    sync.Mutex
	epoch int64
	held  map[string]int64
}

func (l *leases) AcquireFollow(_ context.Context, key, _ string, _ time.Duration) (int64, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held == nil {
		l.held = map[string]int64{}
	}
	l.epoch++
	l.held[key] = l.epoch
	return l.epoch, true, nil
}

func (l *leases) RenewFollows(context.Context, string, time.Duration) (map[string]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.held), nil
}

func (*leases) ReleaseFollow(context.Context, string, string, int64) error { return nil }
