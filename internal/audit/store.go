package audit

import "context"

// ChainStore keeps the chain and what waits for it.
type ChainStore interface {
	// Atomically runs fn in one transaction.
	Atomically(ctx context.Context, fn func(tx ChainTx) error) error
	// Waiting counts the events that wait for their place in the chain.
	Waiting(ctx context.Context) (int, error)
	// Links lists, in order of n and after the given one, the links with their events.
	Links(ctx context.Context, after int64, limit int) ([]Linked, error)
	// Loose returns the id of an event that neither is in the chain nor waits for it; zero when there is none.
	Loose(ctx context.Context) (int64, error)
	// Checkpoints lists all of them in order of n.
	Checkpoints(ctx context.Context) ([]Checkpoint, error)
}

// ChainTx is what one transaction does to the chain.
type ChainTx interface {
	// Head returns the last link or, where all of them were pruned, the checkpoint that this left. Its N is zero when
	// nothing was ever chained.
	Head(ctx context.Context) (Head, error)
	// Pending lists, in order of id, the events that wait for their place.
	Pending(ctx context.Context, limit int) ([]Event, error)
	// Append adds a link, whose event waits no longer. It fails when its place or its event is taken.
	Append(ctx context.Context, link Link) error
	// PutCheckpoint stores a checkpoint, in place of one at the same link.
	PutCheckpoint(ctx context.Context, c Checkpoint) error
	// Prune deletes up to limit links up to n with their events, the oldest first, and the checkpoints before n. It
	// returns how many links there were.
	Prune(ctx context.Context, n int64, limit int) (int, error)
}

// Linked is a link with its event, which is not found when somebody deleted it.
type Linked struct {
	Link

	Event Event
	Found bool
}
