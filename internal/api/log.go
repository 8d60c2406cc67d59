package api

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/event"
)

// logBatch is how many lines are read from the store at a time while a log is followed.
const logBatch = 500

// LogLine is one line of an operation's log. Its text is what the install pod wrote, cleaned of control characters.
type LogLine struct {
	Seq  int64  `json:"seq"`
	Text string `json:"text"`
}

func viewLine(l application.LogLine) LogLine { return LogLine(l) }

// LogPage is a part of a log.
type LogPage struct {
	Items []LogLine `json:"items" nullable:"false"`
	Next  int64     `json:"next,omitempty" doc:"Give it as after to get the lines that follow; absent when there are none yet"`
	Final bool      `json:"final" doc:"The operation has ended, so no more lines will come after the last page"`
}

type logInput struct {
	OperationInput
	After     int64 `query:"after" minimum:"0" doc:"The seq of the last line that you have"`
	Limit     int   `query:"limit" minimum:"1" maximum:"1000" default:"1000"`
	Follow    bool  `query:"follow" doc:"Answer with a stream, which ends with the operation"`
	LastEvent int64 `header:"Last-Event-ID" doc:"Like after, sent by browsers when they reconnect"`
}

// logAnswers describes the two media types of the log.
func (r router) logAnswers(op *huma.Operation) {
	page := r.schema(reflect.TypeFor[LogPage]())
	op.Responses["200"] = &huma.Response{
		Description: "A page of lines, or with follow=true the events `line` (LogLine) and `operation` (Operation)",
		Content: map[string]*huma.MediaType{
			"application/json":  {Schema: page},
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}},
		},
	}
}

func (h *Handler) readLog(ctx context.Context, in *logInput) (*huma.StreamResponse, error) {
	op := found[application.Operation](ctx)
	if in.Follow {
		follower, err := h.follow(ctx, op.ID, max(in.After, in.LastEvent))
		if err != nil {
			return nil, err
		}
		return h.streamed(ctx, follower.run)
	}
	lines, err := h.Applications.Log(ctx, op.ID, in.After, in.Limit)
	if err != nil {
		return nil, err
	}
	page := LogPage{Items: views(lines, viewLine), Final: op.Final()}
	if len(lines) == in.Limit {
		page.Next = lines[len(lines)-1].Seq
	}
	return jsonResponse(page), nil
}

// logTail reads a log from where it got to.
type logTail struct {
	read  func(ctx context.Context, operationID, after int64, limit int) ([]application.LogLine, error)
	id    int64
	after int64
}

// each hands over every line there is by now.
func (t *logTail) each(ctx context.Context, handle func(application.LogLine) error) error {
	for {
		lines, err := t.read(ctx, t.id, t.after, logBatch)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if err := handle(line); err != nil {
				return err
			}
			t.after = line.Seq
		}
		if len(lines) < logBatch {
			return nil
		}
	}
}

// logFollower sends an operation's lines and changes as they come.
type logFollower struct {
	h     *Handler
	tail  logTail
	told  []application.LogLine
	steps []Step
}

// follow continues after a line, with the steps that the reader was told before.
func (h *Handler) follow(ctx context.Context, id, after int64) (*logFollower, error) {
	f := &logFollower{h: h, tail: logTail{h.Applications.Log, id, after}}
	if after == 0 {
		return f, nil
	}
	told, err := h.stepLines(ctx, id)
	if err != nil {
		return nil, err
	}
	// The lines after it are sent, and tell their steps then.
	f.told = slices.DeleteFunc(told, func(l application.LogLine) bool { return l.Seq > after })
	return f, nil
}

// run sends what there is, then waits for a notice; it looks again every five seconds in case one was lost. It sends
// the final operation after the last line, and ends.
func (f *logFollower) run(ctx context.Context, out *stream) error {
	topics := event.Topics(application.OperationTopic(f.tail.id), application.LogTopic(f.tail.id))
	notices, cancel := f.h.Bus.Subscribe(ctx, topics)
	defer cancel()
	reread := time.NewTicker(rereadEvery)
	defer reread.Stop()
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	for {
		if final, err := f.catchUp(ctx, out); final || err != nil {
			return err
		}
		select {
		case _, open := <-notices:
			if !open {
				return nil
			}
		case <-reread.C:
		case <-beat.C:
			if err := out.beat(); err != nil {
				return err
			}
		}
		if err := f.h.still(ctx); err != nil {
			return err
		}
	}
}

// catchUp sends the news. The operation is read before its lines, so that no line is missed when it is final.
func (f *logFollower) catchUp(ctx context.Context, out *stream) (final bool, err error) {
	op, err := f.h.Applications.Operation(ctx, f.tail.id)
	if err != nil {
		return false, err
	}
	err = f.tail.each(ctx, func(line application.LogLine) error {
		if tellsStep(line) {
			f.told = append(f.told, line)
		}
		return out.send("line", strconv.FormatInt(line.Seq, 10), viewLine(line))
	})
	if err != nil {
		return false, err
	}
	view := viewOperation(op, f.told)
	if op.Final() || !slices.Equal(view.Steps, f.steps) {
		f.steps = view.Steps
		if err := out.send("operation", "", view); err != nil {
			return false, err
		}
	}
	return op.Final(), out.flush()
}
