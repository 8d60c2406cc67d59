package storetest_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/work"
)

// record returns a function that lists the topics published since.
func record(bus *event.Bus) func() []string {
	var mu sync.Mutex
	var topics []string
	bus.OnPublish(func(_ context.Context, notices []event.Notice) {
		mu.Lock()
		defer mu.Unlock()
		for _, n := range notices {
			topics = append(topics, n.Topic)
		}
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return topics
	}
}

func TestNoticesFollowTheCommit(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			heard := record(cfg.Bus)
			refused := errors.New("refused")
			err := w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				tx.Notify("lost")
				return refused
			})
			if !errors.Is(err, refused) {
				t.Errorf("error %v, want the one of the function", err)
			}
			var before []string
			visible := ""
			cfg.Bus.OnPublish(func(ctx context.Context, _ []event.Notice) {
				visible = must(w.Clusters().Cluster(ctx, w.cluster.ID))(t).Name
			})
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				for _, topic := range []string{"b", "a", "b"} {
					tx.Notify(topic)
				}
				before = heard()
				renamed := w.cluster
				renamed.Name = "renamed"
				return tx.UpdateCluster(ctx, renamed)
			}))
			if len(before) != 0 {
				t.Errorf("published before the commit: %v", before)
			}
			if diff := cmp.Diff([]string{"a", "b"}, heard()); diff != "" {
				t.Errorf("published (-want +got):\n%s", diff)
			}
			if visible != "renamed" {
				t.Errorf("a receiver read %q, the state before the commit", visible)
			}
		})
	}
}

func TestRollbackLeavesNothing(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			ref := work.Ref{Kind: "cluster", Object: w.cluster.ID, Cluster: w.cluster.ID}
			fail := errors.New("changed my mind")
			for range 2 {
				err := w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
					if err := tx.Schedule(ctx, ref); err != nil {
						return err
					}
					if err := tx.DeleteCluster(ctx, w.cluster.ID); err != nil {
						return err
					}
					return fail
				})
				if !errors.Is(err, fail) {
					t.Fatal(err)
				}
			}
			check(t, func() error { _, err := w.Clusters().Cluster(ctx, w.cluster.ID); return err }())
			w.wantNothingDue(t, ref)
			if got := countJobs(t, w.DB); got != 0 {
				t.Errorf("%d jobs were left by transactions that were rolled back", got)
			}
			w.schedule(t, ref)
			w.schedule(t, ref)
			if got := countJobs(t, w.DB); got != 1 {
				t.Errorf("%d jobs for one slot, want 1", got)
			}
		})
	}
}

func TestWritesOfALostClaimAreRefused(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w := newWorld(t, cfg)
			n := w.addNamespace(t)
			ref := work.Ref{Kind: "namespace", Object: n.ID, Cluster: w.cluster.ID}
			rename := func(claim work.Claim, uid string) error {
				ctx := work.WithClaim(t.Context(), claim)
				return w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
					current, err := tx.Namespace(ctx, n.ID)
					if err != nil {
						return err
					}
					current.UID = uid
					return tx.UpdateNamespace(ctx, current)
				})
			}
			w.schedule(t, ref)
			first := w.claim(t, ref, "first", -time.Second) // as if it had slept through its lease
			check(t, rename(first, "by the first, while nobody else came"))
			second := w.claim(t, ref, "second", time.Minute)
			check(t, rename(second, "by the second"))
			if err := rename(first, "by the first, too late"); !errors.Is(err, work.ErrLeaseLost) {
				t.Errorf("late write: %v, want %v", err, work.ErrLeaseLost)
			}
			check(t, w.Work().Settle(t.Context(), second, "second", work.End{Next: work.Done()}))

			// The same object is scheduled anew: claims of its former row stay void.
			w.schedule(t, ref)
			third := w.claim(t, ref, "third", time.Minute)
			for _, old := range []work.Claim{first, second} {
				if err := rename(old, "by the past"); !errors.Is(err, work.ErrLeaseLost) {
					t.Errorf("write under epoch %d, now %d: %v, want %v", old.Epoch, third.Epoch, err, work.ErrLeaseLost)
				}
			}
			if got := must(w.Namespaces().Namespace(t.Context(), n.ID))(t).UID; got != "by the second" {
				t.Errorf("uid %q", got)
			}
		})
	}
}

func TestConcurrentChangesAllCount(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			w, ctx := newWorld(t, cfg), t.Context()
			n := w.addNamespace(t)
			const writers, rounds = 8, 10
			var wait sync.WaitGroup
			for range writers {
				wait.Go(func() {
					for range rounds {
						if err := w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
							current, err := tx.Namespace(ctx, n.ID)
							if err != nil {
								return err
							}
							current.Generation++
							return tx.UpdateNamespace(ctx, current)
						}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wait.Wait()
			if got := must(w.Namespaces().Namespace(ctx, n.ID))(t).Generation; got != 1+writers*rounds {
				t.Errorf("generation %d after %d changes from 1", got, writers*rounds)
			}
		})
	}
}

func TestDeadlockIsTriedAgain(t *testing.T) {
	t.Parallel()
	cfg := storetest.PostgresConfig(t) // SQLite has one writer and cannot deadlock
	w, ctx := newWorld(t, cfg), t.Context()
	n := w.addNamespace(t)
	other := n
	other.Name = "other"
	other.EnvironmentID = must(w.tenants.EnsureEnvironment(ctx, w.project.ID, "other"))(t).ID
	check(t, w.Namespaces().Atomically(ctx, func(tx namespace.Tx) (err error) {
		other, err = tx.InsertNamespace(ctx, other)
		return err
	}))
	var wait, both sync.WaitGroup
	both.Add(2)
	for _, order := range [][2]int64{{n.ID, other.ID}, {other.ID, n.ID}} {
		wait.Go(func() {
			met := false
			err := w.Namespaces().Atomically(ctx, func(tx namespace.Tx) error {
				for i, id := range order {
					if _, err := tx.Namespace(ctx, id); err != nil {
						return err
					}
					if i == 0 && !met {
						met = true
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

// TestBusyDatabaseIsSaidToBe holds the write lock as a foreign process would.
func TestBusyDatabaseIsSaidToBe(t *testing.T) {
	t.Parallel()
	cfg := storetest.SQLiteConfig(t)
	w, ctx := newWorld(t, cfg), t.Context()
	foreign := must(sql.Open("sqlite", "file:"+filepath.Join(cfg.DataDir, "roadstead.db")+"?_txlock=immediate"))(t)
	t.Cleanup(func() { check(t, foreign.Close()) })
	held := must(foreign.BeginTx(ctx, nil))(t)
	rename := func() error {
		return w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.UpdateCluster(ctx, w.cluster) })
	}
	began := time.Now()
	wantCode(t, rename(), apperr.Unavailable)
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %s to say so", took)
	}
	if _, err := w.Clusters().Cluster(ctx, w.cluster.ID); err != nil {
		t.Errorf("reading waits for the writer: %v", err)
	}
	check(t, held.Rollback())
	check(t, rename())
}
