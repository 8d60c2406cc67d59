package application

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/roadstead/roadstead/internal/work"
)

// reopenAfter is the pause before a log stream that broke off is read again.
const reopenAfter = time.Second

// Followers follows the pods of running operations: it stores their logs as
// they are written and wakes an operation when its pod has ended or cannot
// start. What it misses, the operation finds by itself.
type Followers struct {
	Store  Store
	Runner Runner
}

// Wanted lists a follower for every running operation.
func (f *Followers) Wanted(ctx context.Context) ([]work.Follower, error) {
	running, err := f.Store.RunningOperations(ctx)
	if err != nil {
		return nil, fmt.Errorf("list running operations: %w", err)
	}
	followers := make([]work.Follower, 0, len(running))
	for _, op := range running {
		followers = append(followers, work.Follower{
			Key: "operation/" + strconv.FormatInt(op.ID, 10),
			Run: func(ctx context.Context, epoch int64) error { return f.follow(ctx, op, epoch) },
		})
	}
	return followers, nil
}

// follow watches the pod and copies its log until both have ended.
func (f *Followers) follow(ctx context.Context, op Operation, epoch int64) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	pod := &podWatch{started: make(chan struct{}), ended: make(chan struct{})}
	copied := make(chan error, 1)
	go func() {
		err := f.copyLog(ctx, op, epoch, pod)
		if err != nil {
			cancel()
		}
		copied <- err
	}()
	err := f.watchPod(ctx, op, pod)
	if err != nil {
		cancel()
	}
	return errors.Join(<-copied, err)
}

// podWatch tells the log's copier how far the pod is.
type podWatch struct {
	started, ended chan struct{}
	once           sync.Once
}

func (p *podWatch) start() { p.once.Do(func() { close(p.started) }) }

// watchPod returns when the pod has ended and the operation was woken.
func (f *Followers) watchPod(ctx context.Context, op Operation, pod *podWatch) error {
	var trouble string
	var woken error
	err := f.Runner.Watch(ctx, op, func(facts PodFacts) {
		if facts.Started {
			pod.start()
		}
		if troubled(facts) && facts.Waiting != trouble {
			trouble = facts.Waiting
			woken = errors.Join(woken, f.wake(ctx, op))
		}
	})
	if err != nil {
		return fmt.Errorf("watch the install pod: %w", err)
	}
	close(pod.ended)
	return errors.Join(woken, f.wake(ctx, op))
}

func (f *Followers) wake(ctx context.Context, op Operation) error {
	err := f.Store.Atomically(ctx, func(tx Tx) error {
		return tx.Schedule(ctx, work.Ref{Kind: KindOperation, Object: op.ID, Cluster: op.ClusterID})
	})
	if err != nil {
		return fmt.Errorf("wake operation %d: %w", op.ID, err)
	}
	return nil
}

// copyLog copies the log from the container's start to its end. A stream that
// breaks off before the pod has ended is read again from the first line: the
// numbers of the lines tell what is stored already.
func (f *Followers) copyLog(ctx context.Context, op Operation, epoch int64, pod *podWatch) error {
	select {
	case <-pod.started:
	case <-pod.ended:
		return nil
	case <-ctx.Done():
		return nil
	}
	for {
		if err := f.copyStream(ctx, op, epoch); err != nil {
			return err
		}
		select {
		case <-pod.ended:
			return nil
		case <-ctx.Done():
			return nil
		case <-time.After(reopenAfter):
		}
	}
}

func (f *Followers) copyStream(ctx context.Context, op Operation, epoch int64) error {
	stream, err := f.Runner.Log(ctx, op, true)
	if err = unlessGone(err); err != nil {
		return fmt.Errorf("open the log: %w", err)
	}
	if stream == nil {
		return nil
	}
	defer stream.Close()
	// A reader that waits for the next line ends with the stream.
	stop := context.AfterFunc(ctx, func() { _ = stream.Close() })
	defer stop()
	return storeLog(ctx, f.Store, op.ID, epoch, stream, dropTail)
}
