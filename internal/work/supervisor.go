package work

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// followPoll is how often a supervisor looks for followers to start or stop
// when nobody pokes it.
const followPoll = time.Second

// goodFollow is how long a follower must last for its earlier failures to be
// forgotten.
const goodFollow = time.Minute

// Follower is something that is followed for as long as it is wanted: a watch
// or a log stream. Key is unique over all kinds of followers.
type Follower struct {
	Key string
	// Run follows until ctx ends, and returns nil when there is nothing left
	// to follow. Epoch fences what it writes.
	Run func(ctx context.Context, epoch int64) error
}

// Wanted lists the followers that should be running now.
type Wanted interface {
	Wanted(ctx context.Context) ([]Follower, error)
}

// Leases lets one process follow a key at a time.
type Leases interface {
	// AcquireFollow leases key for owner and returns the epoch, or false when
	// somebody else holds it.
	AcquireFollow(ctx context.Context, key, owner string, lease time.Duration) (epoch int64, ok bool, err error)
	// RenewFollows extends all leases of owner and returns their epochs by key.
	RenewFollows(ctx context.Context, owner string, lease time.Duration) (map[string]int64, error)
	// ReleaseFollow gives the lease up.
	ReleaseFollow(ctx context.Context, key, owner string, epoch int64) error
}

// Supervisor runs wanted followers, each under a lease.
type Supervisor struct {
	leases  Leases
	owner   string
	sources []Wanted
	log     *slog.Logger
	poke    chan struct{}
	mu      sync.Mutex
	running map[string]*follow
	wait    sync.WaitGroup
}

// follow is one follower of this process: running, or resting after an error.
type follow struct {
	cancel   context.CancelFunc
	epoch    int64
	began    time.Time
	ended    bool
	retryAt  time.Time
	failures int
}

// NewSupervisor returns a supervisor over all sources.
func NewSupervisor(leases Leases, owner string, log *slog.Logger, sources ...Wanted) *Supervisor {
	return &Supervisor{
		leases: leases, owner: owner, sources: sources, log: log,
		poke: make(chan struct{}, 1), running: map[string]*follow{},
	}
}

// Poke makes the supervisor look at once.
func (s *Supervisor) Poke() {
	select {
	case s.poke <- struct{}{}:
	default:
	}
}

// Run supervises until ctx ends, then stops every follower and waits for it.
func (s *Supervisor) Run(ctx context.Context) error {
	defer s.wait.Wait()
	s.wait.Go(func() { s.renew(ctx) })
	tick := time.NewTicker(followPoll)
	defer tick.Stop()
	for {
		if err := s.reconcile(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "look for followers", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-s.poke:
		}
	}
}

func (s *Supervisor) reconcile(ctx context.Context) error {
	wanted := map[string]Follower{}
	for _, source := range s.sources {
		followers, err := source.Wanted(ctx)
		if err != nil {
			return fmt.Errorf("list wanted followers: %w", err)
		}
		for _, f := range followers {
			wanted[f.Key] = f
		}
	}
	s.stopUnwanted(wanted)
	for key, f := range wanted {
		if s.free(key) {
			s.start(ctx, f)
		}
	}
	return nil
}

func (s *Supervisor) stopUnwanted(wanted map[string]Follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, f := range s.running {
		if _, ok := wanted[key]; ok {
			continue
		}
		f.cancel()
		if f.ended {
			delete(s.running, key)
		}
	}
}

func (s *Supervisor) free(key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.running[key]
	return !ok || f.ended && time.Now().After(f.retryAt)
}

// start leases and runs a follower. Its entry is there before its lease is, so
// that a lease without an entry is one that is left over.
func (s *Supervisor) start(ctx context.Context, f Follower) {
	ctx, cancel := context.WithCancel(ctx)
	entry := &follow{cancel: cancel, began: time.Now()}
	old := s.put(f.Key, entry)
	epoch, ok, err := s.leases.AcquireFollow(ctx, f.Key, s.owner, Lease)
	if err != nil || !ok {
		cancel()
		s.putBack(f.Key, old)
		return
	}
	s.mu.Lock()
	entry.epoch = epoch
	s.mu.Unlock()
	s.wait.Go(func() {
		defer cancel()
		s.follow(ctx, f, epoch, entry)
	})
}

// put makes entry that of the key and returns the one before, nil when there
// was none. What failed before is remembered.
func (s *Supervisor) put(key string, entry *follow) (old *follow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old = s.running[key]; old != nil {
		entry.failures = old.failures
	}
	s.running[key] = entry
	return old
}

func (s *Supervisor) putBack(key string, old *follow) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old == nil {
		delete(s.running, key)
		return
	}
	s.running[key] = old
}

func (s *Supervisor) follow(ctx context.Context, f Follower, epoch int64, entry *follow) {
	err := s.protected(ctx, f, epoch)
	release, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	_ = s.leases.ReleaseFollow(release, f.Key, s.owner, epoch) // a lease that stays is released with the next renewal
	s.ended(ctx, f.Key, entry, err)
}

func (s *Supervisor) ended(ctx context.Context, key string, entry *follow, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entry.ended = true
	if time.Since(entry.began) > goodFollow {
		entry.failures = 0
	}
	if err != nil && ctx.Err() == nil {
		entry.failures++
		s.log.InfoContext(ctx, "follower ended", slog.String("key", key), slog.String("error", err.Error()))
	} else {
		entry.failures = 0
	}
	rest := min(time.Minute, time.Second<<min(entry.failures, 6))
	entry.retryAt = time.Now().Add(rest/2 + rand.N(rest/2))
}

func (s *Supervisor) protected(ctx context.Context, f Follower, epoch int64) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("follower of %s panicked with a %T", f.Key, p)
		}
	}()
	return f.Run(ctx, epoch)
}
