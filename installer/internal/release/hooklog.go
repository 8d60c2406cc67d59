package release

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	hookLines = 20       // last lines of a failed hook that are shown
	hookBytes = 16 << 10 // at most of each of its containers
	hookTime  = 5 * time.Second
)

// showLogs puts the last words of a failed hook into our log: its pods may be deleted the next moment. Where we
// may not read logs nothing is shown.
func (w *waiter) showLogs(found []missing) {
	if errors.Is(w.ctx.Err(), context.Canceled) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), hookTime)
	defer cancel()
	for _, f := range found {
		for _, pod := range w.podsOf(ctx, f.Object) {
			w.showLog(ctx, pod)
		}
	}
}

func (w *waiter) podsOf(ctx context.Context, o Object) []corev1.Pod {
	options := metav1.ListOptions{LabelSelector: "job-name=" + o.Name, Limit: 3}
	switch o.Kind {
	case "Job":
	case "Pod":
		options = metav1.ListOptions{FieldSelector: "metadata.name=" + o.Name}
	default:
		return nil
	}
	pods, err := w.lookup.cluster.Typed.CoreV1().Pods(o.Namespace).List(ctx, options)
	if err != nil {
		return nil
	}
	return pods.Items
}

func (w *waiter) showLog(ctx context.Context, pod corev1.Pod) {
	lines, most := int64(hookLines), int64(hookBytes)
	for _, c := range pod.Spec.Containers {
		text, err := w.lookup.cluster.Typed.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
			Container: c.Name, TailLines: &lines, LimitBytes: &most,
		}).DoRaw(ctx)
		if err != nil {
			continue
		}
		out := &lineWriter{log: w.log, prefix: "hook " + pod.Name + "/" + c.Name}
		_, _ = out.Write(append(text, '\n'))
	}
}

// lineWriter turns a stream of text into lines of our log. What follows the last line break is kept until the
// next write, so that a secret is never cut in two.
type lineWriter struct {
	log    Log
	prefix string
	rest   []byte
}

// Write takes a piece of the stream.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			break
		}
		l.rest = rest
		if text := strings.TrimSpace(string(line)); text != "" {
			l.log.Runningf("%s| %s", l.prefix, text)
		}
	}
	if len(l.rest) > hookBytes {
		l.rest = l.rest[:0]
	}
	return len(p), nil
}
