package workload_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

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
	time.Sleep(d)
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
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { test(newRig(t, change...)) })
}

func TestFirstReadIsAnsweredAtOnceAndThenFollowed(t *testing.T) {
	inBubble(t, func(r *rig) {
		for i := range 1200 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		began := time.Now()
		rows, status := r.read()
		if len(rows) != 0 || status.State != workload.Syncing || !status.AsOf.IsZero() || time.Since(began) != 0 {
			r.t.Errorf("first read: %d rows, %+v", len(rows), status)
		}
		r.settles(time.Second)
		_, status = r.read()
		if status.Synced != 1200 || status.Total != 1200 || status.AsOf.IsZero() {
			r.t.Errorf("progress %d of %d as of %v", status.Synced, status.Total, status.AsOf)
		}
	})
}

func TestChangesArriveAndAreToldAtOnce(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(2 * time.Second)
		before, began := r.notices.count(), time.Now()
		r.cluster.set("web")
		synctest.Wait()
		if rows, _ := r.read(); len(rows) != 1 || r.notices.count() != before+1 || time.Since(began) != 0 {
			r.t.Errorf("after a change: %d rows, %d notices", len(rows), r.notices.count()-before)
		}
		time.Sleep(time.Second)
		r.cluster.remove("web")
		synctest.Wait()
		if rows, _ := r.read(); len(rows) != 0 || r.notices.count() != before+2 {
			r.t.Errorf("after a removal: %d rows, %d notices", len(rows), r.notices.count()-before)
		}
	})
}

func TestBusyKeyIsToldTenTimesASecond(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(2 * time.Second)
		before := r.notices.count()
		for i := range 2000 {
			r.cluster.set(fmt.Sprintf("web-%d", i%50))
			time.Sleep(5 * time.Millisecond)
		}
		r.settles(time.Second)
		if got := r.notices.count() - before; got < 50 || got > 125 {
			r.t.Errorf("%d notices in eleven seconds of changes", got)
		}
		_, status := r.read()
		if last := r.notices.last(); last.Revision != status.Revision.N || last.Topic != "mirror/1/pods/shop" {
			r.t.Errorf("last notice %+v, want revision %d", last, status.Revision.N)
		}
	})
}

func TestFollowingEndsTenMinutesAfterTheLastRead(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		time.Sleep(9 * time.Minute)
		r.cluster.set("late")
		synctest.Wait()
		if rows := r.stored(); len(rows) != 2 {
			r.t.Errorf("after nine minutes: %v", rows)
		}
		time.Sleep(2 * time.Minute)
		r.cluster.set("later")
		time.Sleep(time.Minute)
		status, err := r.store.Status(r.t.Context(), shop())
		if err != nil || status.State != workload.Idle || len(r.stored()) != 2 {
			r.t.Errorf("after twelve minutes: %+v, %v", status, err)
		}
		rows, status := r.read()
		if len(rows) != 2 || status.State != workload.Idle || status.AsOf.IsZero() {
			r.t.Errorf("a read of an idle key: %v, %+v", rows, status)
		}
		r.settles(time.Second)
	})
}

func TestReadsOfTheMirrorWriteAtMostOnceInTenSeconds(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.read()
		_, first := r.read()
		time.Sleep(9 * time.Second)
		if _, status := r.read(); status.WantedUntil != first.WantedUntil {
			r.t.Error("the interest was extended within ten seconds")
		}
		time.Sleep(2 * time.Second)
		if _, status := r.read(); status.WantedUntil == first.WantedUntil {
			r.t.Error("the interest was not extended after ten seconds")
		}
	})
}

func TestFaultsOfWatchesAreMended(t *testing.T) {
	for name, fault := range map[string]func(r *rig){
		"the version expires": func(r *rig) { r.cluster.forget() },
		"the stream ends":     func(r *rig) { r.cluster.breakStreams() },
		"the stream fails": func(r *rig) {
			r.cluster.do(func() { r.cluster.watchErr, r.cluster.broken = apperr.Of(apperr.ClusterServerError), r.cluster.streams })
			time.Sleep(2 * time.Second)
			r.cluster.do(func() { r.cluster.watchErr = nil })
		},
		"the stream is silent": func(r *rig) {
			r.cluster.do(func() { r.cluster.deaf = true })
			r.cluster.set("unheard")
			time.Sleep(time.Second)
			if len(r.stored()) == len(r.cluster.pods) {
				r.t.Error("the stream was not silent")
			}
			r.cluster.mu.Lock() // only a new stream hears
			r.cluster.deaf = false
			r.cluster.mu.Unlock()
		},
		"everything is said twice":    func(r *rig) { r.cluster.repeat(0); r.cluster.repeat(1) },
		"an old change comes late":    func(r *rig) { r.cluster.set("web"); r.cluster.repeat(1) },
		"a change after its removal":  func(r *rig) { r.cluster.swap(func() { r.cluster.set("x") }, func() { r.cluster.remove("x") }) },
		"a removal after the renewal": func(r *rig) { r.cluster.swap(func() { r.cluster.remove("web") }, func() { r.cluster.set("web") }) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.cluster.set("web")
				r.cluster.set("api")
				r.read()
				r.settles(time.Second)
				fault(r)
				r.cluster.set("new")
				r.cluster.remove("api")
				r.settles(6 * time.Minute)
			})
		})
	}
}

func TestBrokenClusterIsNotAskedInATightLoop(t *testing.T) {
	for name, test := range map[string]func(c *podCluster){
		"every watch expires": func(c *podCluster) { c.watchErr = workload.ErrExpired },
		"every watch fails":   func(c *podCluster) { c.watchErr = apperr.Of(apperr.ClusterServerError) },
		"every list fails":    func(c *podCluster) { c.listErr = apperr.Of(apperr.ClusterRefused) },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.cluster.do(func() { test(r.cluster) })
				r.read()
				time.Sleep(5 * time.Minute)
				r.stop()
				if lists := r.cluster.lists; lists < 3 || lists > 60 {
					r.t.Errorf("%d lists in five minutes", lists)
				}
			})
		})
	}
}

func TestUnreachableClusterKeepsItsRowsAndSaysWhy(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		down := apperr.Of(apperr.ClusterTimeout)
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.broken = down, down, r.cluster.streams })
		time.Sleep(100 * time.Millisecond)
		if _, status := r.read(); status.State != workload.Stale || status.Code != apperr.ClusterTimeout {
			r.t.Errorf("when the watch was lost: %s %s", status.State, status.Code)
		}
		time.Sleep(30 * time.Second)
		r.cluster.do(func() { r.cluster.listErr = apperr.Of(apperr.ClusterBreakerOpen) })
		for range 10 {
			time.Sleep(31 * time.Second)
			rows, status := r.read()
			if status.State != workload.Unreachable || status.Code != apperr.ClusterTimeout || len(rows) != 1 {
				r.t.Errorf("while it is down: %s %s, %v", status.State, status.Code, rows)
			}
		}
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr = nil, nil })
		r.settles(2 * time.Minute)
	})
}

func TestListIsReadAgainWhenItsRestExpires(t *testing.T) {
	inBubble(t, func(r *rig) {
		for i := range 100 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		r.cluster.do(func() { r.cluster.expiring = 2 })
		r.read()
		r.settles(10 * time.Second)
		if r.cluster.expiring != 0 {
			r.t.Error("no list was cut off")
		}
	})
}

func TestTooManyObjectsMakeTheKeyIncomplete(t *testing.T) {
	inBubble(t, func(r *rig) {
		for i := range 80 {
			r.cluster.set(fmt.Sprintf("web-%03d", i))
		}
		r.read()
		time.Sleep(10 * time.Second)
		rows, status := r.read()
		if len(rows) != 50 || !status.Incomplete || status.State != workload.Stale || status.Total != 80 {
			r.t.Errorf("%d rows, %+v", len(rows), status)
		}
		for i := range 40 {
			r.cluster.remove(fmt.Sprintf("web-%03d", i))
		}
		for range 60 { // somebody keeps looking until it is listed again
			time.Sleep(10 * time.Second)
			r.read()
		}
		r.settles(time.Second)
	}, func(c *workload.FollowersConfig) { c.MaxItems = 50 })
}

func TestListsThatNeverEndAreRefused(t *testing.T) {
	for name, source := range map[string]listFunc{
		"the same page again": func(token string) workload.Listing[workload.Pod] {
			return workload.Listing[workload.Pod]{Items: []workload.Item[workload.Pod]{podAt("a", 1)}, Next: "again"}
		},
		"empty pages": func(token string) workload.Listing[workload.Pod] {
			return workload.Listing[workload.Pod]{Next: token + "x"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(r *rig) {
				r.read()
				time.Sleep(3 * time.Second)
				_, status := r.read()
				if status.State != workload.Unreachable || status.Code != apperr.ClusterBadResponse {
					r.t.Errorf("state = %s %s", status.State, status.Code)
				}
			}, func(c *workload.FollowersConfig) { c.PodSource = source })
		})
	}
}

func TestLargePagesAreAskedForInHalves(t *testing.T) {
	inBubble(t, func(r *rig) {
		for i := range 700 {
			r.cluster.set(fmt.Sprintf("web-%d", i))
		}
		r.read()
		r.settles(time.Second)
	}, func(c *workload.FollowersConfig) { c.PodSource = smallPages{c.PodSource, 100} })
}

func TestForgottenClusterIsFollowedAnew(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		_, before := r.read()
		if err := r.mirror.Forget(r.t.Context(), 1); err != nil {
			r.t.Fatal(err)
		}
		rows, status := r.read()
		if len(rows) != 0 || status.State != workload.Syncing {
			r.t.Errorf("after it was forgotten: %v, %s", rows, status.State)
		}
		r.settles(time.Minute)
		if _, after := r.read(); after.Revision.Epoch <= before.Revision.Epoch {
			r.t.Error("the revision of before would still be believed")
		}
	})
}

func TestNothingIsKeptOfAClusterThatWasRemoved(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		r.read()
		r.settles(time.Second)
		removed := apperr.Of(apperr.NotFound)
		r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.broken = removed, removed, r.cluster.streams })
		time.Sleep(time.Minute)
		if _, err := r.store.Status(r.t.Context(), shop()); apperr.CodeOf(err) != apperr.NotFound {
			r.t.Errorf("status of a key of a removed cluster: %v", err)
		}
	})
}

func TestSilentWorkerIsNotBelieved(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.read()
		r.settles(time.Second)
		_, status := r.read()
		r.stop()
		if err := r.store.Save(r.t.Context(), status); err != nil { // as a worker that was killed left it
			r.t.Fatal(err)
		}
		if err := r.store.Hold(r.t.Context(), status, time.Now().Add(30*time.Second)); err != nil {
			r.t.Fatal(err)
		}
		if _, status := r.read(); status.State != workload.Live {
			r.t.Errorf("at once: %s", status.State)
		}
		time.Sleep(31 * time.Second)
		if _, status := r.read(); status.State != workload.Stale {
			r.t.Errorf("after half a minute: %s", status.State)
		}
	})
}

func TestReaderIsToldWhatChanged(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("a")
		r.cluster.set("b")
		r.read()
		r.settles(time.Second)
		_, status := r.read()
		r.cluster.set("b")
		r.cluster.remove("a")
		time.Sleep(time.Second)
		changes, err := r.mirror.PodChanges(r.t.Context(), 1, "shop", status.Revision)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(changes.Changed) != 1 || changes.Changed[0].Name != "b" || len(changes.Gone) != 1 || changes.Gone[0].Name != "a" {
			r.t.Errorf("changes = %+v", changes)
		}
		for range 20 { // until deletions are forgotten
			time.Sleep(time.Minute)
			r.read()
		}
		for name, since := range map[string]workload.Revision{
			"another epoch": {Epoch: status.Revision.Epoch - 1, N: status.Revision.N},
			"too old":       status.Revision,
			"the future":    {Epoch: status.Revision.Epoch, N: 1 << 40},
		} {
			changes, err := r.mirror.PodChanges(r.t.Context(), 1, "shop", since)
			if err != nil || !changes.Reload || len(changes.Changed)+len(changes.Gone) != 0 {
				r.t.Errorf("%s: %+v, %v; want to reload", name, changes, err)
			}
		}
	})
}

func TestFiftyWatchesAClusterAndTheRestInTurn(t *testing.T) {
	inBubble(t, func(r *rig) {
		r.cluster.set("web")
		read := func() (live, never int) {
			for i := range 70 {
				_, status, err := r.mirror.Pods(r.t.Context(), 1, fmt.Sprintf("ns-%d", i), workload.Page{})
				if err != nil {
					r.t.Fatal(err)
				}
				if status.State == workload.Live {
					live++
				}
				if status.AsOf.IsZero() {
					never++
				}
			}
			return live, never
		}
		read()
		time.Sleep(time.Minute)
		if live, never := read(); live > 50 || live < 45 || never != 0 {
			r.t.Errorf("%d keys are live and %d were never read", live, never)
		}
	})
}

// TestMirrorEndsAsTheCluster plays random changes and faults, and expects the
// mirror to hold what a fresh list would.
func TestMirrorEndsAsTheCluster(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 15), 1, 40).Draw(rt, "steps")
		names := rapid.SliceOfN(rapid.IntRange(0, 5), len(steps), len(steps)).Draw(rt, "names")
		var got, want map[string]int64
		var state workload.State
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			for i, step := range steps {
				r.play(step, fmt.Sprintf("web-%d", names[i]))
			}
			r.cluster.do(func() { r.cluster.listErr, r.cluster.watchErr, r.cluster.deaf = nil, nil, false })
			r.cluster.breakStreams()
			for range 12 {
				time.Sleep(9 * time.Second)
				r.read()
			}
			synctest.Wait()
			var status workload.Status
			got, status = r.read()
			want, state = maps.Clone(r.cluster.pods), status.State
			r.stop()
		})
		if diff := cmp.Diff(want, got); diff != "" || state != workload.Live {
			rt.Fatalf("%s rows (-cluster +mirror):\n%s", state, diff)
		}
	})
}

func (r *rig) play(step int, name string) {
	c := r.cluster
	switch step {
	case 0, 1, 2, 3:
		c.set(name)
	case 4, 5:
		c.remove(name)
	case 6:
		c.repeat(0)
	case 7:
		c.repeat(2)
	case 8:
		c.swap(func() { c.set(name) }, func() { c.remove(name) })
	case 9:
		c.swap(func() { c.remove(name) }, func() { c.set(name) })
	case 10:
		c.forget()
	case 11:
		c.breakStreams()
	case 12:
		c.do(func() { c.watchErr, c.broken = apperr.Of(apperr.ClusterServerError), c.streams })
	case 13:
		c.do(func() { c.listErr = apperr.Of(apperr.ClusterTimeout) })
	case 14:
		c.do(func() { c.listErr, c.watchErr = nil, nil })
	case 15:
		r.read()
		time.Sleep(700 * time.Millisecond)
	}
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
}

func (l *leases) AcquireFollow(context.Context, string, string, time.Duration) (int64, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.epoch++
	return l.epoch, true, nil
}

func (*leases) RenewFollow(context.Context, string, string, int64, time.Duration) error { return nil }

func (*leases) ReleaseFollow(context.Context, string, string, int64) error { return nil }
