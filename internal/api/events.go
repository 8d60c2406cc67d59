package api

import (
	"context"
	"reflect"
	"regexp"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/event"
)

// maxTopics is how many topics one stream follows.
const maxTopics = 50

// followable is what a topic may look like. Credentials are missing on purpose: they concern only who asked for one.
var followable = regexp.MustCompile(`^(clusters|(cluster|namespace|project|application|operation)/[0-9]+` +
	`|provisions|provision-roles|provision/[0-9]+|provision-form/[0-9]+/[a-z0-9-]{1,32}` +
	`|operation/[0-9]+/log|value/[0-9]+/[a-z_]+|mirror/[0-9]+/[a-z]+/[a-z0-9-]{0,63})$`)

// Notice says that what a topic names has changed: read it again.
type Notice struct {
	Topic    string `json:"topic"`
	Revision int64  `json:"revision,omitempty"`
}

type eventsInput struct {
	Topics []string `query:"topics" required:"true" doc:"What to follow: the topic fields of answers"`
}

func (h *Handler) mountEvents(r router) {
	route(r, "GET /events", "follow-events", "Follow changes as server-sent events", h.followEvents, r.eventAnswers)
}

// eventAnswers describes the stream.
func (r router) eventAnswers(op *huma.Operation) {
	op.Description = "Event `open` comes first, also after a reconnect: read once what you show. Event `change` " +
		"carries a Notice: read what its topic names again. A notice may be lost, so read again now and then anyway."
	notice := r.schema(reflect.TypeFor[Notice]())
	op.Responses["200"] = &huma.Response{
		Description: "Events whose data is a Notice",
		Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: notice}},
	}
}

func (h *Handler) followEvents(ctx context.Context, in *eventsInput) (*huma.StreamResponse, error) {
	if len(in.Topics) > maxTopics {
		return nil, apperr.Of(apperr.ValidationFailed).WithHint("Follow at most 50 topics in one stream.")
	}
	for _, topic := range in.Topics {
		if !followable.MatchString(topic) {
			return nil, apperr.Of(apperr.ValidationFailed).WithHint("Follow topics as answers name them in their topic fields.")
		}
	}
	return h.streams.start(ctx, func(ctx context.Context, out *stream) error {
		return h.relay(ctx, out, event.Topics(in.Topics...))
	})
}

// relay sends notices until the reader is gone.
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
	for {
		var err error
		select {
		case n, open := <-notices:
			if !open {
				return nil
			}
			if err = out.send("change", "", Notice{Topic: n.Topic, Revision: n.Revision}); err == nil {
				err = out.flush()
			}
		case <-beat.C:
			err = out.beat()
		}
		if err != nil {
			return err
		}
	}
}
