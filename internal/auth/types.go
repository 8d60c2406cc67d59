package auth

import (
	"context"
	"time"
)

// Session is a browser's sign-in. Only the hash of its secret is kept.
type Session struct {
	Hash      []byte
	Name      string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// SessionStore keeps sessions. Session returns an apperr not_found error when
// there is none.
type SessionStore interface {
	InsertSession(ctx context.Context, s Session) error
	Session(ctx context.Context, hash []byte) (Session, error)
	TouchSession(ctx context.Context, hash []byte, seen time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	DeleteSessionsBefore(ctx context.Context, expired time.Time) error
}
