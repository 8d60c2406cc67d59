package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/application"
)

// eraseLine moves to the start of a terminal's line and empties it.
const eraseLine = "\r\x1b[K"

// progress shows the steps of work that takes time.
type progress struct {
	w        io.Writer
	terminal bool
	began    time.Time
	last     time.Time // when a step was last seen to end
	ended    map[string]bool
	running  string
}

func newProgress(w io.Writer) *progress {
	now := time.Now()
	return &progress{w: w, terminal: isTerminal(w), began: now, last: now, ended: make(map[string]bool)}
}

// isTerminal reports whether w is a device that shows characters.
func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// done shows a step that ended now, once.
func (p *progress) done(name, message string) { p.end("✓", name, message, time.Since(p.began)) }

// fail shows a step that failed now, once.
func (p *progress) fail(name, message string) { p.end("✗", name, message, time.Since(p.began)) }

// run shows the step that is going on. Only terminals show it, since only there it can be taken away again.
func (p *progress) run(name, message string) {
	line := clean(name + "  " + message)
	if p.terminal && line != p.running {
		fmt.Fprintf(p.w, "%s… %.100s", eraseLine, line)
		p.running = line
	}
}

// stop takes the running step away.
func (p *progress) stop() {
	if p.running != "" {
		fmt.Fprint(p.w, eraseLine)
		p.running = ""
	}
}

func (p *progress) end(mark, name, message string, took time.Duration) {
	if p.ended[name] {
		return
	}
	p.ended[name], p.last = true, time.Now()
	p.stop()
	line := fmt.Sprintf("%s %5.1fs  %-12s  %s", mark, took.Seconds(), clean(name), clean(message))
	fmt.Fprintln(p.w, strings.TrimRight(line, " "))
}

// operation shows the steps of an operation that it has not shown yet.
func (p *progress) operation(op api.Operation) {
	for _, step := range op.Steps {
		took := step.EndedAt.Sub(step.StartedAt)
		if step.StartedAt.IsZero() || step.EndedAt.IsZero() {
			took = time.Since(p.last)
		}
		switch step.State {
		case application.StepSucceeded:
			p.end("✓", step.Name, step.Message, took)
		case application.StepFailed:
			p.end("✗", step.Name, step.Message, took)
		case application.StepStarted, application.StepRunning:
			p.run(step.Name, step.Message)
		}
	}
}
