package storetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/workload"
)

// The setting of the benchmarks: a hundred clusters of ten thousand pods, pages
// asked for at a steady rate, and changes written beside them.
const (
	benchClusters = 100
	benchPods     = 10_000
	benchRate     = 50 // pages a second
	benchChanges  = 1_000
	benchFor      = 10 * time.Second
	benchBatch    = 500
)

// BenchmarkMirrorPages reads pages of a hundred over HTTP while the mirror
// changes, next to a handler that sends the same bytes from memory.
func BenchmarkMirrorPages(b *testing.B) {
	m, err := store.OpenMirror(b.Context(), filepath.Join(b.TempDir(), "mirror.db"), "")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	keys := make([]workload.Status, benchClusters)
	began := time.Now()
	for i := range keys {
		keys[i] = benchFill(b, m, int64(i+1))
	}
	b.Logf("filled %d rows in %v", benchClusters*benchPods, time.Since(began).Round(time.Millisecond))
	pages := map[string]workload.Page{
		"name":      {After: workload.Ref{Namespace: "ns-5", Name: "pod-05000"}, Limit: 100},
		"namespace": {Namespace: "ns-5", Limit: 100},
		"label":     {App: "app-3", Limit: 100},
	}
	for name, page := range pages {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				stop := benchBusy(b, m, keys)
				benchPages(b, m, keys, page)
				stop()
			}
		})
	}
	b.Run("during_a_fill", func(b *testing.B) {
		for b.Loop() {
			ctx, cancel := context.WithCancel(b.Context())
			var filling sync.WaitGroup
			filling.Go(func() {
				for i := int64(1); ctx.Err() == nil; i++ {
					benchFill(b, m, benchClusters+i%3+1)
				}
			})
			benchPages(b, m, keys, pages["name"])
			cancel()
			filling.Wait()
		}
	})
	b.Run("first_ever_read", func(b *testing.B) {
		mirror := &workload.Mirror{Keys: m, Pod: m.Pods, Deployment: m.Deployments, Now: time.Now}
		stop := benchBusy(b, m, keys)
		defer stop()
		var took []time.Duration
		for i := range int64(200) {
			began := time.Now()
			if _, _, err := mirror.Pods(b.Context(), 10_000+i, "shop", workload.Page{}); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		benchReport(b, "", took)
	})
}

// benchPages asks for pages at a steady rate and reports how long they take,
// counted from when each was due.
func benchPages(b *testing.B, m *store.Mirror, keys []workload.Status, page workload.Page) {
	b.Helper()
	rows := func(ctx context.Context) ([]workload.Pod, error) {
		return m.Pods.Page(ctx, keys[rand.IntN(len(keys))].ID, page)
	}
	sample, err := rows(b.Context())
	if err != nil || len(sample) != 100 {
		b.Fatalf("%d rows, %v", len(sample), err)
	}
	body, err := json.Marshal(sample)
	if err != nil {
		b.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/mirror", func(w http.ResponseWriter, r *http.Request) {
		found, err := rows(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(found)
	})
	mux.HandleFunc("/memory", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) })
	server := httptest.NewServer(mux)
	defer server.Close()
	benchReport(b, "ref-", benchRequests(b, server.URL+"/memory"))
	benchReport(b, "", benchRequests(b, server.URL+"/mirror"))
}

func benchRequests(b *testing.B, url string) []time.Duration {
	b.Helper()
	var mu sync.Mutex
	var took []time.Duration
	var asking sync.WaitGroup
	tick := time.NewTicker(time.Second / benchRate)
	defer tick.Stop()
	for end := time.Now().Add(benchFor); time.Now().Before(end); {
		due := <-tick.C
		asking.Go(func() {
			response, err := http.Get(url)
			if err != nil {
				b.Error(err)
				return
			}
			_, err = io.Copy(io.Discard, response.Body)
			if err != nil || response.StatusCode != http.StatusOK {
				b.Errorf("%s: %v", response.Status, err)
			}
			_ = response.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			took = append(took, time.Since(due))
		})
	}
	asking.Wait()
	return took
}

func benchReport(b *testing.B, prefix string, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	ms := func(q float64) float64 { return took[int(q*float64(len(took)-1))].Seconds() * 1000 }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(ms(0.5), prefix+"p50-ms")
	b.ReportMetric(ms(0.99), prefix+"p99-ms")
}

// benchBusy writes changes of a tenth of the clusters until it is stopped.
func benchBusy(b *testing.B, m *store.Mirror, keys []workload.Status) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var busy sync.WaitGroup
	followers := len(keys) / 10
	for f := range followers {
		busy.Go(func() {
			status := keys[f]
			tick := time.NewTicker(time.Second * time.Duration(followers) / benchChanges)
			defer tick.Stop()
			for n := time.Now().UnixNano(); ctx.Err() == nil; n++ {
				<-tick.C
				status.Revision.N = n
				item := benchPod(rand.IntN(benchPods), n)
				batch := workload.Batch[workload.Pod]{Mark: 1, Items: []workload.Item[workload.Pod]{item}}
				if err := m.Pods.Write(b.Context(), status, batch); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	return func() {
		cancel()
		busy.Wait()
	}
}

// benchFill lists a whole cluster into the mirror.
func benchFill(b *testing.B, m *store.Mirror, cluster int64) workload.Status {
	b.Helper()
	key := workload.Key{Cluster: cluster, Kind: workload.Pods, Scope: workload.AllNamespaces}
	if _, err := m.Want(b.Context(), key, time.Now().Add(time.Hour)); err != nil {
		b.Error(err)
	}
	status, err := m.Begin(b.Context(), key, time.Now().UnixNano(), time.Now().Add(time.Minute))
	if err != nil {
		b.Error(err)
		return status
	}
	for from := 0; from < benchPods; from += benchBatch {
		batch := workload.Batch[workload.Pod]{Mark: 1, Fill: true}
		for i := from; i < from+benchBatch; i++ {
			status.Revision.N++
			batch.Items = append(batch.Items, benchPod(i, status.Revision.N))
		}
		if err := m.Pods.Write(b.Context(), status, batch); err != nil {
			b.Error(err)
		}
	}
	return status
}

func benchPod(i int, n int64) workload.Item[workload.Pod] {
	item := pod(fmt.Sprintf("ns-%d", i%20), fmt.Sprintf("pod-%05d", i), n, n)
	item.Row.App = fmt.Sprintf("app-%d", i%50)
	item.Row.Restarts = 0
	return item
}
