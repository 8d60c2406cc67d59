package workload

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	// pageSize is how many objects a page asks for; it is halved down to
	// smallestPage while pages come out too large.
	pageSize     = 500
	smallestPage = 20

	// staleLists is how many lists in a row may be older than what is known
	// before one is believed: then the cluster itself went back in time, as by
	// the restoration of a backup.
	staleLists = 3
)

// relist reads the whole list page by page into rows, then removes what it did
// not name. It returns the version from which a watch can go on.
func (f *follower[R]) relist(ctx context.Context) (version string, err error) {
	began := time.Now()
	f.mark = f.next()
	f.status.Synced, f.status.Total, f.status.Incomplete = 0, 0, false

	fetching, stop := context.WithCancel(ctx)
	pages := make(chan fetched[R], 1) // one page is read while another is written
	go func() {
		defer close(pages)
		f.fetch(fetching, pages)
	}()
	defer func() {
		stop()
		for range pages { // until the fetch has ended
		}
	}()
	for page := range pages {
		if page.err != nil {
			return "", page.err
		}
		if version == "" && f.behind(page.listing.Version) {
			return "", ErrExpired
		}
		if err := f.fill(ctx, page.listing); err != nil {
			return "", err
		}
		version = page.listing.Version
		if f.status.Incomplete {
			break
		}
	}
	if ctx.Err() != nil {
		return "", errStopped
	}
	if err := f.sweep(ctx); err != nil {
		return "", err
	}
	f.past, f.reached = since(version), version
	f.status.AsOf, f.status.Code = began, ""
	if err := f.config.Keys.Save(ctx, f.status); err != nil {
		return "", err
	}
	f.announce.now(ctx, f.status.Revision.N)
	return version, nil
}

// behind reports whether a list is older than what is known already, as from
// an API server whose cache lags. What such a list lacks is not gone.
func (f *follower[R]) behind(version string) bool {
	if later(f.reached, version) == version {
		f.stale = 0
		return false
	}
	f.stale++
	return f.stale < staleLists
}

// fetched is one page, or why there is none.
type fetched[R any] struct {
	listing Listing[R]
	err     error
}

// fetch reads pages until the last one or an error. The first page is small
// and needs no lane: a dead cluster fails there, in nobody's way.
func (f *follower[R]) fetch(ctx context.Context, pages chan<- fetched[R]) {
	token, limit, first, slow := "", smallestPage, true, false
	largest := pageSize
	for {
		listing, took, err := f.page(ctx, token, limit, first, slow)
		if apperr.CodeOf(err) == apperr.ClusterResponseTooLarge && limit > smallestPage {
			largest = max(smallestPage, limit/2)
			limit = largest
			continue
		}
		select {
		case pages <- fetched[R]{listing: listing, err: err}:
		case <-ctx.Done():
			return
		}
		if err != nil || listing.Next == "" {
			return
		}
		token, limit, first, slow = listing.Next, largest, false, took > slowPage
	}
}

// page reads one page in its lane and refuses what no list can be.
func (f *follower[R]) page(
	ctx context.Context, token string, limit int, first, slow bool,
) (Listing[R], time.Duration, error) {
	if !first {
		leave, err := f.lanes.enter(ctx, slow)
		if err != nil {
			return Listing[R]{}, 0, err
		}
		defer leave()
	}
	began := time.Now()
	listing, err := f.source.List(ctx, f.key, token, limit)
	if err != nil {
		return Listing[R]{}, 0, err
	}
	if endless := listing.Next != "" && (listing.Next == token || len(listing.Items) == 0); endless {
		return Listing[R]{}, 0, apperr.Of(apperr.ClusterBadResponse)
	}
	return listing, time.Since(began), nil
}

// fill writes one page and the progress made.
func (f *follower[R]) fill(ctx context.Context, listing Listing[R]) error {
	f.status.Total = f.status.Synced + int64(len(listing.Items)) + max(0, listing.Remaining)
	room := f.config.MaxItems - f.status.Synced
	if int64(len(listing.Items)) > room {
		listing.Items, f.status.Incomplete = listing.Items[:room], true
	}
	if f.status.State == Unreachable { // no more
		f.status.State = Syncing
	}
	f.status.Synced += int64(len(listing.Items))
	if listing.Next != "" && f.status.Synced == f.config.MaxItems {
		f.status.Incomplete = true
	}
	items := distinct(listing.Items)
	for i := range items {
		items[i].N = f.next()
	}
	batch := Batch[R]{Mark: f.mark, Fill: true, Items: items}
	if err := f.rows.Write(ctx, f.status, batch); err != nil {
		return err
	}
	f.announce.change(ctx, f.status.Revision.N)
	return nil
}

// sweep removes the rows that the list did not name.
func (f *follower[R]) sweep(ctx context.Context) error {
	if f.mark == 1 { // the first list of the key: nothing was there before
		return nil
	}
	var after Ref
	for {
		gone, err := f.rows.Unmarked(ctx, f.status, f.mark, after, pageSize)
		if err != nil || len(gone) == 0 {
			return err
		}
		for i := range gone {
			gone[i].N = f.next()
		}
		if err := f.rows.Write(ctx, f.status, Batch[R]{Mark: f.mark, Fill: true, Gone: gone}); err != nil {
			return err
		}
		after = gone[len(gone)-1].Ref
	}
}

// distinct keeps the last item of each name, in place.
func distinct[R any](items []Item[R]) []Item[R] {
	at := make(map[Ref]int, len(items))
	kept := items[:0]
	for _, item := range items {
		if i, ok := at[item.Ref]; ok {
			kept[i] = item
			continue
		}
		at[item.Ref] = len(kept)
		kept = append(kept, item)
	}
	return kept
}
