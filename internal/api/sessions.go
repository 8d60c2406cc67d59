package api

import (
	"context"
	"net/netip"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
)

// Sessions is what the API needs of browsers' sign-ins.
type Sessions interface {
	Sessions(ctx context.Context, userID int64) ([]auth.Session, error)
	CloseSession(ctx context.Context, userID, id int64) error
}

// Session is a browser's sign-in.
type Session struct {
	ID        int64      `json:"id"`
	IP        netip.Addr `json:"ip,omitzero" doc:"Where the sign-in came from"`
	CreatedAt time.Time  `json:"created_at"`
	SeenAt    time.Time  `json:"seen_at"`
	ExpiresAt time.Time  `json:"expires_at"`
}

func viewSession(s auth.Session) Session {
	return Session{ID: s.ID, IP: s.IP, CreatedAt: s.CreatedAt, SeenAt: s.SeenAt, ExpiresAt: s.ExpiresAt}
}

type sessionInput struct {
	Session int64 `path:"session"`
}

func (h *Handler) mountSessions(r router) {
	route(r, "GET /user/sessions", "list-sessions", "List one's own open sessions", signedIn(), h.listSessions)
	route(r, "DELETE /user/sessions/{session}", "close-session", "End one of one's own sessions", signedIn(), h.closeSession)
}

func (h *Handler) listSessions(ctx context.Context, _ *struct{}) (*list[Session], error) {
	sessions, err := h.Users.Sessions(ctx, callerID(ctx))
	if err != nil {
		return nil, err
	}
	return newList(sessions, viewSession), nil
}

func (h *Handler) closeSession(ctx context.Context, in *sessionInput) (*struct{}, error) {
	return nil, h.Users.CloseSession(ctx, callerID(ctx), in.Session)
}
