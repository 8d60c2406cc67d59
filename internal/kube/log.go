package kube

import (
	"cmp"
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
	st := c.stream(ctx, limit)
	body, err := g.Get().MaxRetries(0).Namespace(namespace).Resource("pods").Name(pod).SubResource("log").
		VersionedParams(options, scheme.ParameterCodec).Stream(st)
	st.opened()
	if err != nil {
		st.end()
		return nil, fmt.Errorf("opening the log of pod %s/%s: %w", namespace, pod, cmp.Or(st.cause(), classify(err)))
	}
	return newLogReader(body, o, st), nil
}

// logReader bounds a log in bytes and in silence.
type logReader struct {
	io.Reader
	body    io.ReadCloser
	silence time.Duration
	timer   *time.Timer // closes the body, which ends a Read that waits
	stream  *stream
}

func newLogReader(body io.ReadCloser, o LogOptions, s *stream) *logReader {
	r := &logReader{Reader: &capped{r: body, left: o.MaxBytes}, body: body, silence: o.Silence, stream: s}
	if o.Silence > 0 {
		r.timer = time.AfterFunc(o.Silence, s.end)
	}
	return r
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
	return n, cmp.Or(r.stream.cause(), classify(err))
}

// Close implements io.Closer.
func (r *logReader) Close() error {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.stream.end()
	return r.body.Close()
}
