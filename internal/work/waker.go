package work

import (
	"context"
	"log/slog"
	"time"
)

// wakeEvery bounds how late a timer fires when nothing else wakes its slot.
const wakeEvery = 500 * time.Millisecond

// Due lists slots with due work that nobody holds.
type Due interface {
	DueSlots(ctx context.Context, limit int) ([]Slot, error)
}

// Queue starts a drain of each slot. A slot that is already queued or being
// drained is left alone.
type Queue interface {
	Enqueue(ctx context.Context, slots []Slot) error
}

// Waker turns rows whose time has come into drain jobs.
type Waker struct {
	due   Due
	queue Queue
	log   *slog.Logger
}

// NewWaker returns a waker.
func NewWaker(due Due, queue Queue, log *slog.Logger) *Waker {
	return &Waker{due: due, queue: queue, log: log}
}

// Run wakes due slots until ctx ends.
func (w *Waker) Run(ctx context.Context) error {
	tick := time.NewTicker(wakeEvery)
	defer tick.Stop()
	for {
		if err := w.wake(ctx); err != nil && ctx.Err() == nil {
			w.log.WarnContext(ctx, "wake due work", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (w *Waker) wake(ctx context.Context) error {
	slots, err := w.due.DueSlots(ctx, 256)
	if err != nil || len(slots) == 0 {
		return err
	}
	return w.queue.Enqueue(ctx, slots)
}
