package api

import (
	"context"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/event"
)

// Notice says that what a topic names has changed: read it again.
type Notice struct {
	Topic    string `json:"topic"`
	Revision int64  `json:"revision,omitempty"`
}

type eventsInput struct {
	Topics []string `query:"topics" required:"true" doc:"What to follow: the topic fields of answers"`
}

func (h *Handler) mountEvents(r router) {
	route(r, "GET /events", "follow-events", "Follow changes as server-sent events",
		decided("whoever may read what the topics name", h.mayFollow), h.followEvents, r.eventAnswers)
}

// eventAnswers describes the stream.
func (r router) eventAnswers(op *huma.Operation) {
	op.Description += "\n\nEvent `open` comes first, also after a reconnect: read once what you show. Event `change` " +
		"carries a Notice: read what its topic names again. A notice may be lost, so read again now and then anyway."
	notice := r.schema(reflect.TypeFor[Notice]())
	op.Responses["200"] = &huma.Response{
		Description: "Events whose data is a Notice",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: notice}},
	}
}

func (h *Handler) followEvents(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	return h.streamed(ctx, func(ctx context.Context, out *stream) error {
		return h.relay(ctx, out, event.Topics(in.Topics...))
	})
}

// relay sends notices until the reader is gone, or may not have them any more.
func (h *Handler) relay(ctx context.Context, out *stream, match event.Match) error {
	notices, cancel := h.Bus.Subscribe(ctx, match)
	defer cancel()
	if err := out.send("open", "", struct{}{}); err != nil {
		return err
	}
	if err := out.flush(); err != nil {
		return err
	}
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	recheck := time.NewTicker(recheckEvery)
	defer recheck.Stop()
	for {
		var err error
		select {
		case n, open := <-notices:
			if !open {
				return nil
			}
			err = h.push(ctx, out, n)
		case <-recheck.C:
			err = h.still(ctx)
		case <-beat.C:
			err = out.beat()
		}
		if err != nil {
			return err
		}
	}
}

// push sends a notice to one who may still have it.
func (h *Handler) push(ctx context.Context, out *stream, n event.Notice) error {
	if err := h.still(ctx); err != nil {
		return err
	}
	if err := out.send("change", "", Notice{Topic: n.Topic, Revision: n.Revision}); err != nil {
		return err
	}
	return out.flush()
}
