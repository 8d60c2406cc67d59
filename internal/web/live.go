package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/event"
)

// Limits of a live stream: a heartbeat so that proxies keep it open, a deadline
// so that a stuck browser frees its place, and a re-check of the session.
const (
	heartbeat     = 15 * time.Second
	writeDeadline = 10 * time.Second
	recheck       = 30 * time.Second
	maxTopics     = 200
)

// live streams the topics that changed. A notice carries no data: the page
// reads what it shows again.
func (h *Handler) live(w http.ResponseWriter, r *http.Request) error {
	topics := slices.Compact(slices.Sorted(slices.Values(strings.Fields(r.URL.Query().Get("topics")))))
	if len(topics) == 0 || len(topics) > maxTopics {
		return apperr.Of(apperr.InvalidRequest)
	}
	who, _ := auth.FromContext(r.Context())
	leave, ok := h.streams.enter(who.SessionID)
	if !ok {
		return apperr.Of(apperr.Unavailable).WithHint("Too many pages are open in this browser: close some.")
	}
	defer leave()
	// A page may name more than its reader may follow, such as a cluster that it inherits: those it reads again by the minute.
	topics = slices.DeleteFunc(topics, func(topic string) bool { //nolint:contextcheck // it is the request's
		return !h.mayFollow(r.Context(), who, topic)
	})
	notices, cancel := h.Bus.Subscribe(r.Context(), event.Topics(topics...))
	defer cancel()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	s := stream{w: w, control: http.NewResponseController(w)}
	if !s.write(": hello\n\n") {
		return nil
	}
	h.follow(r, s, notices)
	return nil
}

// follow writes notices until the browser goes away or its session ends.
func (h *Handler) follow(r *http.Request, s stream, notices <-chan event.Notice) {
	beat, check := time.NewTicker(heartbeat), time.NewTicker(recheck)
	defer beat.Stop()
	defer check.Stop()
	for alive := true; alive; {
		select {
		case <-r.Context().Done():
			return
		case notice, ok := <-notices:
			if !ok {
				return
			}
			alive = h.push(r, s, notice.Topic)
		case <-beat.C:
			alive = s.write(": beat\n\n")
		case <-check.C:
			_, err := h.identify(r)
			alive = err == nil
		}
	}
}

// push writes a notice, if the session still counts. A right that was lost costs its topics only.
func (h *Handler) push(r *http.Request, s stream, topic string) bool {
	who, err := h.identify(r)
	if err != nil || !h.mayFollow(r.Context(), who, topic) {
		return err == nil
	}
	return s.write(fmt.Sprintf("event: notice\ndata: %q\n\n", topic))
}

// stream writes to one browser.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s stream) write(text string) bool {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeDeadline))
	if _, err := s.w.Write([]byte(text)); err != nil {
		return false
	}
	return s.control.Flush() == nil
}
