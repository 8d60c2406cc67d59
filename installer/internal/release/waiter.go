package release

import (
	"context"
	"errors"
	"fmt"
	"time"

	"helm.sh/helm/v4/pkg/kube"
)

const (
	// reportEvery is how often people are told what is still missing, at most.
	reportEvery = 5 * time.Second
	// crashGrace is how long pods may crash before waiting for them ends: what they need may come up after
	// them, and the first restarts follow each other within 10, 20 and 40 s.
	crashGrace = 2 * time.Minute
)

// waiter waits as Helm does, by watching, tells meanwhile what is missing, and says in its errors which objects
// they are about.
type waiter struct {
	ctx    context.Context //nolint:containedctx // Helm's interface of a waiter has none
	kube   *kube.Client
	lookup *lookup
	log    Log
}

var _ kube.Waiter = (*waiter)(nil)

func newWaiter(ctx context.Context, m *Manager, c *kube.Client) *waiter {
	return &waiter{ctx: ctx, kube: c, lookup: newLookup(m.cluster), log: m.log}
}

// Wait waits until the objects are ready.
func (w *waiter) Wait(list kube.ResourceList, timeout time.Duration) error {
	var crashing time.Time
	for {
		missing, err := w.follow(list, w.lookup.unready, func(k kube.Waiter) error { return k.Wait(list, timeout) })
		if err == nil {
			return nil
		}
		if crashing.IsZero() {
			crashing = time.Now()
		}
		if w.ctx.Err() != nil || !onlyCrashing(missing) || time.Since(crashing) > crashGrace {
			return notReady(missing, err)
		}
		w.pause()
	}
}

// WaitWithJobs waits until the objects are ready; no action of ours waits for a chart's plain Jobs.
func (w *waiter) WaitWithJobs(list kube.ResourceList, timeout time.Duration) error {
	return w.Wait(list, timeout)
}

// WaitForDelete waits until the objects are gone.
func (w *waiter) WaitForDelete(list kube.ResourceList, timeout time.Duration) error {
	missing, err := w.follow(list, w.lookup.present, func(k kube.Waiter) error { return k.WaitForDelete(list, timeout) })
	if err == nil {
		return nil
	}
	return notReady(missing, err)
}

// WatchUntilReady waits until the objects of a hook have done their work. Helm calls it for nothing else.
func (w *waiter) WatchUntilReady(list kube.ResourceList, timeout time.Duration) error {
	missing, err := w.follow(list, w.lookup.unfinished, func(k kube.Waiter) error { return k.WatchUntilReady(list, timeout) })
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*PodRefusedError](err); ok {
		return err
	}
	if len(missing) == 0 {
		missing = objects(list)
	}
	w.showLogs(missing)
	return &HookError{Objects: plain(missing), Err: err}
}

// follow runs one wait of Helm's, reports beside it, and returns what is missing when it failed.
func (w *waiter) follow(list kube.ResourceList, look look, wait func(kube.Waiter) error) ([]missing, error) {
	ctx, cancel := context.WithCancelCause(w.ctx)
	defer cancel(nil)
	inner, err := w.kube.GetWaiterWithOptions(kube.StatusWatcherStrategy, kube.WithWaitContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("preparing to wait: %w", err)
	}
	r := startReporter(ctx, cancel, w.log, func(ctx context.Context) ([]missing, error) { return look(ctx, list) })
	err = wait(inner)
	refused, isRefused := errors.AsType[*PodRefusedError](context.Cause(ctx))
	cancel(nil)
	r.stop()
	switch {
	case err == nil:
		return nil, nil
	case isRefused:
		return nil, refused
	}
	return w.last(list, look), err
}

// last looks once more after a wait has failed, when its own time may be over.
func (w *waiter) last(list kube.ResourceList, look look) []missing {
	if errors.Is(w.ctx.Err(), context.Canceled) {
		return nil // interrupted: there is no time to look
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), reportEvery)
	defer cancel()
	found, err := look(ctx, list)
	if err != nil {
		w.log.Runningf("cannot see what is missing: %v", err)
	}
	return found
}

func (w *waiter) pause() {
	select {
	case <-w.ctx.Done():
	case <-time.After(reportEvery):
	}
}

// notReady makes the error of a wait. A refusal stays what it is.
func notReady(found []missing, err error) error {
	if _, ok := errors.AsType[*PodRefusedError](err); ok {
		return err
	}
	return &NotReadyError{Objects: plain(found), Err: err}
}
