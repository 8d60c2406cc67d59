package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/roadstead/roadstead/internal/apperr"
)

// LogOptions say which part of a container's log to read.
type LogOptions struct {
	Follow   bool      // go on until the container ends
	Since    time.Time // from this second on; zero: from the start
	Lines    int64     // only so many lines at the end; 0: all
	MaxBytes int64     // where reading ends with cluster_response_too_large; 0: 64 MiB
	Silence  time.Duration
	// Silence ends a log that sends no byte for so long with cluster_timeout; 0: a minute, or without limit
	// when following, since a quiet container is no fault.
}

const (
	maxLog     = 64 << 20
	logSilence = time.Minute
)

// PodLog opens the log of a container. The reader ends with ctx; it must be closed.
func (c *Client) PodLog(ctx context.Context, namespace, pod, container string, o LogOptions) (io.ReadCloser, error) {
	g, err := c.group(ctx, core)
	if err != nil {
		return nil, fmt.Errorf("opening the log of pod %s/%s: %w", namespace, pod, err)
	}
	options := &corev1.PodLogOptions{Container: container, Follow: o.Follow}
	if !o.Since.IsZero() {
		options.SinceTime = &metav1.Time{Time: o.Since}
	}
	if o.Lines > 0 {
		options.TailLines = &o.Lines
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = maxLog
	}
	if o.Silence == 0 && !o.Follow {
		o.Silence = logSilence
	}
	limit := callTimeout
	if o.Follow {
		limit = 0 // nothing comes before the container's first line
	}
	ctx, s := c.stream(ctx, limit)
	body, err := g.Get().MaxRetries(0).Namespace(namespace).Resource("pods").Name(pod).SubResource("log").
		VersionedParams(options, scheme.ParameterCodec).Stream(ctx)
	s.opened()
	if err != nil {
		err = streamError(ctx, err)
		s.end()
		return nil, fmt.Errorf("opening the log of pod %s/%s: %w", namespace, pod, err)
	}
	return newLogReader(ctx, body, o, s.end), nil
}

// logReader bounds a log in bytes and in silence.
type logReader struct {
	io.Reader
	body    io.ReadCloser
	silence time.Duration
	timer   *time.Timer // ends the stream, and with it a Read that waits
	end     func()
	cause   func(error) error // gives an error of the stream its code
}

func newLogReader(ctx context.Context, body io.ReadCloser, o LogOptions, end func()) *logReader {
	r := &logReader{
		Reader: &capped{r: body, left: o.MaxBytes}, body: body, silence: o.Silence, end: end,
		cause: func(err error) error { return streamError(ctx, err) },
	}
	if o.Silence > 0 {
		r.timer = time.AfterFunc(o.Silence, end)
	}
	return r
}

// streamError is the reason why the stream was ended, if it was, else err with its code.
func streamError(ctx context.Context, err error) error {
	if cause := streamCause(ctx); cause != nil {
		return cause
	}
	return classify(err)
}

// Read implements io.Reader; its errors carry codes.
func (r *logReader) Read(p []byte) (int, error) {
	if r.timer != nil {
		r.timer.Reset(r.silence)
	}
	n, err := r.Reader.Read(p)
	if err == nil || errors.Is(err, io.EOF) {
		return n, err
	}
	if r.timer != nil && !r.timer.Stop() {
		return n, apperr.Of(apperr.ClusterTimeout).With(err)
	}
	return n, r.cause(err)
}

// Close implements io.Closer.
func (r *logReader) Close() error {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.end()
	return r.body.Close()
}
