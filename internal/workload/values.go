package workload

import (
	"context"
	"fmt"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	// interestLifetime is how long interest lasts after the last read.
	interestLifetime = 10 * time.Minute
	// interestGrain bounds the writes: interest is extended when this much of
	// it is used up.
	interestGrain = 10 * time.Second
)

// Values reads polled values. It never calls a cluster: reading keeps a value
// wanted, and the Refresher refreshes what is wanted.
type Values struct {
	store ValueStore
	now   func() time.Time
}

// NewValues returns values kept in store, by the clock now.
func NewValues(store ValueStore, now func() time.Time) *Values {
	return &Values{store: store, now: now}
}

// Read returns a value as it is known now and keeps it wanted. The first read
// of a value returns it empty.
func (s *Values) Read(ctx context.Context, clusterID int64, name string) (Value, error) {
	values, err := s.ReadMany(ctx, name, []int64{clusterID})
	if err != nil {
		return Value{}, err
	}
	v, ok := values[clusterID]
	if !ok {
		return Value{}, apperr.Of(apperr.NotFound)
	}
	return v, nil
}

// ReadMany is Read for the rows of a list: one value each of many clusters.
// Clusters that do not exist are left out.
func (s *Values) ReadMany(ctx context.Context, name string, clusterIDs []int64) (map[int64]Value, error) {
	stored, err := s.store.Values(ctx, name, clusterIDs)
	if err != nil {
		return nil, fmt.Errorf("read %s of %d clusters: %w", name, len(clusterIDs), err)
	}
	values := make(map[int64]Value, len(clusterIDs))
	for _, v := range stored {
		values[v.Cluster] = v.current()
	}
	if err := s.extend(ctx, name, clusterIDs, values); err != nil {
		return nil, fmt.Errorf("extend the interest in %s: %w", name, err)
	}
	return values, nil
}

// extend keeps the values wanted whose interest has been used up by a grain
// and those that nobody has read before, all in one transaction.
func (s *Values) extend(ctx context.Context, name string, clusterIDs []int64, values map[int64]Value) error {
	now := s.now()
	var due []int64
	for _, id := range clusterIDs {
		if v, ok := values[id]; !ok || s.neglected(v, now) {
			due = append(due, id)
		}
	}
	if len(due) == 0 {
		return nil
	}
	return s.store.Atomically(ctx, func(tx ValueTx) error {
		for _, id := range due {
			v, err := want(ctx, tx, id, name, now)
			if apperr.CodeOf(err) == apperr.NotFound {
				continue
			}
			if err != nil {
				return err
			}
			values[id] = v.showing(values[id])
		}
		return nil
	})
}

// neglected reports whether a read must write: the interest runs low, or the
// cluster changed and no refresh is due yet.
func (s *Values) neglected(v Value, now time.Time) bool {
	if v.WantedUntil.Sub(now) <= interestLifetime-interestGrain {
		return true
	}
	return v.Generation != v.ClusterGeneration && v.RefreshAt.After(now)
}

// want extends the interest. The refresh is scheduled each time, so that a
// value which is looked at cannot stay behind, whatever became of its timer.
func want(ctx context.Context, tx ValueTx, clusterID int64, name string, now time.Time) (Value, error) {
	v, err := tx.EnsureValue(ctx, clusterID, name)
	if err != nil {
		return Value{}, err
	}
	v.WantedUntil = now.Add(interestLifetime)
	soon := v.CheckedAt.Add(v.interval(now))
	if v.Generation != v.ClusterGeneration {
		soon = now
	}
	if soon.Before(v.RefreshAt) {
		v.RefreshAt = soon
	}
	if err := tx.UpdateValue(ctx, v); err != nil {
		return Value{}, err
	}
	if v.RefreshAt.After(now) {
		return v, tx.ScheduleAt(ctx, v.ref(), v.RefreshAt)
	}
	return v, tx.Schedule(ctx, v.ref())
}

// Refresh makes a value due now, whether or not anybody looks at it.
func (s *Values) Refresh(ctx context.Context, clusterID int64, name string) error {
	err := s.store.Atomically(ctx, func(tx ValueTx) error {
		v, err := tx.EnsureValue(ctx, clusterID, name)
		if err != nil {
			return err
		}
		return s.dueNow(ctx, tx, v)
	})
	if err != nil {
		return fmt.Errorf("refresh %s of cluster %d: %w", name, clusterID, err)
	}
	return nil
}

// Invalidate makes every value of a cluster due now that was not fetched from
// the given generation of it. What was fetched before is hidden already: by
// its generation, at the moment the cluster changed. A cluster that is gone
// has no values, which is fine.
func (s *Values) Invalidate(ctx context.Context, clusterID, generation int64) error {
	err := s.store.Atomically(ctx, func(tx ValueTx) error {
		if _, err := tx.EnsureValue(ctx, clusterID, Connection); err != nil {
			return err
		}
		values, err := tx.ValuesOfCluster(ctx, clusterID)
		if err != nil {
			return err
		}
		for _, v := range values {
			if v.Generation >= generation {
				continue
			}
			if err := s.dueNow(ctx, tx, v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil && apperr.CodeOf(err) != apperr.NotFound {
		return fmt.Errorf("invalidate the values of cluster %d: %w", clusterID, err)
	}
	return nil
}

func (s *Values) dueNow(ctx context.Context, tx ValueTx, v Value) error {
	v.RefreshAt = s.now()
	if err := tx.UpdateValue(ctx, v); err != nil {
		return err
	}
	tx.Notify(ValueTopic(v.Cluster, v.Name))
	return tx.Schedule(ctx, v.ref())
}
