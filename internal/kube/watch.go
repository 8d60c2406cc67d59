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
	"k8s.io/client-go/kubernetes/scheme"

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
		for ctx.Err() == nil {
			started := c.now()
			err := follow[T, P](ctx, c, o, func() error { return nil }, func(e Event[T]) error {
				o.ResourceVersion = e.ResourceVersion
				if !yield(e, nil) {
					return errStopped
				}
				return nil
			})
			if errors.Is(err, errStopped) {
				return
			}
			if err != nil && ctx.Err() == nil {
				yield(Event[T]{}, fmt.Errorf("watching: %w", err))
				return
			}
			// A server that closes at once must not make us spin.
			if c.now().Sub(started) < time.Second && !pause(ctx, time.Second) {
				return
			}
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
	s := c.stream(ctx, callTimeout)
	defer s.end()
	w, err := openWatch(s, c, P(new(T)), o)
	s.opened()
	if s.Err() != nil {
		return s.cause()
	}
	if err != nil {
		return classify(err)
	}
	defer w.Stop()
	if err := opened(); err != nil {
		return err
	}
	silence := time.NewTimer(c.silence)
	defer silence.Stop()
	for {
		select {
		case <-silence.C:
			return apperr.Of(apperr.ClusterTimeout).With(errQuiet)
		case raw, ok := <-w.ResultChan():
			if !ok || s.Err() != nil {
				return s.cause()
			}
			event, err := eventOf[T, P](raw)
			if err != nil {
				return err
			}
			if err := see(event); err != nil {
				return err
			}
			silence.Reset(c.silence) // after, so that a slow reader is not taken for a silent server
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
	return g.Get().MaxRetries(0).NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(resourceOf(kind)).
		VersionedParams(&metav1.ListOptions{
			LabelSelector: o.Labels, FieldSelector: o.Fields, ResourceVersion: o.ResourceVersion,
			Watch: true, AllowWatchBookmarks: true, TimeoutSeconds: &seconds,
		}, scheme.ParameterCodec).Watch(ctx)
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

// pause waits, or reports false when ctx ends first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
