package kube_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/workload"
)

// unruly is a cluster of pods that change, whose watches break as a die falls until it is healed.
type unruly struct {
	t       *testing.T
	server  *kubetest.Server
	objects *kubetest.Objects
	healed  chan struct{}

	mu     sync.Mutex
	random *rand.Rand
	deck   []int          // the faults to come
	pods   map[string]int // name to restarts, which every change sets to another number
	turn   int
	faults map[string]int
}

func newUnruly(t *testing.T, random *rand.Rand) *unruly {
	t.Helper()
	u := &unruly{
		t: t, server: kubetest.NewServer(t), objects: kubetest.NewObjects(), healed: make(chan struct{}),
		random: random, pods: map[string]int{}, faults: map[string]int{},
	}
	u.server.Answer("*", u.objects.Answer)
	u.server.Answer("WATCH "+shopPods, u.watch)
	return u
}

// change adds, changes or removes a pod.
func (u *unruly) change() {
	u.mu.Lock()
	defer u.mu.Unlock()
	name := fmt.Sprint("web-", u.random.IntN(12))
	if _, ok := u.pods[name]; ok && u.random.IntN(3) == 0 {
		delete(u.pods, name)
		u.objects.Remove(shopPods, name)
		return
	}
	u.turn++
	u.pods[name] = u.turn
	u.objects.Put(shopPods, name, map[string]any{"status": map[string]any{
		"containerStatuses": []any{map[string]any{"name": "main", "restartCount": u.turn}},
	}})
}

func (u *unruly) want() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return maps.Clone(u.pods)
}

// watch answers one connection.
func (u *unruly) watch(w http.ResponseWriter, r *http.Request) {
	select {
	case <-u.healed:
		u.objects.Answer(w, r)
		return
	default:
	}
	answer, life := u.draw()
	ctx, cancel := context.WithTimeout(r.Context(), life)
	defer cancel()
	go func() {
		select {
		case <-u.healed:
			cancel()
		case <-ctx.Done():
		}
	}()
	answer(w, r.WithContext(ctx))
}

// draw deals the next fault, all of them in an order of chance before one comes again, and how long it lasts.
func (u *unruly) draw() (answer kubetest.Answer, life time.Duration) {
	faults := []struct {
		name   string
		answer kubetest.Answer
	}{
		{"410", kubetest.Status(http.StatusGone, "Expired", marker)},
		{"410 as an event", kubetest.LastEvents(failure(u.t, http.StatusGone, metav1.StatusReasonExpired))},
		{"500 as an event", kubetest.LastEvents(failure(u.t, http.StatusInternalServerError, metav1.StatusReasonInternalError))},
		{"silence", kubetest.Events()},
		{"scrambled", u.scrambled},
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.deck) == 0 {
		u.deck = u.random.Perm(len(faults))
	}
	next := faults[u.deck[0]]
	u.deck = u.deck[1:]
	u.faults[next.name]++
	return next.answer, time.Duration(200+u.random.IntN(600)) * time.Millisecond
}

// scrambled sends what changed in any order and some of it again, with bookmarks from the past between.
func (u *unruly) scrambled(w http.ResponseWriter, r *http.Request) {
	seen, _ := strconv.ParseInt(r.URL.Query().Get("resourceVersion"), 10, 64)
	for {
		events, now, changed := u.objects.Since(shopPods, seen)
		again, _, _ := u.objects.Since(shopPods, max(0, seen-5))
		u.mu.Lock()
		if len(again) > 0 && seen > 0 {
			events = append(events, again[u.random.IntN(len(again))])
		}
		u.random.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
		u.mu.Unlock()
		if len(events) > 0 {
			events = append(events, event(u.t, "BOOKMARK", "", strconv.FormatInt(max(1, seen-3), 10)))
		}
		kubetest.LastEvents(events...)(w, r)
		seen = now
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
	}
}

// lists counts the lists that the server was asked for.
func (u *unruly) lists() (n int) {
	for _, r := range u.server.Requests() {
		if r.Method == http.MethodGet && r.Path == shopPods && !isWatchQuery(r.Query) {
			n++
		}
	}
	return n
}

func isWatchQuery(query string) bool {
	values, err := http.NewRequest(http.MethodGet, "/?"+query, nil)
	return err == nil && values.URL.Query().Get("watch") == "true"
}

// TestMirrorEndsAsTheClusterAfterWatchFaults lets watches expire, fail, fall silent, repeat, reorder and go back in
// time while pods change. Once the watches behave, the mirror must equal a fresh list within ten seconds, and the
// cluster must not have been asked for more than a list a second.
//
//nolint:tparallel // the one subtest tells the seed
func TestMirrorEndsAsTheClusterAfterWatchFaults(t *testing.T) {
	t.Parallel()
	rounds := 1
	if full() {
		rounds = 6
	}
	for range rounds {
		seeded(t, func(t *testing.T, random *rand.Rand) { playFaults(t, newUnruly(t, random)) })
	}
}

func playFaults(t *testing.T, u *unruly) {
	t.Helper()
	mirror := followReal(t, &kubetest.Cluster{APIURL: u.server.URL, CA: u.server.CA, Token: kubetest.Token})
	got := func() (map[string]int, workload.State) {
		rows, status, err := mirror.Pods(t.Context(), 7, "shop", workload.Page{Limit: workload.MaxPage})
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]int{}
		for _, p := range rows {
			found[p.Name] = p.Restarts
		}
		return found, status.State
	}
	const faulty, healing = 7 * time.Second, 10 * time.Second
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for time.Since(began) < faulty {
		u.change()
		got() // somebody is looking
		<-tick.C
	}
	close(u.healed)
	u.change()
	mended := time.Now()
	for {
		rows, state := got()
		if diff := cmp.Diff(u.want(), rows); diff == "" && state == workload.Live {
			break
		} else if time.Since(mended) > healing {
			t.Fatalf("%s after the faults the mirror is %s (-cluster +mirror):\n%s", healing, state, diff)
		}
		<-tick.C
	}
	took := time.Since(mended)
	lists, seconds := u.lists(), time.Since(began).Seconds()
	t.Logf("faults %v; equal and live %s after the last; %d lists in %.1f s", u.faults, took.Round(time.Millisecond), lists, seconds)
	if float64(lists) > seconds+1 {
		t.Errorf("%d lists in %.1f s", lists, seconds)
	}
}

// TestNobodyAsksForStaleAnswers: an API server answers from a cache, which may be old, only whom it was told that
// this is fine, by a resource version of 0. A watch names the version of the list before it.
func TestNobodyAsksForStaleAnswers(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	clients, _ := clientsOf(t, target(s, 7, 1))
	for name, do := range operations() {
		s.Stub(name)
		if err := do(t.Context(), clients); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, r := range s.Requests() {
		asked, err := http.NewRequest(r.Method, "/?"+r.Query, nil)
		if err != nil {
			t.Fatal(err)
		}
		query := asked.URL.Query()
		if query.Has("resourceVersionMatch") || query.Has("resourceVersion") && query.Get("watch") != "true" {
			t.Errorf("%s %s?%s may be answered from the past", r.Method, r.Path, r.Query)
		}
	}
	t.Logf("%d requests of %d operations", len(s.Requests()), len(operations()))
}

// TestMirrorDeletesNothingOnAStaleList has a server forget the version of a watch, and answer the list that follows
// from a cache that has not heard of the latest pods. Whoever looks must see them all the time.
func TestMirrorDeletesNothingOnAStaleList(t *testing.T) {
	t.Parallel()
	s, objects := kubetest.NewServer(t), kubetest.NewObjects()
	s.Answer("*", objects.Answer)
	objects.Put(shopPods, "old", nil)
	past := objectsOf(objects)
	objects.Put(shopPods, "new", nil)
	expire := make(chan struct{})
	s.Answer("WATCH "+shopPods, kubetest.Then(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-expire:
				cancel()
			case <-ctx.Done():
			}
		}()
		objects.Answer(w, r.WithContext(ctx))
	}, kubetest.Status(http.StatusGone, "Expired", marker), objects.Answer))
	mirror := followReal(t, &kubetest.Cluster{APIURL: s.URL, CA: s.CA, Token: kubetest.Token})
	look := func() (int, workload.Status) {
		rows, status, err := mirror.Pods(t.Context(), 7, "shop", workload.Page{})
		if err != nil {
			t.Fatal(err)
		}
		return len(rows), status
	}
	eventually(t, "both pods are live", func() bool { n, status := look(); return n == 2 && status.State == workload.Live })

	listed := make(chan struct{})
	stale, _ := kubetest.FromCall(3, objects.Answer, past)
	s.Answer("GET "+shopPods, func(w http.ResponseWriter, r *http.Request) {
		stale(w, r)
		select {
		case listed <- struct{}{}:
		case <-time.After(time.Millisecond):
		}
	})
	close(expire)
	looks, missing := 0, 0
	var asOf time.Time
	eventually(t, "the mirror is live again", func() bool {
		n, status := look()
		if looks++; n != 2 {
			missing++
		}
		if asOf = status.AsOf; asOf.IsZero() || time.Since(asOf) > time.Minute {
			t.Errorf("as of %s", asOf)
		}
		return looks > 20 && status.State == workload.Live
	})
	t.Logf("looked %d times, a pod was missing %d times; as of %s ago", looks, missing, time.Since(asOf).Round(time.Millisecond))
	if missing > 0 {
		t.Errorf("a pod that the cluster has was missing %d of %d times", missing, looks)
	}
}

// objectsOf answers with what the objects are now, for ever.
func objectsOf(o *kubetest.Objects) kubetest.Answer {
	names := make([]string, 0)
	for name := range o.Versions(shopPods) {
		names = append(names, name)
	}
	return kubetest.Listed(names...)
}
