package awstest

import (
	"slices"
	"time"
)

// work is something that is done to the parts of a stack, each as soon as those are done that it waits for.
type work struct {
	cloud     *Cloud
	tasks     []*task
	impatient bool // the first failure ends it, and cancels what is under way
	over      bool
	finish    func(at time.Time, failed []*task)
}

// task is what is done to one part.
type task struct {
	part  *part
	waits []*task
	state taskState
	// begin starts it and says how long it takes in the real AWS, and why it then fails.
	begin  func(at time.Time) (takes time.Duration, reason string)
	end    func(at time.Time, reason string) // reason is empty for success
	cancel func(at time.Time)
}

type taskState int

const (
	waiting taskState = iota
	running
	done
	broken
)

// forever is how long a part takes that hangs.
const forever = 1000 * time.Hour

// pump starts what can start, and finishes the work when nothing is left.
func (w *work) pump(at time.Time) {
	if w.over {
		return
	}
	for _, t := range w.tasks {
		if t.state == waiting && !slices.ContainsFunc(t.waits, func(other *task) bool { return other.state != done }) {
			w.start(t, at)
		}
		if w.over {
			return
		}
	}
	if !w.is(running) {
		w.conclude(at)
	}
}

func (w *work) start(t *task, at time.Time) {
	t.state = running
	takes, reason := t.begin(at)
	if takes >= forever {
		return
	}
	w.cloud.after(at, takes, func(at time.Time) {
		if w.over {
			return
		}
		t.state = done
		if reason != "" {
			t.state = broken
		}
		t.end(at, reason)
		if t.state == broken && w.impatient {
			w.stop(at)
			w.conclude(at)
			return
		}
		w.pump(at)
	})
}

// stop cancels what is under way, without a conclusion.
func (w *work) stop(at time.Time) {
	w.over = true
	for _, t := range w.tasks {
		if t.state == running && t.cancel != nil {
			t.cancel(at)
		}
	}
}

func (w *work) is(state taskState) bool {
	return slices.ContainsFunc(w.tasks, func(t *task) bool { return t.state == state })
}

func (w *work) conclude(at time.Time) {
	w.over = true
	var failed []*task
	for _, t := range w.tasks {
		if t.state == broken {
			failed = append(failed, t)
		}
	}
	w.finish(at, failed)
}
