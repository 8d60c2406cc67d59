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

// KeyStore keeps what is known of each mirrored key: interest, state, age and
// who may write. Every write of a follower carries its status, whose ID and
// epoch fence it: once another follower has begun, or the key was forgotten,
// it is refused with work.ErrLeaseLost.
type KeyStore interface {
	// Status returns what is known of a key, or apperr.NotFound when nobody has
	// read it yet.
	Status(ctx context.Context, key Key) (Status, error)
	// Want keeps a key wanted until then, makes it if there is none, and
	// returns it.
	Want(ctx context.Context, key Key, until time.Time) (Status, error)
	// Wanted lists the keys that are wanted at the given time.
	Wanted(ctx context.Context, at time.Time) ([]Status, error)
	// Forget drops all keys of a cluster with their rows.
	Forget(ctx context.Context, clusterID int64) error

	// Begin hands a key to a follower. It returns work.ErrLeaseLost when the
	// epoch is not newer than the one before.
	Begin(ctx context.Context, key Key, epoch int64, heldUntil time.Time) (Status, error)
	// Hold extends HeldUntil.
	Hold(ctx context.Context, status Status, heldUntil time.Time) error
	// Save writes state, code, N, AsOf and progress.
	Save(ctx context.Context, status Status) error
	// Leave ends the following at the given time: the state becomes stale, or
	// idle when nobody wants the key any more.
	Leave(ctx context.Context, status Status, at time.Time) error

	// Prune forgets what was deleted before the first time, and all about keys
	// that nobody has wanted since the second.
	Prune(ctx context.Context, deletedBefore, unwantedSince time.Time) error
}

// Rows keeps the mirrored rows of one kind.
type Rows[R any] interface {
	// Write saves the status and applies the batch in one transaction.
	Write(ctx context.Context, status Status, batch Batch[R]) error
	// Unmarked lists rows whose mark is older, in order of namespace and name.
	Unmarked(ctx context.Context, status Status, mark int64, after Ref, limit int) ([]Gone, error)
	// Count counts the rows of a key.
	Count(ctx context.Context, id int64) (int64, error)
	// Page reads rows in order of name and namespace.
	Page(ctx context.Context, id int64, page Page) ([]R, error)
	// Since lists at most limit rows and deletions each, whose N is higher.
	Since(ctx context.Context, id, n int64, limit int) ([]R, []Gone, error)
}

// Batch is what a follower writes at a time. It names each object once.
type Batch[R any] struct {
	// Mark stamps the written rows, so that a list can tell what it did not see.
	Mark int64
	// Fill says that the items come from a list: they replace whatever is
	// stored. Otherwise only what is newer does.
	Fill  bool
	Items []Item[R]
	Gone  []Gone
}
