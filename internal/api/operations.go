package api

import (
	"context"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
)

// Operation is one run of an install, an upgrade or an uninstall.
type Operation struct {
	ID          int64                `json:"id"`
	Application string               `json:"application"`
	ClusterID   int64                `json:"cluster_id"`
	Action      application.Action   `json:"action" enum:"install,upgrade,uninstall"`
	State       application.Phase    `json:"state" enum:"pending,preparing,running,collecting,succeeded,failed"`
	Final       bool                 `json:"final" doc:"The operation has ended"`
	Version     string               `json:"version,omitempty" doc:"The chart version asked for"`
	Digest      string               `json:"digest,omitempty" doc:"The digest that the chart archive is pinned to"`
	Namespace   string               `json:"namespace" doc:"Where the release lives"`
	Error       *Reason              `json:"error,omitempty" doc:"Why it failed"`
	Steps       []Step               `json:"steps" nullable:"false" doc:"What was done so far, in order"`
	Release     *application.Release `json:"release,omitempty" doc:"What Helm recorded"`
	CRDs        []application.CRD    `json:"crds,omitempty" doc:"Custom resource definitions left in the cluster"`
	CreatedAt   time.Time            `json:"created_at"`
	StartedAt   time.Time            `json:"started_at,omitzero"`
	DeadlineAt  time.Time            `json:"deadline_at,omitzero"`
	FinishedAt  time.Time            `json:"finished_at,omitzero"`
	AsOf        time.Time            `json:"as_of" doc:"When the state was read"`
	Topic       string               `json:"topic" doc:"What to follow at /events"`
}

// Step is one step of an operation.
type Step struct {
	Name      string                `json:"name"`
	State     application.StepState `json:"state" enum:"started,running,succeeded,failed"`
	StartedAt time.Time             `json:"started_at,omitzero"`
	EndedAt   time.Time             `json:"ended_at,omitzero"`
	Message   string                `json:"message,omitempty" doc:"The latest word of the step, from the install pod"`
}

// OperationInput names an operation.
type OperationInput struct {
	Operation int64 `path:"operation"`
}

type showOperationInput struct {
	OperationInput
	WaitInput
}

func (h *Handler) mountOperations(r router) {
	route(r, "GET /operations/{operation}", "show-operation", "Show an operation",
		h.needs(auth.ReadApplication, h.ofOperation), h.showOperation)
	route(r, "GET /operations/{operation}/log", "read-log", "Read an operation's log, or follow it",
		h.needs(auth.ReadApplication, h.ofOperation), h.readLog, r.logAnswers)
}

func (h *Handler) showOperation(ctx context.Context, in *showOperationInput) (*result[Operation], error) {
	op, err := await(ctx, h, in.WaitInput, h.ended(found[application.Operation](ctx).ID))
	if err != nil {
		return nil, err
	}
	lines, err := h.stepLines(ctx, op.ID)
	return &result[Operation]{in.statusOf(op.Final()), viewOperation(op, lines)}, err
}

// stepLines reads the lines of a log that tell of steps.
func (h *Handler) stepLines(ctx context.Context, id int64) (told []application.LogLine, err error) {
	tail := logTail{read: h.Applications.Log, id: id}
	err = tail.each(ctx, func(line application.LogLine) error {
		if tellsStep(line) {
			told = append(told, line)
		}
		return nil
	})
	return told, err
}

// tellsStep picks the lines worth keeping: most of a log is Helm's own chatter.
func tellsStep(line application.LogLine) bool { return strings.Contains(line.Text, " step=") }

// ended is the operation until it is final.
func (h *Handler) ended(id int64) watched[application.Operation] {
	return watched[application.Operation]{
		topics: []string{application.OperationTopic(id)},
		read: func(ctx context.Context) (application.Operation, error) {
			return h.Applications.Operation(ctx, id)
		},
		done: application.Operation.Final,
	}
}

func viewOperation(op application.Operation, lines []application.LogLine) Operation {
	view := Operation{
		ID: op.ID, Application: op.Entry.Name, ClusterID: op.ClusterID, Action: op.Action, State: op.Phase,
		Final: op.Final(), Version: op.Version, Digest: op.Digest, Namespace: op.Entry.Namespace,
		Error: reasonOf(op.Code, op.Detail...), Steps: views(application.Steps(op, lines), viewStep),
		CreatedAt: op.CreatedAt, StartedAt: op.StartedAt, DeadlineAt: op.DeadlineAt, FinishedAt: op.FinishedAt, AsOf: time.Now().UTC(),
		Topic: application.OperationTopic(op.ID),
	}
	if op.Verdict != nil {
		view.CRDs = op.Verdict.CRDs
		if op.Verdict.Release.Name != "" {
			view.Release = &op.Verdict.Release
		}
	}
	return view
}

func viewStep(s application.Step) Step { return Step(s) }
