package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/roadstead/roadstead/internal/apperr"
)

// Limits of event streams. A heartbeat keeps proxies from closing a quiet stream; a reader that takes nothing for the
// whole write limit loses its stream and may come back.
const (
	maxStreams     = 1000
	maxStreamsEach = 6
	heartbeatEvery = 15 * time.Second
	writeLimit     = 10 * time.Second
)

// streamed admits a stream and makes the answer that runs it until run returns or ctx, the request's, ends.
func (h *Handler) streamed(ctx context.Context, run func(ctx context.Context, out *stream) error) (*huma.StreamResponse, error) {
	leave, ok := h.streams.enter(callerOf(ctx), maxStreams, maxStreamsEach)
	if !ok {
		return nil, apperr.Of(apperr.Unavailable).WithHint("Too many streams are open; poll instead, or come back later.")
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		defer leave()
		_, w := humago.Unwrap(c)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("X-Accel-Buffering", "no") // proxies must pass events on as they come
		out := &stream{w: w, control: http.NewResponseController(w)}
		defer out.release()
		// The only error is that of a reader who is gone, or a read of ours that the reader repeats on reconnect.
		_ = run(ctx, out)
	}}, nil
}

// stream writes server-sent events.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

// send writes one event, which leaves with the next flush or earlier. The id may be empty.
func (s *stream) send(event, id string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s event: %w", event, err)
	}
	if id != "" {
		id = "id: " + id + "\n"
	}
	return s.write(fmt.Sprintf("event: %s\n%sdata: %s\n\n", event, id, text))
}

// beat shows that the stream is alive.
func (s *stream) beat() error {
	if err := s.write(":\n\n"); err != nil {
		return err
	}
	return s.flush()
}

func (s *stream) write(text string) error {
	err := s.control.SetWriteDeadline(time.Now().Add(writeLimit))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("limit the write: %w", err)
	}
	if _, err := s.w.Write([]byte(text)); err != nil {
		return fmt.Errorf("write event: %w", err)
	}
	return nil
}

// flush sends what was written.
func (s *stream) flush() error {
	if err := s.control.Flush(); err != nil {
		return fmt.Errorf("send event: %w", err)
	}
	return nil
}

// release takes the write limit off the connection, which may serve other requests after the stream.
func (s *stream) release() { _ = s.control.SetWriteDeadline(time.Time{}) }

// jsonResponse answers with JSON where the type of the answer is that of a stream.
func jsonResponse(v any) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(c.BodyWriter()).Encode(v)
	}}
}
