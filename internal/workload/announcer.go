package workload

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/event"
)

const (
	// A quiet key is told at once. A busy one uses up its burst and is then
	// told every announceEvery.
	announceEvery = 100 * time.Millisecond
	announceBurst = 10
)

// announcer tells the changes of one key without flooding its readers.
type announcer struct {
	notices Publisher
	topic   string
	// spent is when the last notice would have been sent had all been spread
	// evenly: the further ahead of now, the busier the key.
	spent time.Time
	// pending is the revision that is not told yet; zero when there is none.
	pending int64
}

func newAnnouncer(notices Publisher, topic string) announcer {
	return announcer{notices: notices, topic: topic}
}

// now tells a revision whatever was told before.
func (a *announcer) now(ctx context.Context, n int64) {
	at := time.Now()
	if a.spent.Before(at) {
		a.spent = at
	}
	a.spent = a.spent.Add(announceEvery)
	a.pending = 0
	a.notices.Publish(ctx, event.Notice{Topic: a.topic, Revision: n})
}

// change tells a revision now, or keeps it for due.
func (a *announcer) change(ctx context.Context, n int64) {
	a.pending = n
	a.due(ctx)
}

// due tells what is kept when its time has come. It returns how long to wait
// for that, zero when nothing is kept.
func (a *announcer) due(ctx context.Context) time.Duration {
	if a.pending == 0 {
		return 0
	}
	wait := time.Until(a.spent) - (announceBurst-1)*announceEvery
	if wait > 0 {
		return wait
	}
	a.now(ctx, a.pending)
	return 0
}
