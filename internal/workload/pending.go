package workload

import "strconv"

// pending is what a watch said since the last write: of each object only the
// newest state.
type pending[R any] struct {
	objects map[Ref]pendingObject[R]
	// version is that of the last event.
	version string
	// opened and progressed say that the stream was opened, and that something
	// came in after that.
	opened     bool
	progressed bool
}

type pendingObject[R any] struct {
	item    Item[R]
	removed bool
}

// add takes one event in, unless something newer is known of its object.
func (p *pending[R]) add(e Event[R], known *past) {
	if e.Type == Opened {
		p.opened = true
		return
	}
	p.progressed = true
	p.version = later(p.version, e.Version)
	if e.Type == Bookmark {
		return
	}
	if known.covers(e.Item.Ref, e.Item.Version) {
		return
	}
	if old, ok := p.objects[e.Item.Ref]; ok && e.Item.Version != 0 && old.item.Version > e.Item.Version {
		return
	}
	if e.Type == Removed {
		known.removed(e.Item.Ref, e.Item.Version)
	}
	if p.objects == nil {
		p.objects = map[Ref]pendingObject[R]{}
	}
	p.objects[e.Item.Ref] = pendingObject[R]{item: e.Item, removed: e.Type == Removed}
}

// take returns what is pending and starts anew.
func (p *pending[R]) take() pending[R] {
	taken := *p
	*p = pending[R]{}
	return taken
}

// later returns the higher of two versions. Versions that are not numbers
// cannot be compared: then the one that came last counts.
func later(before, after string) string {
	if after == "" {
		return before
	}
	b, errB := strconv.ParseUint(before, 10, 64)
	a, errA := strconv.ParseUint(after, 10, 64)
	if errA == nil && errB == nil && a < b {
		return before
	}
	return after
}
