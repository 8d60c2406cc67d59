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

// After an operation its cluster is swept soon, to catch what a worker that
// was paused in the middle of it still made, then hourly while anything is
// left there.
const (
	sweepAfter = time.Minute
	sweepEvery = time.Hour
)

// Sweep removes from the work's cluster what ended operations left: objects
// at once, the pod of a failed operation when it was kept long enough. Only
// objects of this installation and this registration of the cluster are
// touched.
func (m *Machine) Sweep(ctx context.Context, claim work.Claim) (work.Next, error) {
	left, err := m.Runner.Leftovers(ctx, claim.Cluster)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("list leftovers: %w", err)
	}
	var failures error
	rest := 0
	for _, l := range left {
		removed, err := m.sweepOne(ctx, claim.Cluster, l)
		failures = errors.Join(failures, err)
		if !removed {
			rest++
		}
	}
	if failures != nil {
		return work.Next{}, failures
	}
	if rest == 0 {
		return work.Done(), nil
	}
	return work.Rest(sweepEvery), nil
}

func (m *Machine) sweepOne(ctx context.Context, clusterID int64, l Leftover) (removed bool, err error) {
	over, err := m.leftBehind(ctx, clusterID, l)
	if err != nil || !over {
		return false, err
	}
	if err := m.Runner.Remove(ctx, clusterID, l); err != nil {
		return false, fmt.Errorf("remove a leftover %s: %w", l.Kind, err)
	}
	m.Log.InfoContext(ctx, "leftover removed", slog.Int64("cluster_id", clusterID),
		slog.String("kind", l.Kind), slog.Int64("operation", l.OperationID))
	return true, nil
}

// leftBehind reports whether nobody needs the object any more: its operation
// has ended, or we never heard of it.
func (m *Machine) leftBehind(ctx context.Context, clusterID int64, l Leftover) (bool, error) {
	op, err := m.Store.Operation(ctx, l.OperationID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("read operation %d: %w", l.OperationID, err)
	}
	if op.Token != l.Token || op.ClusterID != clusterID {
		return true, nil
	}
	kept := l.Kind == Pod && op.Phase == PhaseFailed && m.now().Before(op.FinishedAt.Add(keepFailed))
	return op.Final() && !kept, nil
}

// SweepSoon asks for a sweep of those of the clusters that have applications,
// as a worker does when it starts.
func (m *Machine) SweepSoon(ctx context.Context, clusterIDs []int64) error {
	var used []int64
	for _, id := range clusterIDs {
		rows, err := m.Store.Applications(ctx, id)
		if err != nil {
			return fmt.Errorf("list applications of cluster %d: %w", id, err)
		}
		if len(rows) > 0 {
			used = append(used, id)
		}
	}
	err := m.Store.Atomically(ctx, func(tx Tx) error {
		for _, id := range used {
			if err := tx.Schedule(ctx, work.Ref{Kind: KindSweep, Object: id, Cluster: id}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("schedule sweeps: %w", err)
	}
	return nil
}
