package logline

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/roadstead/roadstead/installer/internal/mask"
)

// Step is one part of an operation, in the order in which they run.
type Step string

// The steps. An uninstall has only Prepare, Uninstall and Done.
const (
	Prepare   Step = "prepare"   // read the request, reach the cluster
	Fetch     Step = "fetch"     // resolve and download the chart
	Values    Step = "values"    // merge the values, compare them with the chart's schema
	Repair    Step = "repair"    // free a release that an interrupted operation left behind
	CRDs      Step = "crds"      // apply the chart's custom resource definitions
	Apply     Step = "apply"     // install or upgrade, with hooks and waiting
	Uninstall Step = "uninstall" // remove the release
	Done      Step = "done"      // the verdict
)

// State is how far a step is.
type State string

// The states. A step starts, runs, and succeeds or fails.
const (
	Started   State = "started"
	Running   State = "running"
	Succeeded State = "succeeded"
	Failed    State = "failed"
)

// Log writes lines. It is safe for concurrent use.
type Log struct {
	now func() time.Time

	mu     sync.Mutex
	w      io.Writer
	mask   *mask.Mask
	step   Step
	seq    int
	closed bool
}

// New makes a log in the first step. Until SetMask is called only tokens are masked.
func New(w io.Writer, now func() time.Time) *Log {
	return &Log{w: w, now: now, mask: mask.New(), step: Prepare}
}

// SetMask says what is masked in every message from now on.
func (l *Log) SetMask(m *mask.Mask) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mask = m
}

// Step returns the current step.
func (l *Log) Step() Step {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.step
}

// Start enters a step.
func (l *Log) Start(step Step, intent string) {
	l.mu.Lock()
	l.step = step
	l.mu.Unlock()
	l.write(Started, intent)
}

// Runningf tells about the current step.
func (l *Log) Runningf(format string, args ...any) { l.write(Running, fmt.Sprintf(format, args...)) }

// Succeeded ends the current step well.
func (l *Log) Succeeded(done string) { l.write(Succeeded, done) }

// Failed ends the current step badly.
func (l *Log) Failed(reason string) { l.write(Failed, reason) }

// Close ends the log: what still runs in the background when the verdict is out is not written any more.
func (l *Log) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *Log) write(state State, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	messages := lines(l.mask.Text(text))
	if state != Running {
		messages = []string{cut(strings.Join(messages, "; "), maxLine)} // a step starts and ends once
	}
	for _, msg := range messages {
		l.seq++
		// The log has nowhere to tell that it cannot be written.
		_, _ = fmt.Fprintf(l.w, "time=%s seq=%d step=%s state=%s msg=%s\n",
			l.now().UTC().Format(time.RFC3339Nano), l.seq, l.step, state, strconv.Quote(msg))
	}
}
