package workload

import (
	"context"
	"errors"
)

// ErrExpired says that a cluster no longer knows the version from which a
// watch or the rest of a list was asked for. Only a new list helps.
var ErrExpired = errors.New("version expired in the cluster")

// Source lists and watches one kind of object in clusters. Errors of a cluster
// are typed apperr errors. A source is safe for concurrent use.
type Source[R any] interface {
	// List returns one page: the first when token is empty, else the one that
	// the token of the page before stands for.
	List(ctx context.Context, key Key, token string, limit int) (Listing[R], error)
	// Watch passes Opened to sink when the cluster has accepted the watch, then
	// what changed since version. It returns when ctx ends, when sink returns an
	// error, which it passes on, or when the stream ends: nil for a plain end.
	Watch(ctx context.Context, key Key, version string, sink func(Event[R]) error) error
}

// Item is one object as a source saw it.
type Item[R any] struct {
	Ref
	// Version orders the states of one object; zero when the cluster does not
	// number them.
	Version int64
	Row     R
	// N is the revision that the change gets in our store.
	N int64
}

// Listing is one page of a list.
type Listing[R any] struct {
	Items []Item[R]
	// Next is the token of the next page, empty on the last.
	Next string
	// Version is that of the whole list: a watch goes on from it.
	Version string
	// Remaining is about how many objects follow this page; zero when unknown.
	Remaining int64
}

// EventType tells the events of a watch apart.
type EventType int

// Events of a watch.
const (
	// Opened comes first: the cluster has accepted the watch.
	Opened EventType = iota
	// Changed brings the new state of an object.
	Changed
	// Removed says that an object is gone.
	Removed
	// Bookmark says that nothing happened up to its version.
	Bookmark
)

// Event is one message of a watch.
type Event[R any] struct {
	Type EventType
	Item Item[R]
	// Version is where a later watch can go on.
	Version string
}
