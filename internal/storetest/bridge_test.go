package storetest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

// startBridge runs a bridge until the end of the test.
func startBridge(t *testing.T, db *store.DB) {
	t.Helper()
	bridge := db.Bridge()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- bridge.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		check(t, <-ended)
	})
}

// twoProcesses opens one database twice, each with a bus and a bridge.
func twoProcesses(t *testing.T) (here world, there *event.Bus, db *store.DB) {
	t.Helper()
	cfg := storetest.PostgresConfig(t)
	here = newWorld(t, cfg)
	startBridge(t, here.DB)
	other := cfg
	other.Bus = event.NewBus()
	db = storetest.Open(t, other)
	startBridge(t, db)
	return here, other.Bus, db
}

// heardWithin publishes a topic here again and again until it arrives.
func heardWithin(t *testing.T, here world, arrivals <-chan event.Notice) {
	t.Helper()
	deadline := time.After(15 * time.Second)
	for try := 0; ; try++ {
		topic := fmt.Sprintf("probe/%d", try)
		check(t, here.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error {
			tx.Notify(topic)
			return nil
		}))
		select {
		case <-arrivals:
			return
		case <-time.After(150 * time.Millisecond):
		case <-deadline:
			t.Fatal("no notice arrived")
		}
	}
}

func TestBridgeCarriesNotices(t *testing.T) {
	t.Parallel()
	here, there, _ := twoProcesses(t)
	probes, _ := there.Subscribe(t.Context(), event.Under("probe/"))
	heardWithin(t, here, probes)

	arrived, _ := there.Subscribe(t.Context(), event.Under("topic/"))
	echoes, _ := here.cfg.Bus.Subscribe(t.Context(), event.Under("topic/"))
	const topics = 500 // more than one message holds
	for i := range topics {
		here.cfg.Bus.Publish(t.Context(), event.Notice{Topic: fmt.Sprintf("topic/%0100d", i), Revision: int64(i)})
	}
	seen := map[string]int64{}
	deadline := time.After(15 * time.Second)
	for len(seen) < topics {
		select {
		case n := <-arrived:
			seen[n.Topic] = n.Revision
		case <-deadline:
			t.Fatalf("%d of %d notices arrived", len(seen), topics)
		}
	}
	if got := seen[fmt.Sprintf("topic/%0100d", 7)]; got != 7 {
		t.Errorf("revision %d, want 7", got)
	}
	for range topics {
		<-echoes // what was published here
	}
	select {
	case n := <-echoes:
		t.Errorf("%s came back to its sender", n.Topic)
	case <-time.After(300 * time.Millisecond):
	}
}

func TestBridgeMendsItself(t *testing.T) {
	t.Parallel()
	here, there, _ := twoProcesses(t)
	probes, _ := there.Subscribe(t.Context(), event.Under("probe/"))
	heardWithin(t, here, probes)
	_, pool := here.Handles()
	var ended int
	check(t, pool.QueryRow(t.Context(), `SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND query LIKE 'LISTEN roadstead%'`).Scan(&ended))
	if ended != 2 {
		t.Fatalf("%d connections were listening, want 2", ended)
	}
	for len(probes) > 0 {
		<-probes
	}
	heardWithin(t, here, probes)
}

func TestBridgeOfSQLiteDoesNothing(t *testing.T) {
	t.Parallel()
	startBridge(t, storetest.Open(t, storetest.SQLiteConfig(t)))
}
