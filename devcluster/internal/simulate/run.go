package simulate

import (
	"sync"
	"time"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
	"github.com/roadstead/roadstead/devcluster/internal/pod"
)

// run is one run of a simulated container.
type run struct {
	log     log
	ready   time.Time // zero: never
	stopFor time.Duration

	mu   sync.Mutex
	exit *pod.Exit // planned, and may lie ahead; nil: not planned
	// stopped is closed when the end was put forward, made on the first look.
	stopped chan struct{}
}

func newRun(start pod.Start, b behavior) *run {
	r := &run{stopFor: b.stop, stopped: make(chan struct{})}
	if !b.neverReady {
		r.ready = start.At.Add(b.ready)
	}
	if b.lifetime > 0 {
		r.exit = &pod.Exit{At: start.At.Add(b.lifetime), Code: b.exit}
	}
	r.log = log{
		begun: start.At, text: b.text, run: r,
		greeting: greeting(start.Pod, start.Container),
	}
	return r
}

// State implements pod.Run.
func (r *run) State(now time.Time) pod.State {
	exit, _ := r.end()
	state := pod.State{Ready: !r.ready.IsZero() && !now.Before(r.ready)}
	if now.Before(r.ready) {
		state.Change = r.ready
	}
	switch {
	case exit == nil:
	case !now.Before(exit.At):
		return pod.State{Exit: exit}
	case state.Change.IsZero() || exit.At.Before(state.Change):
		state.Change = exit.At
	}
	return state
}

// Stop implements pod.Run.
func (r *run) Stop(now time.Time, grace time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	exit := pod.Exit{At: now.Add(r.stopFor)}
	if r.stopFor > grace {
		exit = pod.Exit{At: now.Add(grace), Code: killedCode}
	}
	if r.exit != nil && !exit.At.Before(r.exit.At) {
		return
	}
	r.exit = &exit
	close(r.stopped)
	r.stopped = make(chan struct{})
}

// killedCode is the exit code of a process that was killed: 128 + SIGKILL.
const killedCode = 137

// Log implements pod.Run.
func (r *run) Log() logs.Source { return &r.log }

// end is the planned exit, and a channel that tells when the plan changes.
func (r *run) end() (*pod.Exit, <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exit, r.stopped
}
