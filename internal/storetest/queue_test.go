package storetest_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/telemetry"
	"github.com/roadstead/roadstead/internal/work"
	"github.com/roadstead/roadstead/internal/workload"
)

// startWorker runs steps on the store as one process would, and stops at the
// end of the test.
func startWorker(t *testing.T, db *store.DB, owner string, steps map[work.Kind]work.Step) *jobs.Client {
	t.Helper()
	client, err := jobs.New(jobs.Config{
		Store: db, Drainer: work.NewRunner(db.Work(), owner, steps, storetest.Log(t)), Log: storetest.Log(t),
	})
	check(t, err)
	check(t, client.Start(t.Context()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		check(t, client.Stop(ctx))
	})
	return client
}

// eventually waits until what holds.
func eventually(t *testing.T, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(limit)
	for !holds() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-deadline:
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

// moment waits for a random part of limit, so that rounds do not fall in step.
func moment(limit time.Duration) { <-time.After(rand.N(limit)) }

// TestNoWakeUpIsLost schedules the same few items from many sides while they
// are being drained, without a waker: each wake-up must be followed by a run.
func TestNoWakeUpIsLost(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			w := world{DB: db}
			const items, sides, rounds = 6, 8, 40
			var asked, seen [items]atomic.Int64
			step := func(_ context.Context, claim work.Claim) (work.Next, error) {
				seen[claim.Object].Store(asked[claim.Object].Load())
				return work.Done(), nil
			}
			workers := 1
			if _, postgres := db.Handles(); postgres != nil {
				workers = 2
			}
			for i := range workers {
				startWorker(t, db, string(rune('a'+i)), map[work.Kind]work.Step{"test": step})
			}
			var wait sync.WaitGroup
			for range sides {
				wait.Go(func() {
					for range rounds {
						object := rand.Int64N(items)
						asked[object].Add(1)
						w.schedule(t, work.Ref{Kind: "test", Object: object, Cluster: 1})
						moment(8 * time.Millisecond)
					}
				})
			}
			wait.Wait()
			for i := range items {
				eventually(t, 5*time.Second, "the last wake-up is followed by a run", func() bool {
					return seen[i].Load() == asked[i].Load()
				})
			}
			eventually(t, 5*time.Second, "no job is left", func() bool { return countJobs(t, db) == 0 })
		})
	}
}

// lateCaller is a drainer that is followed by a call once it has found nothing
// more to do.
type lateCaller struct {
	*work.Runner

	call func()
}

func (d lateCaller) Drain(ctx context.Context, slot work.Slot) (bool, error) {
	more, err := d.Runner.Drain(ctx, slot)
	d.call()
	return more, err
}

// TestWakeUpAfterTheLastLook schedules an item when its drain has looked for
// the last time and its job, still running, keeps another one from being made.
func TestWakeUpAfterTheLastLook(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			w := world{DB: db}
			var runs atomic.Int64
			runner := work.NewRunner(db.Work(), "worker", map[work.Kind]work.Step{
				"test": func(context.Context, work.Claim) (work.Next, error) {
					runs.Add(1)
					return work.Done(), nil
				},
			}, storetest.Log(t))
			var once sync.Once
			client, err := jobs.New(jobs.Config{
				Store: db, Log: storetest.Log(t),
				Drainer: lateCaller{runner, func() { once.Do(func() { w.schedule(t, item(1)) }) }},
			})
			check(t, err)
			check(t, client.Start(t.Context()))
			w.schedule(t, item(1))
			eventually(t, 5*time.Second, "the late wake-up is followed by a run", func() bool { return runs.Load() == 2 })
			check(t, client.Stop(t.Context()))
		})
	}
}

func TestDrainCarriesTheCorrelation(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			ran := make(chan string, 1)
			startWorker(t, db, "worker", map[work.Kind]work.Step{
				"test": func(ctx context.Context, _ work.Claim) (work.Next, error) {
					ran <- telemetry.Correlation(ctx)
					return work.Done(), nil
				},
			})
			ctx := telemetry.WithCorrelation(t.Context(), "REQUEST")
			check(t, db.Values().Atomically(ctx, func(tx workload.ValueTx) error { return tx.Schedule(ctx, item(1)) }))
			select {
			case got := <-ran:
				if got != "REQUEST" {
					t.Errorf("correlation %q", got)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the item was not run")
			}
		})
	}
}

// TestStopHandsWorkBack stops a worker in the middle of a step.
func TestStopHandsWorkBack(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			w := world{DB: db}
			began := make(chan struct{})
			client := startWorker(t, db, "worker", map[work.Kind]work.Step{
				"test": func(ctx context.Context, _ work.Claim) (work.Next, error) {
					close(began)
					<-ctx.Done()
					return work.Next{}, ctx.Err()
				},
			})
			w.schedule(t, item(1))
			<-began
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			check(t, client.Stop(ctx))
			claim := w.claim(t, item(1), "next", time.Minute)
			if claim.Unsettled != 0 {
				t.Errorf("the item counts %d claims that ended without a word", claim.Unsettled)
			}
		})
	}
}

// TestWorkOfADeadProcessGoesOn leaves a claim and a running job behind, as a
// process that is killed does.
func TestWorkOfADeadProcessGoesOn(t *testing.T) {
	t.Parallel()
	cfg := storetest.SQLiteConfig(t) // PostgreSQL waits for the lease to run out
	db, err := store.Open(t.Context(), cfg)
	check(t, err)
	w := world{DB: db}
	w.schedule(t, item(1))
	w.claim(t, item(1), "dead", time.Hour)
	if _, ok, err := db.Follows().AcquireFollow(t.Context(), "log/1", "dead", time.Hour); err != nil || !ok {
		t.Fatal(ok, err)
	}
	sqlite, _ := db.Handles()
	_, err = sqlite.ExecContext(t.Context(), "UPDATE river_job SET state = 'running'")
	check(t, err)
	check(t, db.Close())

	db = storetest.Open(t, cfg)
	if _, ok, err := db.Follows().AcquireFollow(t.Context(), "log/1", "new", time.Hour); err != nil || !ok {
		t.Errorf("the follower's lease outlived its process: %t, %v", ok, err)
	}
	ran := make(chan work.Claim, 1)
	client := startWorker(t, db, "new", map[work.Kind]work.Step{
		"test": func(_ context.Context, claim work.Claim) (work.Next, error) {
			ran <- claim
			return work.Done(), nil
		},
	})
	ctx, cancel := context.WithCancel(t.Context())
	waking := make(chan error, 1)
	go func() { waking <- work.NewWaker(db.Work(), client, storetest.Log(t)).Run(ctx) }()
	select {
	case claim := <-ran:
		if claim.Unsettled != 1 {
			t.Errorf("unsettled %d, want 1", claim.Unsettled)
		}
	case <-time.After(10 * time.Second):
		t.Error("the item was not taken up again")
	}
	cancel()
	check(t, <-waking)
}

// TestOverdueSlotPassesADeadJob checks that the job of a dead process does not
// stand in the way of the slot for ever.
func TestOverdueSlotPassesADeadJob(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			w := world{DB: db}
			client, err := jobs.New(jobs.Config{Store: db, Log: storetest.Log(t)})
			check(t, err)
			w.scheduleAt(t, item(1), time.Now().Add(-time.Second))
			check(t, client.Enqueue(t.Context(), must(db.Work().DueSlots(t.Context(), 10))(t)))
			if got := countJobs(t, db); got != 1 {
				t.Errorf("%d jobs for a slot that is queued already, want 1", got)
			}
			w.scheduleAt(t, item(1), time.Now().Add(-15*time.Second))
			for range 2 {
				check(t, client.Enqueue(t.Context(), must(db.Work().DueSlots(t.Context(), 10))(t)))
			}
			if got := countJobs(t, db); got != 2 {
				t.Errorf("%d jobs for an overdue slot, want the stuck one and one more", got)
			}
		})
	}
}

func TestPeriodicTasksRun(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			ran := make(chan struct{}, 10)
			client, err := jobs.New(jobs.Config{
				Store: db, Drainer: work.NewRunner(db.Work(), "worker", nil, storetest.Log(t)), Log: storetest.Log(t),
				Periodic: []jobs.Periodic{{Name: "sweep", Every: time.Hour, Run: func(ctx context.Context) error {
					ran <- struct{}{}
					return db.Sweep(ctx, time.Hour)
				}}},
			})
			check(t, err)
			check(t, client.Start(t.Context()))
			select {
			case <-ran:
			case <-time.After(20 * time.Second):
				t.Error("the task did not run at start")
			}
			check(t, client.Stop(t.Context()))
		})
	}
}

// TestEnqueueStartsSoon is a coarse guard; its figure is in the log.
func TestEnqueueStartsSoon(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			w := world{DB: db}
			started := make(chan time.Time, 1)
			startWorker(t, db, "worker", map[work.Kind]work.Step{
				"test": func(context.Context, work.Claim) (work.Next, error) {
					started <- time.Now()
					return work.Done(), nil
				},
			})
			var took []time.Duration
			for i := range int64(60) {
				w.schedule(t, work.Ref{Kind: "test", Object: i, Cluster: i})
				began := time.Now()
				took = append(took, (<-started).Sub(began))
				moment(60 * time.Millisecond)
			}
			slices.Sort(took)
			median, worst := took[len(took)/2], took[len(took)-1]
			t.Logf("enqueue to start: median %s, worst of %d %s", median, len(took), worst)
			if median > 400*time.Millisecond {
				t.Errorf("median %s", median)
			}
		})
	}
}
