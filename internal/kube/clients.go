package kube

import (
	"context"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// Target is how a registered cluster is reached, with its opened credential.
type Target struct {
	Cluster    int64
	Generation int64 // rises with every change of what is below
	APIURL     string
	CAPEM      []byte // empty: the system's roots
	Token      secret.Value
}

// Directory knows the registered clusters.
type Directory interface {
	// Generation is the current generation of a cluster. It is asked before every use, so it should be cheap.
	Generation(ctx context.Context, clusterID int64) (int64, error)
	// Target is asked for when there is no client of the current generation.
	Target(ctx context.Context, clusterID int64) (Target, error)
}

// Config is what all clients share.
type Config struct {
	Guard     *egress.Guard
	Directory Directory // may be nil where only Dial is used
	UserAgent string
	Log       CallLog            // may be nil
	Fault     func(point string) // called after every answer of a cluster; may be nil
	Now       func() time.Time   // nil: time.Now
}

// Clients keeps one Client for each cluster in use.
type Clients struct {
	config Config
	memory *semaphore.Weighted // bytes of the answers that are being read

	mu    sync.Mutex
	known map[int64]*known
	swept time.Time
}

// known is what is kept of a cluster. The client goes when it is idle; the health stays while it is poor, so that
// a new client does not begin by repeating what failed.
type known struct {
	client     *Client // nil when there is none now
	generation int64
	health     *health
	used       time.Time
	uses       int // counts what asked for the client
}

// NewClients makes an empty cache. Close it at the end.
func NewClients(c Config) *Clients {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Clients{config: c, memory: semaphore.NewWeighted(maxMemory), known: map[int64]*known{}, swept: c.Now()}
}

// For returns the client of a cluster, made anew when its registration changed. Breakers and budget start afresh
// with the change, since it may well be the cure.
func (cs *Clients) For(ctx context.Context, clusterID int64) (*Client, error) {
	generation, err := cs.config.Directory.Generation(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("looking up cluster %d: %w", clusterID, err)
	}
	if c := cs.current(clusterID, generation); c != nil {
		return c, nil
	}
	target, err := cs.config.Directory.Target(ctx, clusterID)
	if err != nil {
		return nil, fmt.Errorf("opening the connection data of cluster %d: %w", clusterID, err)
	}
	h := cs.healthOf(clusterID, target.Generation)
	c, err := newClient(cs.config, target, h, cs.memory)
	if err != nil {
		return nil, err
	}
	return cs.keep(clusterID, c, h), nil
}

// Once is For for a visit that may well be the only one for minutes, as a check is. The client and its connections
// go with the visit's end, if the visit made it and nobody else asked for it meanwhile.
func (cs *Clients) Once(ctx context.Context, clusterID int64) (c *Client, end func(), err error) {
	before := cs.uses(clusterID)
	c, err = cs.For(ctx, clusterID)
	if err != nil {
		return nil, nil, err
	}
	return c, func() {
		cs.mu.Lock()
		defer cs.mu.Unlock()
		if k := cs.known[clusterID]; before == 0 && k != nil && k.client == c && k.uses == 1 {
			cs.rest(clusterID, k)
		}
	}, nil
}

// Dial makes a client that is not kept; nothing is sent yet. The caller closes it.
func (cs *Clients) Dial(target Target) (*Client, error) {
	return newClient(cs.config, target, newHealth(cs.config.Now), cs.memory)
}

// Drop forgets a cluster and ends its client's streams.
func (cs *Clients) Drop(clusterID int64) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if k := cs.known[clusterID]; k != nil {
		k.close()
		delete(cs.known, clusterID)
	}
}

// Close drops all clients.
func (cs *Clients) Close() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, k := range cs.known {
		k.close()
	}
	clear(cs.known)
}

func (k *known) close() {
	if k.client != nil {
		k.client.Close()
	}
	k.client, k.uses = nil, 0
}

// uses is how often the present client of a cluster was asked for.
func (cs *Clients) uses(clusterID int64) int {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if k := cs.known[clusterID]; k != nil {
		return k.uses
	}
	return 0
}

func (cs *Clients) current(clusterID, generation int64) *Client {
	now := cs.config.Now()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.sweep(now)
	k := cs.known[clusterID]
	if k == nil || k.client == nil || k.generation < generation {
		return nil
	}
	k.used = now
	k.uses++
	return k.client
}

// healthOf is what is known of a cluster in this generation; a change of the registration may well be the cure.
func (cs *Clients) healthOf(clusterID, generation int64) *health {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if k := cs.known[clusterID]; k != nil && k.generation == generation {
		return k.health
	}
	return newHealth(cs.config.Now)
}

// keep puts a new client in place, unless another call was faster with one as new.
func (cs *Clients) keep(clusterID int64, c *Client, h *health) *Client {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	old := cs.known[clusterID]
	if old != nil && old.client != nil && old.generation >= c.generation {
		c.Close()
		old.uses++
		return old.client
	}
	if old != nil {
		old.close()
	}
	cs.known[clusterID] = &known{client: c, generation: c.generation, health: h, used: cs.config.Now(), uses: 1}
	return c
}

// Run drops idle clients until ctx ends, also when no other one is asked for.
func (cs *Clients) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			cs.mu.Lock()
			cs.sweep(cs.config.Now())
			cs.mu.Unlock()
		}
	}
}

// sweep drops clients that nobody used for a while and that have no stream open, and forgets what was known of a
// cluster that nobody asks for any more. The lock is held.
func (cs *Clients) sweep(now time.Time) {
	if now.Sub(cs.swept) < sweepEvery {
		return
	}
	cs.swept = now
	for id, k := range cs.known {
		switch idle := now.Sub(k.used); {
		case k.client == nil && idle > idleHealth:
			delete(cs.known, id)
		case k.client != nil && idle > idleClient && k.client.streams.open() == 0:
			cs.rest(id, k)
		}
	}
}

// rest closes a client. The lock is held.
func (cs *Clients) rest(id int64, k *known) {
	k.close()
	if k.health.sound() {
		delete(cs.known, id)
	}
}
