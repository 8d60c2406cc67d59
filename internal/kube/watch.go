package kube

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Event is one change that a watch saw. A bookmark carries no object of interest, only the version reached.
type Event[T any] struct {
	Type            watch.EventType // Added, Modified, Deleted or Bookmark
	Object          *T
	ResourceVersion string
}

// objectOf is satisfied by the pointer to a typed object.
type objectOf[T any] interface {
	*T
	Object
}

// WatchOptions say what to watch. ResourceVersion is where a list ended.
type WatchOptions struct {
	Namespace       string
	Labels          string
	Fields          string
	ResourceVersion string
}

// errQuiet ends a connection that may be dead: the server sends a bookmark every minute otherwise.
var errQuiet = errors.New("the watch fell silent")

// Watch follows the changes of a kind, such as Watch[corev1.Pod], until ctx ends, over as many connections as it
// takes. The sequence ends with its first error; it wraps ErrExpired when the version is too old, and any error
// means: list again, then watch from there.
func Watch[T any, P objectOf[T]](ctx context.Context, c *Client, o WatchOptions) iter.Seq2[Event[T], error] {
	return func(yield func(Event[T], error) bool) {
		see := func(e Event[T]) error {
			o.ResourceVersion = e.ResourceVersion
			if !yield(e, nil) {
				return errStopped
			}
			return nil
		}
		err := error(nil)
		for err == nil && ctx.Err() == nil {
			started := c.now()
			err = follow[T, P](ctx, c, o, func() error { return nil }, see)
			if err == nil && c.now().Sub(started) < time.Second {
				pause(ctx, time.Second) // a server that closes at once must not make us spin
			}
		}
		if err != nil && !errors.Is(err, errStopped) && ctx.Err() == nil {
			yield(Event[T]{}, fmt.Errorf("watching: %w", err))
		}
	}
}

// errStopped says that the loop over the events was left.
var errStopped = errors.New("stopped")

// follow sees the events of one connection; opened is called before the first. It returns nil when the connection
// ended as agreed or by ctx, and what opened or see return at once.
func follow[T any, P objectOf[T]](
	ctx context.Context, c *Client, o WatchOptions, opened func() error, see func(Event[T]) error,
) error {
	ctx, s := c.stream(ctx, callTimeout)
	defer s.end()
	w, err := openWatch(ctx, c, P(new(T)), o)
	s.opened()
	if ctx.Err() != nil {
		return streamCause(ctx)
	}
	if err != nil {
		return classify(err)
	}
	defer w.Stop()
	if err := opened(); err != nil {
		return err
	}
	return drain(ctx, w.ResultChan(), c.silence, func(raw watch.Event) error {
		event, err := eventOf[T, P](raw)
		if err != nil {
			return err
		}
		return see(event)
	})
}

// drain hands the events on until they end or one is refused, and gives up when none comes for so long.
func drain(ctx context.Context, events <-chan watch.Event, silent time.Duration, see func(watch.Event) error) error {
	silence := time.NewTimer(silent)
	defer silence.Stop()
	for {
		select {
		case <-silence.C:
			return apperr.Of(apperr.ClusterTimeout).With(errQuiet)
		case raw, ok := <-events:
			if !ok || ctx.Err() != nil {
				return streamCause(ctx)
			}
			if err := see(raw); err != nil {
				return err
			}
			silence.Reset(silent) // after, so that a slow reader is not taken for a silent server
		}
	}
}

func openWatch(ctx context.Context, c *Client, example Object, o WatchOptions) (watch.Interface, error) {
	kind, err := kindOf(example)
	if err != nil {
		return nil, err
	}
	g, err := c.group(ctx, kind.Group)
	if err != nil {
		return nil, err
	}
	// Between half and all of it, so that the watches of a restart do not end together.
	seconds := int64((watchFor/2 + rand.N(watchFor/2)).Seconds())
	w, err := withOptions(g.Get().MaxRetries(0).NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(resourceOf(kind)),
		&metav1.ListOptions{
			LabelSelector: o.Labels, FieldSelector: o.Fields, ResourceVersion: o.ResourceVersion,
			Watch: true, AllowWatchBookmarks: true, TimeoutSeconds: &seconds,
		}).Watch(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the watch: %w", err)
	}
	return w, nil
}

func eventOf[T any, P objectOf[T]](raw watch.Event) (Event[T], error) {
	if raw.Type == watch.Error {
		return Event[T]{}, classify(apierrors.FromObject(raw.Object))
	}
	obj, ok := raw.Object.(P)
	if !ok {
		return Event[T]{}, apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("watching: got a %T", raw.Object))
	}
	return Event[T]{Type: raw.Type, Object: (*T)(obj), ResourceVersion: obj.GetResourceVersion()}, nil
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
