package workload

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/work"
)

const (
	// MaxValueSize is the most that a value may hold, in bytes.
	MaxValueSize = 10 << 20
	// pollTimeout bounds one refresh, so that a poller that hangs is told from
	// a worker that stops.
	pollTimeout = 90 * time.Second
	// baselineSweep is how often clusters without their baseline values are
	// looked for.
	baselineSweep      = 30 * time.Second
	baselineSweepLimit = 500
)

// Poller fetches one value from a cluster, as JSON.
type Poller interface {
	Poll(ctx context.Context, clusterID int64) ([]byte, error)
}

// Refresher refreshes the values that are due.
type Refresher struct {
	store   ValueStore
	pollers map[string]Poller
	now     func() time.Time
	log     *slog.Logger
}

// NewRefresher returns a refresher that has one poller for each name.
func NewRefresher(store ValueStore, pollers map[string]Poller, now func() time.Time, log *slog.Logger) *Refresher {
	return &Refresher{store: store, pollers: pollers, now: now, log: log}
}

// Step refreshes one value when it is due. It is the work.Step of ValueKind.
func (r *Refresher) Step(ctx context.Context, claim work.Claim) (work.Next, error) {
	v, err := r.store.ValueByID(ctx, claim.Object)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, fmt.Errorf("read value %d: %w", claim.Object, err)
	}
	now := r.now()
	switch {
	case !v.wanted(now) && !v.unattended():
		return work.Done(), nil
	case !v.ClusterEnabled:
		return work.Rest(baselineInterval), nil
	case v.RefreshAt.After(now):
		return work.Rest(v.RefreshAt.Sub(now)), nil
	}
	return r.refresh(ctx, v, now)
}

func (r *Refresher) refresh(ctx context.Context, v Value, began time.Time) (work.Next, error) {
	data, err := r.poll(ctx, v)
	if ctx.Err() != nil {
		return work.Next{}, fmt.Errorf("poll %s of cluster %d: %w", v.Name, v.Cluster, ctx.Err())
	}
	if err != nil {
		r.log.InfoContext(ctx, "value not refreshed",
			slog.String("name", v.Name), slog.Int64("cluster_id", v.Cluster), slog.Int("failures", v.Failures+1),
			slog.String("code", string(apperr.CodeOf(err))), slog.String("error", apperr.Quote(err.Error())))
	}
	var next work.Next
	err = r.store.Atomically(ctx, func(tx ValueTx) error {
		var txErr error
		next, txErr = r.record(ctx, tx, v, began, outcome{data: data, code: apperr.CodeOf(err)})
		return txErr
	})
	if err != nil {
		return work.Next{}, fmt.Errorf("store %s of cluster %d: %w", v.Name, v.Cluster, err)
	}
	return next, nil
}

func (r *Refresher) poll(ctx context.Context, v Value) ([]byte, error) {
	poller, ok := r.pollers[v.Name]
	if !ok {
		return nil, fmt.Errorf("no poller for values named %q", v.Name)
	}
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	data, err := poller.Poll(ctx, v.Cluster)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && apperr.CodeOf(err) == apperr.Internal:
		return nil, apperr.Of(apperr.ClusterTimeout).With(err)
	case err != nil:
		return nil, err
	case len(data) > MaxValueSize:
		return nil, apperr.Of(apperr.ClusterResponseTooLarge)
	}
	return data, nil
}

// outcome is what a poll ended with: data, or the code of its failure.
type outcome struct {
	data []byte
	code apperr.Code
}

// record stores the outcome of a poll, unless the cluster changed under it.
func (r *Refresher) record(ctx context.Context, tx ValueTx, polled Value, began time.Time, o outcome) (work.Next, error) {
	v, err := tx.Value(ctx, polled.ID)
	if apperr.CodeOf(err) == apperr.NotFound {
		return work.Done(), nil
	}
	if err != nil {
		return work.Next{}, err
	}
	if v.ClusterGeneration != polled.ClusterGeneration {
		return work.After(0), nil
	}
	now := r.now()
	askedAgain := v.RefreshAt.After(began)
	foreign := v.Generation != v.ClusterGeneration
	v = v.current()
	v.Generation, v.CheckedAt, v.Code, v.Failures = v.ClusterGeneration, now, o.code, v.Failures+1
	if o.code == "" {
		v.Failures, v.AsOf = 0, now
	}
	if !askedAgain {
		v.RefreshAt = now.Add(v.interval(now))
	}
	if o.code == "" || foreign {
		if err := tx.SetValueData(ctx, v.ID, o.data); err != nil {
			return work.Next{}, err
		}
	}
	if err := tx.UpdateValue(ctx, v); err != nil {
		return work.Next{}, err
	}
	tx.Notify(ValueTopic(v.Cluster, v.Name))
	return work.Rest(max(0, v.RefreshAt.Sub(now))), nil
}

// Run gives every enabled cluster its baseline values, until ctx ends. It
// mends what a crash between the making of a cluster and of its values left.
func (r *Refresher) Run(ctx context.Context) error {
	tick := time.NewTicker(baselineSweep)
	defer tick.Stop()
	for {
		if err := r.EnsureBaselines(ctx); err != nil && ctx.Err() == nil {
			r.log.WarnContext(ctx, "ensure baseline values", slog.String("error", err.Error()))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// EnsureBaselines makes and schedules the values that enabled clusters have
// without anybody looking, where they are missing.
func (r *Refresher) EnsureBaselines(ctx context.Context) error {
	ids, err := r.store.ClustersWithoutValue(ctx, Connection, baselineSweepLimit)
	if err != nil {
		return fmt.Errorf("list clusters without %s: %w", Connection, err)
	}
	for _, id := range ids {
		err := r.store.Atomically(ctx, func(tx ValueTx) error {
			v, err := tx.EnsureValue(ctx, id, Connection)
			if err != nil {
				return err
			}
			return tx.Schedule(ctx, v.ref())
		})
		if err != nil && apperr.CodeOf(err) != apperr.NotFound {
			return fmt.Errorf("make %s of cluster %d: %w", Connection, id, err)
		}
	}
	return nil
}
