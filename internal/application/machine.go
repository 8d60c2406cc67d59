package application

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

// Times of the state machine.
const (
	// fallback is how long a waiting operation goes without a look when its
	// follower says nothing.
	fallback = 30 * time.Second
	// retryEvery is the pause after a call to the cluster that may do better
	// later, unless the error tells of a longer one.
	retryEvery = 10 * time.Second
	// inTheWayEvery is the pause while an old pod is being deleted.
	inTheWayEvery = 500 * time.Millisecond
	// startGrace is how long an operation that made nothing yet waits for a
	// cluster that cannot be reached.
	startGrace = 2 * time.Minute
	// overtime is how long after the deadline we wait for the cluster to say
	// how the pod ended before we decide it ourselves.
	overtime = time.Minute
	// pullGrace is how long an image may fail to be pulled.
	pullGrace = time.Minute
	// keepFailed is how long the pod of a failed operation stays.
	keepFailed = 24 * time.Hour
)

// Machine advances operations. Observed facts decide the phase, the phase
// decides the next action; every action may be run again after a crash.
type Machine struct {
	Store  Store
	Runner Runner
	Opener Opener
	// Poke makes the supervisor of followers look at once.
	// It may be nil.
	Poke func()
	// Began is told of every operation that begins its work in a cluster. It
	// may be nil.
	Began func(ctx context.Context, op Operation)
	Log   *slog.Logger
	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Step advances one operation until it must wait.
func (m *Machine) Step(ctx context.Context, claim work.Claim) (work.Next, error) {
	for {
		op, err := m.Store.Operation(ctx, claim.Object)
		if apperr.CodeOf(err) == apperr.NotFound {
			return work.Done(), nil
		}
		if err != nil {
			return work.Next{}, fmt.Errorf("read operation %d: %w", claim.Object, err)
		}
		turn, err := m.act(ctx, op)
		if err != nil || !turn.again {
			return turn.next, err
		}
	}
}

// turn is what an action says of the next one: at once, or as next says.
type turn struct {
	again bool
	next  work.Next
}

func again() (turn, error)                        { return turn{again: true}, nil }
func wait(d time.Duration) (turn, error)          { return turn{next: work.After(d)}, nil }
func done() (turn, error)                         { return turn{next: work.Done()}, nil }
func broken(what string, err error) (turn, error) { return turn{}, fmt.Errorf("%s: %w", what, err) }

func (m *Machine) act(ctx context.Context, op Operation) (turn, error) {
	switch op.Phase {
	case PhasePending:
		return m.begin(ctx, op)
	case PhasePreparing:
		return m.prepare(ctx, op)
	case PhaseRunning:
		return m.watch(ctx, op)
	case PhaseCollecting:
		return m.collect(ctx, op)
	case PhaseSucceeded, PhaseFailed:
		return done()
	default:
		return turn{}, fmt.Errorf("operation %d is in the unknown phase %q", op.ID, op.Phase)
	}
}

// retry pauses after a failed call to the cluster, and says so in the log. It
// is up again for one more try before by, when it gives up.
func (m *Machine) retry(ctx context.Context, op Operation, doing string, err error, by time.Time) (turn, error) {
	if ctx.Err() != nil || errors.Is(err, work.ErrLeaseLost) {
		return broken(doing, err)
	}
	after, _ := apperr.AfterOf(err)
	pause := max(retryEvery, min(after, by.Sub(m.now())-retryEvery))
	m.Log.WarnContext(ctx, "operation waits for its cluster", slog.String("doing", doing),
		slog.Int64("operation", op.ID), slog.Int64("cluster_id", op.ClusterID), slog.Duration("pause", pause), slog.Any("error", err))
	return wait(pause)
}

func (m *Machine) now() time.Time {
	if m.Now != nil {
		return m.Now().UTC()
	}
	return time.Now().UTC()
}

// change writes the operation and its application in one transaction, after
// edit has changed both. The work claim in ctx fences it.
func (m *Machine) change(ctx context.Context, id int64, edit func(tx Tx, op *Operation, app *Application) error) error {
	err := m.Store.Atomically(ctx, func(tx Tx) error {
		op, err := tx.Operation(ctx, id)
		if err != nil {
			return fmt.Errorf("read it: %w", err)
		}
		app, err := tx.Application(ctx, op.ApplicationID)
		if err != nil {
			return fmt.Errorf("read its application: %w", err)
		}
		app.UpdatedAt = m.now()
		ended := op.Final()
		if err := edit(tx, &op, &app); err != nil {
			return err
		}
		if op.Final() && !ended {
			if err := tx.Record(ctx, op.entry("operation."+string(op.Phase))); err != nil {
				return fmt.Errorf("record its end: %w", err)
			}
		}
		return m.write(ctx, tx, op, app)
	})
	if err != nil {
		return fmt.Errorf("change operation %d: %w", id, err)
	}
	return nil
}

func (m *Machine) write(ctx context.Context, tx Tx, op Operation, app Application) error {
	if err := tx.UpdateOperation(ctx, op); err != nil {
		return fmt.Errorf("write it: %w", err)
	}
	if err := m.writeApplication(ctx, tx, op, app); err != nil {
		return err
	}
	tx.Notify(OperationTopic(op.ID))
	tx.Notify(Topic(op.ClusterID))
	return nil
}

// writeApplication stores the application, or removes it with its release.
func (m *Machine) writeApplication(ctx context.Context, tx Tx, op Operation, app Application) error {
	if op.Action == Uninstall && op.Phase == PhaseSucceeded {
		if err := tx.DeleteApplication(ctx, app.ID); err != nil {
			return fmt.Errorf("delete its application: %w", err)
		}
		return nil
	}
	if err := tx.UpdateApplication(ctx, app); err != nil {
		return fmt.Errorf("write its application: %w", err)
	}
	return nil
}
