package e2e_test

import (
	"cmp"
	"context"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/secret"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
)

const fleetKind work.Kind = "fleet"

// fleet is the worker half's engine over many registered clusters: the real
// store, queue, runner, waker and cluster clients. An item of work is one call.
type fleet struct {
	db      *store.DB
	clients *kube.Clients
	log     *journal

	mu       sync.Mutex
	targets  map[int64]kube.Target
	steps    map[int64]int           // of a cluster, that run now
	most     map[int64]int           // that ran at once
	drained  map[int64]time.Duration // the longest that a job kept its worker
	finished map[int64]time.Time     // by object
	outcomes map[work.Outcome]int
}

// newFleet starts an engine. Steps beside the call are given by kind.
func newFleet(t *testing.T, cfg store.Config, steps map[work.Kind]work.Step) *fleet {
	t.Helper()
	f := &fleet{
		db: storetest.Open(t, cfg), log: &journal{}, targets: map[int64]kube.Target{}, steps: map[int64]int{}, most: map[int64]int{},
		drained: map[int64]time.Duration{}, finished: map[int64]time.Time{}, outcomes: map[work.Outcome]int{},
	}
	f.clients = kube.NewClients(kube.Config{Guard: kubetest.Guard(), Directory: f, UserAgent: "roadstead/test", Log: f})
	t.Cleanup(f.clients.Close)
	all := map[work.Kind]work.Step{fleetKind: f.step}
	maps.Copy(all, steps)
	log := slog.New(slog.NewTextHandler(f.log, nil))
	runner := work.NewRunner(f.db.Work(), "fleet", all, log)
	runner.StepTimeout = 45 * time.Second
	if steps != nil {
		runner.StepTimeout = time.Second
	}
	runner.Ended = f.ended
	client, err := jobs.New(jobs.Config{Store: f.db, Drainer: timed{runner, f}, Log: log})
	if err == nil {
		err = client.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waking := make(chan error, 1)
	go func() { waking <- work.NewWaker(f.db.Work(), client, log).Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-waking
		stop, over := context.WithTimeout(context.Background(), 20*time.Second)
		defer over()
		if err := client.Stop(stop); err != nil {
			t.Error(err)
		}
	})
	return f
}

// add registers a cluster, or changes its registration.
func (f *fleet) add(id int64, url string, ca []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.targets[id] = kube.Target{
		Cluster: id, Generation: f.targets[id].Generation + 1, APIURL: url, CAPEM: ca, Token: secret.NewValue([]byte(kubetest.Token)),
	}
}

// Generation implements kube.Directory.
func (f *fleet) Generation(_ context.Context, id int64) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.targets[id].Generation, nil
}

// Target implements kube.Directory.
func (f *fleet) Target(_ context.Context, id int64) (kube.Target, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.targets[id], nil
}

// LogCall implements kube.CallLog, as the server does.
func (f *fleet) LogCall(ctx context.Context, call kube.Call) { work.Heard(ctx, call.Code) }

func (f *fleet) step(ctx context.Context, claim work.Claim) (work.Next, error) {
	f.count(claim.Cluster, 1)
	defer f.count(claim.Cluster, -1)
	_, err := kube.Provisioner{Clients: f.clients}.DeleteNamespace(ctx, claim.Cluster, "n"+strconv.FormatInt(claim.Object, 10), "uid")
	if err == nil {
		f.mu.Lock()
		f.finished[claim.Object] = time.Now()
		f.mu.Unlock()
	}
	return work.Done(), err
}

func (f *fleet) count(cluster int64, by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps[cluster] += by
	f.most[cluster] = max(f.most[cluster], f.steps[cluster])
}

func (f *fleet) ended(_ work.Kind, outcome work.Outcome, _ time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.outcomes[outcome]++
}

// timed notes how long jobs keep their workers.
type timed struct {
	*work.Runner

	fleet *fleet
}

// Drain implements jobs.Drainer.
func (d timed) Drain(ctx context.Context, slot work.Slot) (bool, error) {
	began := time.Now()
	more, err := d.Runner.Drain(ctx, slot)
	d.fleet.mu.Lock()
	defer d.fleet.mu.Unlock()
	d.fleet.drained[slot.Cluster] = max(d.fleet.drained[slot.Cluster], time.Since(began))
	return more, err
}

// object is the id of an item of a cluster.
func object(cluster int64, number int) int64 { return cluster*100_000 + int64(number) }

// schedule makes so many items of each cluster due, from is the first number.
func (f *fleet) schedule(t *testing.T, from, items int, clusters ...int64) {
	t.Helper()
	for _, id := range clusters {
		f.scheduleKind(t, fleetKind, id, from, items)
	}
}

func (f *fleet) scheduleKind(t *testing.T, kind work.Kind, cluster int64, from, items int) {
	t.Helper()
	err := f.db.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) error {
		for i := range items {
			if err := tx.Schedule(t.Context(), work.Ref{Kind: kind, Object: object(cluster, from+i), Cluster: cluster}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// row reads one number of the database.
func (f *fleet) row(t *testing.T, query string) (n int64) {
	t.Helper()
	sqlite, postgres := f.db.Handles()
	var err error
	if postgres != nil {
		err = postgres.QueryRow(t.Context(), query).Scan(&n)
	} else {
		err = sqlite.QueryRowContext(t.Context(), query).Scan(&n)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waits returns the sorted times from began to the end of each item, once all
// have ended.
func (f *fleet) waits(t *testing.T, limit time.Duration, began time.Time, from, items int, clusters ...int64) []time.Duration {
	t.Helper()
	var waits []time.Duration
	eventually(t, limit, func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		waits = waits[:0]
		for _, id := range clusters {
			for i := range items {
				at, ok := f.finished[object(id, from+i)]
				if !ok {
					return &missingError{id, i}
				}
				waits = append(waits, at.Sub(began))
			}
		}
		return nil
	})
	slices.Sort(waits)
	return waits
}

type missingError struct {
	cluster int64
	item    int
}

func (e *missingError) Error() string {
	return "item " + strconv.Itoa(e.item) + " of cluster " + strconv.FormatInt(e.cluster, 10) + " has not ended"
}

// percentile of sorted times.
func percentile(sorted []time.Duration, p int) time.Duration { return sorted[(len(sorted)-1)*p/100] }

// deadAddress accepts connections and never says a word.
func deadAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			open.Go(func() {
				defer conn.Close()
				_, _ = io.Copy(io.Discard, conn) // until the caller gives up
			})
		}
	})
	t.Cleanup(func() { _ = listener.Close() })
	return "https://" + listener.Addr().String()
}

// full reports whether the longest loops run whole.
func full() bool { return os.Getenv("ROADSTEAD_TEST_FULL") != "" }

// journal is a log that tests read.
type journal struct {
	mu   sync.Mutex
	text []byte
}

// Write implements io.Writer.
func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text = append(j.text, p...)
	return len(p), nil
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return string(j.text)
}

// fleetDatabases picks the databases of a test: both in a full run, else one.
func fleetDatabases(t *testing.T) map[string]func(t testing.TB) store.Config {
	t.Helper()
	all := storetest.Databases()
	if full() {
		return all
	}
	name := [...]string{"sqlite", "postgres"}[rand.New(rand.NewPCG(testSeed(t), 2)).IntN(2)]
	return map[string]func(t testing.TB) store.Config{name: all[name]}
}

// testSeed is the seed of a sampled run, which the log tells.
func testSeed(t *testing.T) uint64 {
	t.Helper()
	seed, err := strconv.ParseUint(cmp.Or(os.Getenv("ROADSTEAD_TEST_SEED"), "0"), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("ROADSTEAD_TEST_SEED=%d", seed)
	return seed
}
