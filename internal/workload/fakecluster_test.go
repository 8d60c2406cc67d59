package workload_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/workload"
)

// podCluster is a cluster with pods whose lists and watches fail on request.
type podCluster struct {
	mu      sync.Mutex
	pods    map[string]int64 // name to version
	version int64
	log     []workload.Event[workload.Pod]
	// oldest is the version before which watches are refused.
	oldest int64
	// changed is closed and replaced when the log or the faults change.
	changed   chan struct{}
	snapshots map[string][]workload.Item[workload.Pod]
	lists     int
	listErr   error
	// expiring is how many lists are cut off after their first page.
	expiring int
	watchErr error
	deaf     bool // accepts watches and says nothing
	// streams counts the watches that were opened; broken ends those before it.
	streams int
	broken  int
}

func newPodCluster() *podCluster {
	return &podCluster{
		pods: map[string]int64{}, changed: make(chan struct{}),
		snapshots: map[string][]workload.Item[workload.Pod]{},
	}
}

// do changes the cluster under its lock and wakes the watches.
func (c *podCluster) do(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
	close(c.changed)
	c.changed = make(chan struct{})
}

func (c *podCluster) set(name string) {
	c.do(func() {
		c.version++
		c.pods[name] = c.version
		c.say(workload.Changed, name, c.version)
	})
}

func (c *podCluster) remove(name string) {
	c.do(func() {
		if _, ok := c.pods[name]; ok {
			c.version++
			delete(c.pods, name)
			c.say(workload.Removed, name, c.version)
		}
	})
}

func (c *podCluster) say(kind workload.EventType, name string, version int64) {
	c.log = append(c.log, workload.Event[workload.Pod]{
		Type: kind, Item: podAt(name, version), Version: strconv.FormatInt(version, 10),
	})
}

// repeat says again what was said n events ago.
func (c *podCluster) repeat(n int) {
	c.do(func() {
		if n < len(c.log) {
			c.log = append(c.log, c.log[len(c.log)-1-n])
		}
	})
}

// swap makes the last two events arrive in the other order.
func (c *podCluster) swap(first, second func()) {
	c.mu.Lock()
	before := len(c.log)
	wake := c.changed
	c.changed = make(chan struct{}) // nobody is woken in between
	c.mu.Unlock()
	first()
	second()
	c.do(func() { slices.Reverse(c.log[before:]) })
	close(wake)
}

// forget expires all versions before the latest and breaks the watches.
func (c *podCluster) forget() {
	c.do(func() { c.oldest, c.broken = c.version+1, c.streams })
}

func (c *podCluster) breakStreams() { c.do(func() { c.broken = c.streams }) }

func podAt(name string, version int64) workload.Item[workload.Pod] {
	ref := workload.Ref{Namespace: "shop", Name: name}
	return workload.Item[workload.Pod]{
		Ref: ref, Version: version,
		Row: workload.Pod{Namespace: ref.Namespace, Name: name, Restarts: int(version)},
	}
}

func (c *podCluster) List(
	_ context.Context, _ workload.Key, token string, limit int,
) (workload.Listing[workload.Pod], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists++
	if c.listErr != nil {
		return workload.Listing[workload.Pod]{}, c.listErr
	}
	rest, ok := c.snapshots[token]
	if token == "" {
		rest, ok = c.snapshot(), true
		// The first version of a list is one that can be watched from.
		c.oldest = min(c.oldest, c.version)
	}
	if token != "" && c.expiring > 0 {
		c.expiring--
		ok = false
	}
	if !ok {
		return workload.Listing[workload.Pod]{}, workload.ErrExpired
	}
	page := workload.Listing[workload.Pod]{Version: strconv.FormatInt(c.version, 10)}
	if token != "" {
		page.Version = token[:len(token)-len("-"+strconv.Itoa(len(rest)))]
	}
	if len(rest) > limit {
		page.Next = fmt.Sprintf("%s-%d", page.Version, len(rest)-limit)
		page.Remaining = int64(len(rest) - limit)
		c.snapshots[page.Next] = rest[limit:]
		rest = rest[:limit]
	}
	page.Items = slices.Clone(rest)
	return page, nil
}

func (c *podCluster) snapshot() []workload.Item[workload.Pod] {
	var items []workload.Item[workload.Pod]
	for name, version := range c.pods {
		items = append(items, podAt(name, version))
	}
	slices.SortFunc(items, func(a, b workload.Item[workload.Pod]) int { return cmp.Compare(a.Name, b.Name) })
	return items
}

func (c *podCluster) Watch(
	ctx context.Context, _ workload.Key, version string, sink func(workload.Event[workload.Pod]) error,
) error {
	from, err := strconv.ParseInt(version, 10, 64)
	if err != nil {
		return apperr.Of(apperr.ClusterInvalid)
	}
	c.mu.Lock()
	if c.watchErr != nil || from < c.oldest {
		err := c.watchErr
		if err == nil {
			err = workload.ErrExpired
		}
		c.mu.Unlock()
		return err
	}
	c.streams++
	stream := c.streams
	at := slices.IndexFunc(c.log, func(e workload.Event[workload.Pod]) bool { return e.Item.Version > from })
	if at < 0 {
		at = len(c.log)
	}
	c.mu.Unlock()
	return c.tell(ctx, stream, at, sink)
}

func (c *podCluster) tell(ctx context.Context, stream, at int, sink func(workload.Event[workload.Pod]) error) error {
	if err := sink(workload.Event[workload.Pod]{Type: workload.Opened}); err != nil {
		return err
	}
	for {
		c.mu.Lock()
		changed, news, err := c.changed, slices.Clone(c.log[min(at, len(c.log)):]), c.watchErr
		broken, deaf := stream <= c.broken, c.deaf
		c.mu.Unlock()
		if broken {
			return err
		}
		if !deaf {
			for _, e := range news {
				if err := sink(e); err != nil {
					return err
				}
			}
			at += len(news)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}
