package audit

import (
	"cmp"
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
)

// verifyBatch is how many links are read at a time.
const verifyBatch = 1000

// Fault is what is wrong with the record.
type Fault string

// What can be wrong. Each is found at the first link that shows it.
const (
	// Changed: the row, or its link, is not the one that was chained.
	Changed Fault = "changed"
	// Missing: the row or its link is gone, or rows were cut off the end.
	Missing Fault = "missing"
	// Swapped: the row of another link stands at this one.
	Swapped Fault = "swapped"
	// Inserted: nobody chained the row.
	Inserted Fault = "inserted"
	// Forged: a checkpoint was not signed by a holder of the keys.
	Forged Fault = "forged"
)

// Finding is the first thing that is wrong.
type Finding struct {
	Fault Fault
	// N is the link that shows it, zero for a row outside of the chain.
	N int64
	// EventID is the row of that link, or the one outside of the chain; zero when there is none.
	EventID int64
}

// Report is what a verification found.
type Report struct {
	// From is the link after which the chain begins: what came before was deleted when its time was over.
	From int64
	// Right counts the links that are right, up to the first one that is not.
	Right int64
	// Checkpoints counts the links at which checkpoints fit the chain.
	Checkpoints int
	// Waiting counts the rows that were not chained yet: the tail that anybody could still change.
	Waiting int
	// Wrong is nil when all is well.
	Wrong *Finding
}

// errWrong ends a walk at what is wrong.
var errWrong = errors.New("the record is not what was chained")

// Verify walks the chain from its beginning and compares it with its checkpoints, and with those that were kept elsewhere.
// It writes nothing. It fails with what the signer fails with when a key is missing that something was signed with.
func Verify(ctx context.Context, store ChainStore, signer Signer, elsewhere []Checkpoint) (Report, error) {
	for {
		w, err := begin(ctx, store, signer, elsewhere)
		if err == nil {
			err = w.all(ctx)
		}
		if err != nil && !errors.Is(err, errWrong) {
			return w.report, fmt.Errorf("verify the audit record: %w", err)
		}
		if w.report.Wrong == nil {
			return w.report, nil
		}
		// Old rows may have been deleted meanwhile, behind the walk: then it begins anew.
		if again, err := begin(ctx, store, signer, nil); err != nil || again.report.From == w.report.From {
			return w.report, nil //nolint:nilerr // what was found stands
		}
	}
}

// walk is one verification.
type walk struct {
	store  ChainStore
	signer Signer
	report Report
	// head is the end of what was found right.
	head Head
	// ahead are the checkpoints that are still to come, in order of n.
	ahead []Checkpoint
}

// begin finds where the chain starts. A checkpoint that begins it must be genuine, or anybody could cut off its front.
func begin(ctx context.Context, store ChainStore, signer Signer, elsewhere []Checkpoint) (*walk, error) {
	w := &walk{store: store, signer: signer, head: start()}
	stored, err := store.Checkpoints(ctx)
	if err != nil {
		return w, err
	}
	if w.report.Waiting, err = store.Waiting(ctx); err != nil {
		return w, err
	}
	for _, c := range stored {
		if ours, err := c.genuine(signer); err != nil {
			return w, err
		} else if !ours {
			return w, w.wrong(Forged, c.N, 0)
		}
		if c.Pruned {
			w.head = c.Head
		}
	}
	w.report.From = w.head.N
	w.ahead = slices.SortedStableFunc(slices.Values(slices.Concat(stored, elsewhere)), func(a, b Checkpoint) int {
		return cmp.Compare(a.N, b.N)
	})
	w.ahead = slices.DeleteFunc(w.ahead, func(c Checkpoint) bool { return c.N < w.head.N })
	return w, nil
}

func (w *walk) wrong(fault Fault, n, eventID int64) error {
	w.report.Wrong = &Finding{Fault: fault, N: n, EventID: eventID}
	return errWrong
}

// all walks to the end of the chain and looks at what is outside of it.
func (w *walk) all(ctx context.Context) error {
	if err := w.compare(); err != nil {
		return err
	}
	for {
		links, err := w.store.Links(ctx, w.head.N, verifyBatch)
		if err != nil {
			return err
		}
		for i := range links {
			if err := w.step(links[i:]); err != nil {
				return err
			}
		}
		if len(links) < verifyBatch {
			break
		}
	}
	if len(w.ahead) > 0 {
		return w.wrong(Missing, w.head.N+1, 0)
	}
	loose, err := w.store.Loose(ctx)
	if err == nil && loose != 0 {
		return w.wrong(Inserted, 0, loose)
	}
	return err
}

// step verifies the first of the links, whose successors tell what went wrong with it.
func (w *walk) step(links []Linked) error {
	l := links[0]
	switch {
	case l.N != w.head.N+1:
		return w.wrong(Missing, w.head.N+1, 0)
	case !l.Found:
		return w.wrong(Missing, l.N, l.EventID)
	}
	right, err := w.fits(l.Link, l.Event)
	if err != nil {
		return err
	}
	if !right {
		return w.explain(links)
	}
	w.head = Head{l.N, l.Hash}
	w.report.Right++
	return w.compare()
}

// fits reports whether a link follows the head with the event.
func (w *walk) fits(l Link, e Event) (bool, error) {
	want, err := w.head.next(w.signer, l.Key, e)
	return err == nil && hmac.Equal(want.Hash, l.Hash), err
}

// compare compares the head with the checkpoints at it.
func (w *walk) compare() error {
	for first := true; len(w.ahead) > 0 && w.ahead[0].N == w.head.N; first = false {
		c := w.ahead[0]
		switch ours, err := c.genuine(w.signer); {
		case err != nil:
			return err
		case !ours:
			return w.wrong(Forged, c.N, 0)
		case !hmac.Equal(c.Hash, w.head.Hash):
			return w.wrong(Changed, c.N, 0)
		}
		if first {
			w.report.Checkpoints++
		}
		w.ahead = w.ahead[1:]
	}
	return nil
}
