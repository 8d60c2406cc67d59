package kube

import (
	"context"
	"fmt"
	"sync"
	"time"

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

	mu      sync.Mutex
	clients map[int64]*cached
	swept   time.Time
}

type cached struct {
	client *Client
	used   time.Time
}

// NewClients makes an empty cache. Close it at the end.
func NewClients(c Config) *Clients {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Clients{config: c, clients: map[int64]*cached{}, swept: c.Now()}
}

// For returns the client of a cluster, made anew when its registration changed. Breaker and budget start afresh
// with it, since the change may well be the cure.
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
	c, err := cs.Dial(target)
	if err != nil {
		return nil, err
	}
	return cs.keep(clusterID, c), nil
}

// Dial makes a client that is not kept; nothing is sent yet. The caller closes it.
func (cs *Clients) Dial(target Target) (*Client, error) { return newClient(cs.config, target) }

// Drop forgets the client of a cluster and ends its streams.
func (cs *Clients) Drop(clusterID int64) {
	cs.mu.Lock()
	old := cs.clients[clusterID]
	delete(cs.clients, clusterID)
	cs.mu.Unlock()
	if old != nil {
		old.client.Close()
	}
}

// Close drops all clients.
func (cs *Clients) Close() {
	cs.mu.Lock()
	old := cs.clients
	cs.clients = map[int64]*cached{}
	cs.mu.Unlock()
	for _, c := range old {
		c.client.Close()
	}
}

func (cs *Clients) current(clusterID, generation int64) *Client {
	now := cs.config.Now()
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.sweep(now)
	c := cs.clients[clusterID]
	if c == nil || c.client.generation < generation {
		return nil
	}
	c.used = now
	return c.client
}

// keep puts a new client in place, unless another call was faster with a newer one.
func (cs *Clients) keep(clusterID int64, c *Client) *Client {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	old := cs.clients[clusterID]
	if old != nil && old.client.generation >= c.generation {
		c.Close()
		return old.client
	}
	cs.clients[clusterID] = &cached{client: c, used: cs.config.Now()}
	if old != nil {
		old.client.Close()
	}
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

// sweep drops clients that nobody used for a while and that have no stream open. The lock is held.
func (cs *Clients) sweep(now time.Time) {
	if now.Sub(cs.swept) < sweepEvery {
		return
	}
	cs.swept = now
	for id, c := range cs.clients {
		if now.Sub(c.used) > idleClient && c.client.streams.open() == 0 {
			delete(cs.clients, id)
			c.client.Close()
		}
	}
}
