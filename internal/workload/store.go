package workload

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/work"
)

// ValueStore keeps polled values, in the record store beside the rows of work
// that refresh them. A value goes with its cluster.
type ValueStore interface {
	// Atomically runs fn in one transaction, fenced by the claim in ctx.
	Atomically(ctx context.Context, fn func(tx ValueTx) error) error
	// ValueByID returns one value without its Data, or apperr.NotFound.
	ValueByID(ctx context.Context, id int64) (Value, error)
	// Values returns those of the clusters' values of this name that exist,
	// with their Data, in no particular order.
	Values(ctx context.Context, name string, clusterIDs []int64) ([]Value, error)
	// ClustersWithoutValue lists enabled clusters that have no value of this
	// name, at most limit.
	ClustersWithoutValue(ctx context.Context, name string, limit int) ([]int64, error)
}

// ValueTx is the part of the store that changes values, inside one transaction.
// The values it returns carry no Data.
type ValueTx interface {
	// EnsureValue makes the value if there is none and reads it for a change:
	// nobody else changes it until the transaction ends. A cluster that does
	// not exist is apperr.NotFound, which leaves the transaction usable.
	EnsureValue(ctx context.Context, clusterID int64, name string) (Value, error)
	// Value reads one value for a change, or returns apperr.NotFound.
	Value(ctx context.Context, id int64) (Value, error)
	// ValuesOfCluster reads all values of a cluster for a change.
	ValuesOfCluster(ctx context.Context, clusterID int64) ([]Value, error)
	// UpdateValue writes every field but Data and the cluster's own.
	UpdateValue(ctx context.Context, v Value) error
	// SetValueData writes Data alone; nil takes it away.
	SetValueData(ctx context.Context, id int64, data []byte) error

	// Schedule makes an item due at once; ScheduleAt makes it due later.
	Schedule(ctx context.Context, ref work.Ref) error
	ScheduleAt(ctx context.Context, ref work.Ref, at time.Time) error
	// Notify announces a topic once the transaction is committed.
	Notify(topic string)
}
