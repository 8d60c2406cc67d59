package work_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/roadstead/roadstead/internal/work"
)

// leases lets each key be held once.
type leases struct {
	mu   sync.Mutex
	held map[string]string
	// renewals counts the statements, stuck makes releases fail.
	renewals int
	stuck    bool
}

func (l *leases) AcquireFollow(_ context.Context, key, owner string, _ time.Duration) (int64, bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[key] != "" {
		return 0, false, nil
	}
	l.held[key] = owner
	return 1, true, nil
}

func (l *leases) RenewFollows(_ context.Context, owner string, _ time.Duration) (map[string]int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewals++
	mine := map[string]int64{}
	for key, held := range l.held {
		if held == owner {
			mine[key] = 1
		}
	}
	return mine, nil
}

func (l *leases) ReleaseFollow(_ context.Context, key, owner string, _ int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stuck {
		return errors.New("the database is away")
	}
	if l.held[key] == owner {
		delete(l.held, key)
	}
	return nil
}

// wanted is a source of one follower that can be wanted or not.
type wanted struct {
	mu       sync.Mutex
	yes      bool
	running  int
	most     int
	starts   int
	follower func(ctx context.Context) error
}

func (w *wanted) Wanted(context.Context) ([]work.Follower, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.yes {
		return nil, nil
	}
	return []work.Follower{{Key: "pods", Run: w.run}}, nil
}

func (w *wanted) run(ctx context.Context, _ int64) error {
	w.count(1)
	defer w.count(-1)
	return w.follower(ctx)
}

func (w *wanted) count(by int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running += by
	w.most = max(w.most, w.running)
	if by > 0 {
		w.starts++
	}
}

func (w *wanted) want(yes bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.yes = yes
}

func (w *wanted) state() (running, most, starts int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running, w.most, w.starts
}

func untilStopped(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestFollowersRunWhileTheyAreWantedInOneProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, shared := &wanted{yes: true, follower: untilStopped}, &leases{held: map[string]string{}}
		ctx, stop := context.WithCancel(t.Context())
		var both sync.WaitGroup
		for _, owner := range []string{"one", "two"} {
			both.Go(func() { _ = work.NewSupervisor(shared, owner, quiet(), source).Run(ctx) })
		}
		time.Sleep(10 * time.Second) //nolint:forbidigo // the clock is a fake one
		if running, most, _ := source.state(); running != 1 || most != 1 {
			t.Errorf("%d run, %d ran at once", running, most)
		}
		source.want(false)
		time.Sleep(3 * time.Second) //nolint:forbidigo // as above
		if running, _, _ := source.state(); running != 0 {
			t.Error("nobody wants it, and it runs")
		}
		source.want(true)
		time.Sleep(3 * time.Second) //nolint:forbidigo // as above
		if running, most, _ := source.state(); running != 1 || most != 1 {
			t.Errorf("wanted again: %d run, %d ran at once", running, most)
		}
		stop()
		both.Wait()
		if running, _, _ := source.state(); running != 0 || len(shared.held) != 0 {
			t.Errorf("after the stop %d run and %d leases are held", running, len(shared.held))
		}
	})
}

func TestAFollowerThatFailsRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source := &wanted{yes: true, follower: func(context.Context) error { return errors.New("the cluster is away") }}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Minute)
		defer stop()
		_ = work.NewSupervisor(&leases{held: map[string]string{}}, "one", quiet(), source).Run(ctx)
		// A minute's rest at most, less at first.
		if _, _, starts := source.state(); starts < 10 || starts > 40 {
			t.Errorf("it was started %d times in ten minutes", starts)
		}
	})
}

func TestAFollowerWhoseLeaseIsLostIsStopped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		source, shared := &wanted{yes: true, follower: untilStopped}, &leases{held: map[string]string{}}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = work.NewSupervisor(shared, "one", quiet(), source).Run(ctx)
		}()
		time.Sleep(time.Second) //nolint:forbidigo // the clock is a fake one
		shared.mu.Lock()
		shared.held["pods"] = "another"
		shared.mu.Unlock()
		time.Sleep(11 * time.Second) //nolint:forbidigo // as above
		if running, _, starts := source.state(); starts != 1 || running != 0 {
			t.Errorf("it was started %d times and runs %d times", starts, running)
		}
		stop()
		<-done
	})
}

func TestOneStatementRenewsAllFollowers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared, many := &leases{held: map[string]string{}}, manyFollowers(1000)
		ctx, stop := context.WithTimeout(t.Context(), 61*time.Second)
		defer stop()
		_ = work.NewSupervisor(shared, "one", quiet(), many).Run(ctx)
		if shared.renewals != 6 {
			t.Errorf("the leases were renewed %d times in a minute", shared.renewals)
		}
	})
}

// manyFollowers wants so many followers that never end by themselves.
type manyFollowers int

func (n manyFollowers) Wanted(context.Context) ([]work.Follower, error) {
	all := make([]work.Follower, n)
	for i := range all {
		all[i] = work.Follower{Key: strconv.Itoa(i), Run: func(ctx context.Context, _ int64) error { return untilStopped(ctx) }}
	}
	return all, nil
}

func TestALeaseThatCouldNotBeReleasedIsNotKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shared := &leases{held: map[string]string{}, stuck: true}
		source := &wanted{yes: true, follower: untilStopped}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = work.NewSupervisor(shared, "one", quiet(), source, manyFollowers(1)).Run(ctx)
		}()
		time.Sleep(time.Second) //nolint:forbidigo // the clock is a fake one
		source.want(false)
		time.Sleep(2 * time.Second) //nolint:forbidigo // as above
		shared.mu.Lock()
		shared.stuck = false
		shared.mu.Unlock()
		time.Sleep(work.RenewEvery) //nolint:forbidigo // as above
		stop()
		<-done
		if owner := shared.held["pods"]; owner != "" {
			t.Errorf("the lease of a follower that ended is held by %q", owner)
		}
	})
}
