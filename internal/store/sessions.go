package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var _ auth.SessionStore = Sessions{}

// Sessions keeps browsers' sign-ins.
type Sessions struct{ db *DB }

// Sessions returns the store of sessions.
func (db *DB) Sessions() Sessions { return Sessions{db: db} }

// InsertSession stores a new session.
func (s Sessions) InsertSession(ctx context.Context, session auth.Session) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		return tx.Queries.InsertSession(ctx, sqlgen.InsertSessionParams{
			Hash: session.Hash, Name: session.Name, CreatedAt: stamp(session.CreatedAt),
			SeenAt: stamp(session.SeenAt), ExpiresAt: stamp(session.ExpiresAt),
		})
	})
	return doing(err, "store a session")
}

// Session returns the session of a secret's hash.
func (s Sessions) Session(ctx context.Context, hash []byte) (auth.Session, error) {
	row, err := s.db.reader().Session(ctx, hash)
	return auth.Session{
		Hash: row.Hash, Name: row.Name, CreatedAt: moment(row.CreatedAt),
		SeenAt: moment(row.SeenAt), ExpiresAt: moment(row.ExpiresAt),
	}, doing(err, "read a session")
}

// TouchSession records that a session was used.
func (s Sessions) TouchSession(ctx context.Context, hash []byte, seen time.Time) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		rows, err := tx.Queries.TouchSession(ctx, sqlgen.TouchSessionParams{Hash: hash, SeenAt: stamp(seen)})
		return affected(rows, err, apperr.Of(apperr.NotFound))
	})
	return doing(err, "touch a session")
}

// DeleteSession ends a session. One that is gone already is fine.
func (s Sessions) DeleteSession(ctx context.Context, hash []byte) error {
	err := s.db.atomically(ctx, func(tx *tx) error { return tx.Queries.DeleteSession(ctx, hash) })
	return doing(err, "delete a session")
}

// DeleteSessionsBefore deletes the sessions that had expired by then.
func (s Sessions) DeleteSessionsBefore(ctx context.Context, expired time.Time) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		return tx.Queries.DeleteSessionsBefore(ctx, stamp(expired))
	})
	return doing(err, "delete expired sessions")
}
