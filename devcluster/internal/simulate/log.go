package simulate

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
)

// linePeriod is the time between two made-up lines.
const linePeriod = time.Second

// log makes up the lines of a run. Line 0 says what started; line n comes n
// periods later; one more tells of the end. A fixed text is written at once.
type log struct {
	run      *run
	begun    time.Time
	greeting string
	text     string
}

func greeting(pod *corev1.Pod, container *corev1.Container) string {
	return fmt.Sprintf("level=info msg=\"started\" pod=%s/%s container=%s image=%s\n",
		pod.Namespace, pod.Name, container.Name, container.Image)
}

// Tail implements logs.Source; positions are line numbers.
func (l *log) Tail(n int64) (int64, error) {
	now := time.Now()
	var count int64
	for {
		line, _ := l.line(count)
		if line.Text == nil || line.Time.After(now) {
			return max(0, count-n), nil
		}
		// Skip what is known to be there rather than make it up.
		count++
		if l.text == "" {
			end := now
			if exit, _ := l.run.end(); exit != nil && exit.At.Before(now) {
				end = exit.At
			}
			count = max(count, int64(end.Sub(l.begun)/linePeriod))
		}
	}
}

// Lines implements logs.Source.
func (l *log) Lines(ctx context.Context, from int64, follow bool) iter.Seq2[logs.Line, error] {
	return func(yield func(logs.Line, error) bool) {
		for n := from; ; {
			line, changed := l.line(n)
			if wait := due(line); wait > 0 {
				if !follow || l.over(line) || !sleep(ctx, wait, changed) {
					return
				}
				continue
			}
			if !yield(line, nil) {
				return
			}
			n++
		}
	}
}

// due is how long it takes until a line is written. It is an hour, after which
// to look again, for one that is not to be expected as things are.
func due(line logs.Line) time.Duration {
	if line.Text == nil {
		return time.Hour
	}
	return time.Until(line.Time)
}

// sleep waits for a duration or a change, and reports false if ctx was done.
func sleep(ctx context.Context, wait time.Duration, changed <-chan struct{}) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-changed:
	case <-ctx.Done():
		return false
	}
	return true
}

// over reports whether a line will never be written.
func (l *log) over(line logs.Line) bool {
	exit, _ := l.run.end()
	return line.Text == nil && exit != nil && !time.Now().Before(exit.At)
}

// line is line n, possibly of the future and then subject to change, and a
// channel that tells of that. It has no text if there is no such line.
func (l *log) line(n int64) (logs.Line, <-chan struct{}) {
	exit, changed := l.run.end()
	if l.text != "" {
		return l.fixed(n), changed
	}
	line := logs.Line{Time: l.begun.Add(time.Duration(n) * linePeriod)}
	if exit == nil || line.Time.Before(exit.At) {
		line.Text = []byte(l.greeting)
		if n > 0 {
			line.Text = fmt.Appendf(nil, "level=info msg=\"still running\" line=%d\n", n)
		}
		return line, changed
	}
	last := int64((exit.At.Sub(l.begun) + linePeriod - 1) / linePeriod)
	if n > last {
		return logs.Line{}, changed
	}
	line.Time = exit.At
	line.Text = fmt.Appendf(nil, "level=info msg=\"exiting\" code=%d\n", exit.Code)
	return line, changed
}

// fixed is line n of the text that the pod asked for.
func (l *log) fixed(n int64) logs.Line {
	for text := range strings.Lines(l.text) {
		if n == 0 {
			return logs.Line{Time: l.begun, Text: []byte(strings.TrimSuffix(text, "\n") + "\n")}
		}
		n--
	}
	return logs.Line{}
}
