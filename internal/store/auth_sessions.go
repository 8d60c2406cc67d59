package store

import (
	"context"
	"net/netip"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

// SessionByHash finds the session of a hash, and its user.
func (s Auth) SessionByHash(ctx context.Context, hash []byte) (auth.Session, auth.User, error) {
	row, err := s.db.reader().SessionByHash(ctx, hash)
	return session(row.Session), user(row.User), doing(err, "read a session")
}

// Sessions lists a user's that end after now and were seen after idle.
func (s Auth) Sessions(ctx context.Context, userID int64, now, idle time.Time) ([]auth.Session, error) {
	rows, err := s.db.reader().SessionsOfUser(ctx, sqlgen.SessionsOfUserParams{
		UserID: userID, ExpiresAt: stamp(now), SeenAt: stamp(idle),
	})
	return each(rows, session), doing(err, "list the sessions of user %d", userID)
}

// InsertSession stores a new session and returns it with its id.
func (t authTx) InsertSession(ctx context.Context, n auth.Session, hash []byte) (auth.Session, error) {
	row, err := t.Queries.InsertSession(ctx, sqlgen.InsertSessionParams{
		Hash: hash, UserID: n.UserID, TokenID: optional(n.TokenID), Ip: address(n.IP), CreatedAt: stamp(n.CreatedAt),
		SeenAt: stamp(n.SeenAt), ExpiresAt: stamp(n.ExpiresAt),
	})
	return session(row), doing(err, "store a session")
}

// TouchSession records that a session was used. One that is over is fine.
func (t authTx) TouchSession(ctx context.Context, id int64, seen time.Time) error {
	return doing(t.Queries.TouchSession(ctx, sqlgen.TouchSessionParams{ID: id, SeenAt: stamp(seen)}), "touch session %d", id)
}

// DeleteSession ends a session and reports whether there was one.
func (t authTx) DeleteSession(ctx context.Context, id int64) (bool, error) {
	rows, err := t.Queries.DeleteSession(ctx, id)
	return rows > 0, doing(err, "delete session %d", id)
}

// DeleteSessionsOf ends all sessions of a user.
func (t authTx) DeleteSessionsOf(ctx context.Context, userID int64) error {
	return doing(t.DeleteSessionsOfUser(ctx, userID), "delete the sessions of user %d", userID)
}

func session(r sqlgen.Session) auth.Session {
	ip, _ := netip.ParseAddr(r.Ip) // empty when nobody knew
	return auth.Session{
		ID: r.ID, UserID: r.UserID, TokenID: r.TokenID.Int64, IP: ip, CreatedAt: moment(r.CreatedAt),
		SeenAt: moment(r.SeenAt), ExpiresAt: moment(r.ExpiresAt),
	}
}
