package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"mime"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/streaming"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/scheme"
	restwatch "k8s.io/client-go/rest/watch"

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
		if err == nil {
			w.Close()
		}
		return streamCause(ctx)
	}
	if err != nil {
		return classify(err)
	}
	defer w.Close()
	if err := opened(); err != nil {
		return err
	}
	silence := time.AfterFunc(c.silence, func() { s.fail(errQuiet) })
	defer silence.Stop()
	for {
		kind, obj, err := w.Decode()
		silence.Stop() // a slow reader is not to be taken for a silent server
		if err != nil || ctx.Err() != nil {
			return w.failure(ctx, err)
		}
		event, err := eventOf[T, P](kind, obj)
		if err != nil {
			return err
		}
		if err := see(event); err != nil {
			return err
		}
		silence.Reset(c.silence)
	}
}

// events is an open watch.
type events struct {
	*restwatch.Decoder

	body *tracked
}

// failure is why a watch ended: nil when its connection did, in whatever way.
func (e *events) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return streamCause(ctx)
	}
	broken, ours := apperr.From(err)
	switch {
	case ours && broken.Code != apperr.ClusterRefused:
		return broken
	case e.body.hasEnded() && (ours || isTimeout(err) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)):
		return nil
	}
	return badAnswer(err)
}

// openWatch asks for the events. They are decoded as client-go would, but read by us: it keeps why a stream broke to
// itself.
func openWatch(ctx context.Context, c *Client, example Object, o WatchOptions) (*events, error) {
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
	body, err := withOptions(g.Get().MaxRetries(0).NamespaceIfScoped(o.Namespace, o.Namespace != "").Resource(resourceOf(kind)),
		&metav1.ListOptions{
			LabelSelector: o.Labels, FieldSelector: o.Fields, ResourceVersion: o.ResourceVersion,
			Watch: true, AllowWatchBookmarks: true, TimeoutSeconds: &seconds,
		}).Stream(ctx)
	if err != nil {
		return nil, fmt.Errorf("opening the watch: %w", err)
	}
	opened, err := eventsOf(body, g.version)
	if err != nil {
		body.Close()
		return nil, badAnswer(err)
	}
	return opened, nil
}

func eventsOf(body io.ReadCloser, version schema.GroupVersion) (*events, error) {
	answer, ok := body.(*tracked)
	if !ok {
		return nil, fmt.Errorf("the answer came around our transport, as a %T", body)
	}
	form, parameters, err := mime.ParseMediaType(answer.form)
	if err != nil {
		return nil, fmt.Errorf("reading the type of the answer: %w", err)
	}
	objects, frames, framer, err := runtime.NewClientNegotiator(scheme.Codecs.WithoutConversion(), version).StreamDecoder(form, parameters)
	if err != nil {
		return nil, fmt.Errorf("finding a decoder: %w", err)
	}
	decoder := restwatch.NewDecoder(streaming.NewDecoder(framer.NewFrameReader(body), frames), weighing{objects})
	return &events{decoder, answer}, nil
}

// weighing refuses objects that would take too much memory before it decodes them.
type weighing struct{ runtime.Decoder }

// Decode implements runtime.Decoder.
func (w weighing) Decode(
	data []byte, defaults *schema.GroupVersionKind, into runtime.Object,
) (runtime.Object, *schema.GroupVersionKind, error) {
	if err := weighed(data); err != nil {
		return nil, nil, err
	}
	return w.Decoder.Decode(data, defaults, into) //nolint:wrapcheck // the caller of the watch's decoder says what it was doing
}

func eventOf[T any, P objectOf[T]](kind watch.EventType, object runtime.Object) (Event[T], error) {
	if kind == watch.Error {
		return Event[T]{}, classify(apierrors.FromObject(object))
	}
	obj, ok := object.(P)
	if !ok {
		return Event[T]{}, apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("watching: got a %T", object))
	}
	return Event[T]{Type: kind, Object: (*T)(obj), ResourceVersion: obj.GetResourceVersion()}, nil
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
