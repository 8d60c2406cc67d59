package kube_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// footprint is what the process holds. Sockets are those of the stubs as well: two for each connection.
type footprint struct {
	goroutines, sockets int
	heap                int64
}

func footprintNow(t *testing.T) footprint {
	t.Helper()
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f := footprint{goroutines: runtime.NumGoroutine(), heap: int64(m.HeapAlloc)}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if to, err := os.Readlink("/proc/self/fd/" + file.Name()); err == nil && strings.HasPrefix(to, "socket:") {
			f.sockets++
		}
	}
	return f
}

func (f footprint) String() string {
	return fmt.Sprintf("%d goroutines, %d sockets, %d KiB", f.goroutines, f.sockets, f.heap>>10)
}

// backTo waits until no more goroutines run and no more sockets are open than before. Memory is printed only: the stub
// and the collector keep some of it in their own time.
func (f footprint) backTo(t *testing.T) footprint {
	t.Helper()
	var now footprint
	defer func() {
		if t.Failed() {
			t.Logf("still held: %s", now)
		}
	}()
	eventually(t, "everything to be given back", func() bool {
		now = footprintNow(t)
		return now.goroutines <= f.goroutines+3 && now.sockets <= f.sockets
	})
	return now
}

// many makes clients of so many clusters, each used a little, by several at a time.
func many(t *testing.T, clusters int, use func(ctx context.Context, id int64) error) {
	t.Helper()
	ids := make(chan int64)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for id := range ids {
				if err := use(t.Context(), id); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for id := range clusters {
		ids <- int64(id)
	}
	close(ids)
	wg.Wait()
}

//nolint:paralleltest // it counts what the process holds
func TestThousandClientsLeaveNothing(t *testing.T) {
	clusters := 100
	if full() {
		clusters = 1000
	}
	s := kubetest.NewServer(t)
	s.Answer("POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews", kubetest.Status(403, "Forbidden", "none")) // the short way
	d := &directory{targets: map[int64]kube.Target{}}
	for id := range int64(clusters) {
		d.set(target(s, id, 1))
	}
	h := &hands{now: time.Unix(0, 0)}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: d, Now: h.clock})
	t.Cleanup(clients.Close)
	version := func(ctx context.Context, id int64) error {
		c, err := clients.For(ctx, id)
		if err != nil {
			return err
		}
		_, err = c.Version(ctx)
		return err
	}
	many(t, 10, version) // what is made once
	clients.Close()
	before := footprintNow(t)
	t.Logf("before: %s", before)

	many(t, clusters, version)
	t.Logf("%d clients in use: %s", clusters, footprintNow(t))
	clients.Close()
	t.Logf("closed: %s", before.backTo(t))

	many(t, clusters, version)
	h.pass(2 * time.Minute)
	if err := version(t.Context(), 0); err != nil { // any use sweeps
		t.Fatal(err)
	}
	clients.Drop(0)
	t.Logf("idle for two minutes: %s", before.backTo(t))

	many(t, clusters/10, func(ctx context.Context, id int64) error {
		if _, err := (kube.Prober{Clients: clients}).Poll(ctx, id); apperr.CodeOf(err) != apperr.ClusterForbidden {
			return fmt.Errorf("poll: %w", err)
		}
		return nil
	})
	t.Logf("checked once: %s", before.backTo(t))
}

// TestBadClustersAmongManyCostLittle has 200 clusters, of which a tenth accepts connections and never answers, and a
// tenth answers at a byte a moment. A minute's traffic is made in a few seconds.
//
//nolint:paralleltest // it counts what the process holds
func TestBadClustersAmongManyCostLittle(t *testing.T) {
	const clusters, rounds, patience = 200, 2, 2 * time.Second
	good, slow := kubetest.NewServer(t), kubetest.NewServer(t)
	slow.Answer("*", kubetest.Drip(50*time.Millisecond))
	dead, err := net.Listen("tcp", "127.0.0.1:0") // the system accepts; nobody reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dead.Close() })
	d := &directory{targets: map[int64]kube.Target{}}
	for id := range int64(clusters) {
		to := target(good, id, 1)
		switch id % 10 {
		case 3:
			to.APIURL = "https://" + dead.Addr().String()
		case 7:
			to = target(slow, id, 1)
		}
		d.set(to)
	}
	clients := kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: d})
	t.Cleanup(clients.Close)
	before := footprintNow(t)
	began := time.Now()
	var mu sync.Mutex
	codes, slowest := map[apperr.Code]int{}, time.Duration(0)
	for range rounds {
		many(t, clusters, func(ctx context.Context, id int64) error {
			ctx, cancel := context.WithTimeout(ctx, patience)
			defer cancel()
			began := time.Now()
			err := useOnce(ctx, clients, id)
			mu.Lock()
			defer mu.Unlock()
			codes[apperr.CodeOf(err)]++
			slowest = max(slowest, time.Since(began))
			return nil
		})
	}
	busy := footprintNow(t)
	t.Logf("%d calls to %d clusters in %s, the slowest %s: %v", clusters*rounds, clusters, time.Since(began).Round(time.Millisecond),
		slowest.Round(time.Millisecond), codes)
	t.Logf("before: %s; after: %s", before, busy)
	logProfile(t, "goroutine")
	logProfile(t, "heap")
	if slowest > 5*patience {
		t.Errorf("a call took %s, and had %s", slowest, patience)
	}
	if n := codes[""]; n < clusters*8/10*rounds*9/10 {
		t.Errorf("only %d of %d calls to good clusters went well", n, clusters*8/10*rounds)
	}
	// A connection costs a goroutine here and a few at the stub; its buffers and keys a few hundred KiB at most.
	if more := busy.goroutines - before.goroutines; more > 12*clusters {
		t.Errorf("%d goroutines more", more)
	}
	if more := busy.heap - before.heap; more > 64<<20 {
		t.Errorf("%d MiB more", more>>20)
	}
	clients.Close()
	t.Logf("closed: %s", footprintNow(t))
}

func useOnce(ctx context.Context, clients *kube.Clients, id int64) error {
	c, err := clients.For(ctx, id)
	if err != nil {
		return err
	}
	return c.Page(ctx, &corev1.PodList{}, kube.ListOptions{})
}

// logProfile prints the head of a profile.
func logProfile(t *testing.T, name string) {
	t.Helper()
	var out bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&out, 1); err != nil {
		t.Fatal(err)
	}
	const lines = 12
	t.Logf("%s profile:\n%s", name, strings.Join(strings.SplitN(out.String(), "\n", lines+1)[:lines], "\n"))
}
