package application

import (
	"slices"
	"time"
)

// StepState is how far a step of an operation is.
type StepState string

// States of a step. The installer writes them in its log.
const (
	StepStarted   StepState = "started"
	StepRunning   StepState = "running"
	StepSucceeded StepState = "succeeded"
	StepFailed    StepState = "failed"
)

// Step is one step of an operation, as people see it.
type Step struct {
	Name  string
	State StepState
	// StartedAt and EndedAt are zero while unknown.
	StartedAt time.Time
	EndedAt   time.Time
	// Message is the latest word of the step.
	Message string
}

// Our own steps around those of the installer.
const (
	stepRights  = "rights"
	stepPod     = "pod"
	stepCollect = "collect"
)

// Steps lists the steps of an operation in the order they began: ours, from
// where the operation stands, and the installer's, from its log.
func Steps(op Operation, lines []LogLine) []Step {
	steps := []Step{rightsStep(op)}
	if reached(op, PhasePreparing) {
		steps = append(steps, podStep(op, lines))
	}
	steps = append(steps, installerSteps(op, lines)...)
	if reached(op, PhaseCollecting) && !op.StartedAt.IsZero() {
		steps = append(steps, collectStep(op))
	}
	return steps
}

// reached reports whether the operation got as far as the phase. One that
// failed before it began got nowhere.
func reached(op Operation, phase Phase) bool {
	order := []Phase{PhasePending, PhasePreparing, PhaseRunning, PhaseCollecting}
	if op.Final() {
		return phase == PhasePending || !op.StartedAt.IsZero()
	}
	return slices.Index(order, op.Phase) >= slices.Index(order, phase)
}

func rightsStep(op Operation) Step {
	step := Step{Name: stepRights, State: StepRunning, StartedAt: op.CreatedAt}
	switch {
	case !op.StartedAt.IsZero():
		step.State, step.EndedAt = StepSucceeded, op.StartedAt
	case op.Final():
		step.State, step.EndedAt = StepFailed, op.FinishedAt
	}
	return step
}

func podStep(op Operation, lines []LogLine) Step {
	step := Step{Name: stepPod, State: StepRunning, StartedAt: op.StartedAt}
	switch {
	case len(lines) > 0:
		step.State, step.EndedAt = StepSucceeded, parseLine(lines[0].Text).Time
	case reached(op, PhaseCollecting):
		step.State, step.EndedAt = StepFailed, op.FinishedAt
	}
	return step
}

func collectStep(op Operation) Step {
	step := Step{Name: stepCollect, State: StepRunning}
	if op.Final() {
		step.State, step.EndedAt = StepSucceeded, op.FinishedAt
	}
	return step
}

// installerSteps folds the log lines of each step into one. A step that was
// left without a word when the run ended has failed with it.
func installerSteps(op Operation, lines []LogLine) []Step {
	var steps []Step
	for _, raw := range lines {
		line := parseLine(raw.Text)
		if line.Step == "" {
			continue
		}
		at := slices.IndexFunc(steps, func(s Step) bool { return s.Name == line.Step })
		if at < 0 {
			at = len(steps)
			steps = append(steps, Step{Name: line.Step, StartedAt: line.Time})
		}
		steps[at].tell(line)
	}
	for i := range steps {
		if steps[i].EndedAt.IsZero() && reached(op, PhaseCollecting) && op.Code != "" {
			steps[i].State = StepFailed
		}
	}
	return steps
}

func (s *Step) tell(line Line) {
	s.Message = line.Message
	switch line.State {
	case StepSucceeded, StepFailed:
		s.State, s.EndedAt = line.State, line.Time
	case StepStarted, StepRunning:
		if s.EndedAt.IsZero() {
			s.State = StepRunning
		}
	}
}
