package event

import (
	"context"
	"slices"
	"sync"
)

// Notice says that whatever Topic names has reached Revision. Receivers read the change itself from its store.
type Notice struct {
	Topic    string
	Revision int64
}

// Bus hands notices to the subscribers in this process. Its zero value is not usable: see NewBus.
type Bus struct {
	mu            sync.RWMutex
	subscriptions map[*subscription]struct{}
	hooks         []func(context.Context, []Notice)
}

// NewBus returns a bus without subscribers.
func NewBus() *Bus {
	return &Bus{subscriptions: make(map[*subscription]struct{})}
}

// Publish delivers the notices to every subscriber in this process and shows them to the hooks. It never waits for a
// subscriber. Call it after the transaction that made the change has committed, or receivers re-read the old state.
func (b *Bus) Publish(ctx context.Context, notices ...Notice) {
	b.Deliver(notices...)

	b.mu.RLock()
	hooks := slices.Clone(b.hooks)
	b.mu.RUnlock()
	for _, hook := range hooks {
		hook(ctx, notices)
	}
}

// Deliver hands the notices to the subscribers in this process only. A bridge calls it for what other processes
// published; going through Publish it would send them back.
func (b *Bus) Deliver(notices ...Notice) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for s := range b.subscriptions {
		s.offer(notices)
	}
}

// OnPublish adds a hook that sees every notice published in this process, in the publisher's goroutine. A hook must
// not block and must not keep the slice.
func (b *Bus) OnPublish(hook func(ctx context.Context, notices []Notice)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hooks = append(b.hooks, hook)
}

// Subscribe returns the notices whose topic matches, and a function that ends the subscription. A subscriber that
// falls behind receives, for each topic, only the notice that arrived last. The channel is closed when ctx ends or
// the function is called; both may happen, in any order and more than once.
func (b *Bus) Subscribe(ctx context.Context, match Match) (notices <-chan Notice, cancel func()) {
	ctx, stop := context.WithCancel(ctx)
	s := newSubscription(match)

	b.mu.Lock()
	b.subscriptions[s] = struct{}{}
	b.mu.Unlock()

	go func() {
		defer stop()
		s.pump(ctx)
		b.mu.Lock()
		delete(b.subscriptions, s)
		b.mu.Unlock()
	}()
	return s.out, stop
}
