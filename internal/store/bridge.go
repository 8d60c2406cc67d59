package store

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/roadstead/roadstead/internal/event"
)

const (
	channel = "roadstead_notices"
	// sendEvery bounds the messages to ten a second for each process.
	sendEvery = 100 * time.Millisecond
	// maxPayload is what PostgreSQL takes in one message, in bytes, less room
	// for what surrounds the notices.
	maxPayload = 7800
	// maxWaiting bounds the topics that wait to be sent. Losing one costs its
	// receivers their five seconds.
	maxWaiting = 10_000
)

// Bridge repeats notices between the processes that share a PostgreSQL
// database. Notices are sent outside the transactions that caused them, merged
// by topic, and may be lost: receivers read again from time to time anyway.
type Bridge struct {
	pool *pgxpool.Pool
	bus  *event.Bus
	log  *slog.Logger
	// sender tells our own messages from others'.
	sender string

	mu      sync.Mutex
	waiting map[string]int64
}

// message is what is sent over the channel.
type message struct {
	Sender  string           `json:"s"`
	Notices map[string]int64 `json:"n"`
}

// Bridge returns the bridge of this process. With SQLite there are no others,
// and it does nothing. Call it once.
func (db *DB) Bridge() *Bridge {
	b := &Bridge{pool: db.pool, bus: db.bus, log: db.log, sender: uuid.NewString(), waiting: map[string]int64{}}
	if b.pool != nil {
		b.bus.OnPublish(b.keep)
	}
	return b
}

// Run sends and receives until ctx ends.
func (b *Bridge) Run(ctx context.Context) error {
	if b.pool == nil {
		<-ctx.Done()
		return nil
	}
	var sending sync.WaitGroup
	sending.Go(func() { b.send(ctx) })
	defer sending.Wait()
	for try := 1; ctx.Err() == nil; try++ {
		heard, err := b.listen(ctx)
		if ctx.Err() != nil {
			break
		}
		if heard {
			try = 1
		}
		b.log.WarnContext(ctx, "listen for notices of other processes", slog.String("error", err.Error()))
		rest(ctx, try)
	}
	return nil
}

// rest waits after a lost connection, longer each time, up to ten seconds.
func rest(ctx context.Context, try int) {
	limit := min(10*time.Second, 100*time.Millisecond<<min(try, 10))
	timer := time.NewTimer(limit/2 + rand.N(limit/2))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// keep takes notices that were published here, to be sent soon.
func (b *Bridge) keep(_ context.Context, notices []event.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, n := range notices {
		if _, known := b.waiting[n.Topic]; known || len(b.waiting) < maxWaiting {
			b.waiting[n.Topic] = n.Revision
		}
	}
}

func (b *Bridge) send(ctx context.Context) {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		notices := b.take()
		if len(notices) == 0 {
			continue
		}
		if err := b.notify(ctx, notices); err != nil && ctx.Err() == nil {
			b.log.WarnContext(ctx, "send notices to other processes", slog.String("error", err.Error()))
		}
	}
}

// take removes as many waiting notices as fit into one message.
func (b *Bridge) take() map[string]int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken, size := map[string]int64{}, 0
	for topic, revision := range b.waiting {
		size += len(topic) + 32 // quotes, separators and a number
		if size > maxPayload && len(taken) > 0 {
			break
		}
		taken[topic] = revision
		delete(b.waiting, topic)
	}
	return taken
}

func (b *Bridge) notify(ctx context.Context, notices map[string]int64) error {
	payload, err := json.Marshal(message{Sender: b.sender, Notices: notices})
	if err != nil {
		return fmt.Errorf("encode notices: %w", err)
	}
	_, err = b.pool.Exec(ctx, "SELECT pg_notify($1, $2)", channel, string(payload))
	return doing(err, "notify")
}

// listen receives on a connection of its own until that or ctx ends, and
// reports whether it got as far as listening.
func (b *Bridge) listen(ctx context.Context) (heard bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, b.pool.Config().ConnConfig)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return false, fmt.Errorf("listen: %w", err)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return true, fmt.Errorf("wait for a notice: %w", err)
		}
		b.deliver(ctx, n.Payload)
	}
}

func (b *Bridge) deliver(ctx context.Context, payload string) {
	var m message
	if err := json.Unmarshal([]byte(payload), &m); err != nil {
		b.log.WarnContext(ctx, "read a notice", slog.String("error", err.Error()))
		return
	}
	if m.Sender == b.sender {
		return
	}
	notices := make([]event.Notice, 0, len(m.Notices))
	for topic, revision := range m.Notices {
		notices = append(notices, event.Notice{Topic: topic, Revision: revision})
	}
	b.bus.Deliver(notices...)
}
