package work

import (
	"context"
	"errors"
	"time"
)

// Slots is how many items of one cluster may be advanced at the same time. An
// item always belongs to the same slot, so that at most this many jobs exist
// for a cluster however many rows are due (bulkhead of reference limits: four
// running jobs a cluster).
const Slots = 4

// Lease times: a claim is held for Lease and renewed every third of it, so a
// paused or dead process loses it within half a minute.
const (
	Lease      = 30 * time.Second
	RenewEvery = Lease / 3
)

// ErrLeaseLost says that somebody else holds the item by now. Whatever was
// being written under the old claim is rolled back.
var ErrLeaseLost = errors.New("work lease lost")

// Kind names a state machine, for example "namespace" or "operation".
type Kind string

// Ref names one object that needs work. Cluster is the cluster whose budget
// the work uses.
type Ref struct {
	Kind    Kind
	Object  int64
	Cluster int64
}

// Slot returns the slot that the object belongs to.
func (r Ref) Slot() int { return int(uint64(r.Object) % Slots) }

// Slot is the unit that one drain job works on.
type Slot struct {
	Cluster int64
	Slot    int
	// Ailing says that the cluster failed lately. Its work is then drained
	// apart from that of the others, one item at a time.
	Ailing bool
	// Stale counts the ten-second spans for which the slot has been overdue.
	// It makes the job of an overdue slot differ from one that died with its
	// process, which would otherwise stand in its way.
	Stale int64
}

// Claim is the leased right to advance one object. Every write made with it
// checks Epoch, so a process that wakes up late changes nothing.
type Claim struct {
	Ref
	Epoch int64
	// Attempt counts the steps that ended in an error since the last good one.
	Attempt int
	// Unsettled counts the claims in a row that ended without a word, that is
	// with the death of their process.
	Unsettled int
	// Strikes counts the steps in a row that panicked or did not end when they
	// were told to.
	Strikes int
	// Failures counts what failed in a row because of the cluster: zero when
	// it is well.
	Failures int
	// Wakes is the wake-up counter at the time of the claim. A higher one at
	// settling means that somebody asked again meanwhile.
	Wakes int64
	// Cause says who asked for the work, in words that only those know who
	// write and read it. It is kept until the item is done or at rest.
	Cause string
}

// Next says what a step wants to happen to its item.
type Next struct {
	done   bool
	served bool
	after  time.Duration
}

// Done ends the item. It comes back only when it is scheduled anew.
func Done() Next { return Next{done: true} }

// After asks to be run again in d, or earlier when somebody schedules the item.
func After(d time.Duration) Next { return Next{after: d} }

// Rest is After for an item that comes back for a reason of its own: whoever
// asked for it has been served.
func Rest(d time.Duration) Next { return Next{served: true, after: d} }

// Served reports whether the cause of the item is over, though it comes back.
func (n Next) Served() bool { return n.served }

// IsDone reports whether the item is finished.
func (n Next) IsDone() bool { return n.done }

// Delay returns the time until the next run. It is zero when done.
func (n Next) Delay() time.Duration { return n.after }

// Step advances one object as far as it gets without waiting. It must be safe
// to run again after a crash at any instruction. An error means "try again
// later": the engine backs off. A failure that trying again cannot mend is
// recorded by the domain, which then returns Done.
type Step func(ctx context.Context, claim Claim) (Next, error)

type claimKey struct{}

// WithClaim returns a context whose store transactions are fenced by the claim.
func WithClaim(ctx context.Context, claim Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, claim)
}

// ClaimFrom returns the claim that fences ctx.
func ClaimFrom(ctx context.Context) (Claim, bool) {
	claim, ok := ctx.Value(claimKey{}).(Claim)
	return claim, ok
}
