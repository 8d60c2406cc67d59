package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var _ auth.SignInStore = Auth{}

// InsertSignIn stores a sign-in that goes on at the provider.
func (s Auth) InsertSignIn(ctx context.Context, p auth.PendingSignIn) error {
	err := s.db.atomically(ctx, func(tx *tx) error {
		return tx.Queries.InsertSignIn(ctx, sqlgen.InsertSignInParams{
			State: p.State, Browser: p.Browser, Issuer: p.Issuer, Nonce: p.Nonce, Verifier: p.Verifier,
			ReturnTo: p.ReturnTo, ExpiresAt: stamp(p.ExpiresAt),
		})
	})
	return doing(err, "store a sign-in")
}

// TakeSignIn returns a sign-in and forgets it: of two who ask, one gets it.
func (s Auth) TakeSignIn(ctx context.Context, state []byte) (p auth.PendingSignIn, err error) {
	err = s.db.atomically(ctx, func(tx *tx) error {
		row, err := tx.Queries.TakeSignIn(ctx, state)
		p = auth.PendingSignIn{
			State: row.State, Browser: row.Browser, Issuer: row.Issuer, Nonce: row.Nonce, Verifier: row.Verifier,
			ReturnTo: row.ReturnTo, ExpiresAt: moment(row.ExpiresAt),
		}
		return err
	})
	return p, doing(err, "take a sign-in")
}

// DeleteSignInsBefore deletes those that had expired by then.
func (s Auth) DeleteSignInsBefore(ctx context.Context, expired time.Time) error {
	err := s.db.atomically(ctx, func(tx *tx) error { return tx.Queries.DeleteSignInsBefore(ctx, stamp(expired)) })
	return doing(err, "delete sign-ins that nobody came back from")
}

// ProviderSession returns what a session is tied to.
func (s Auth) ProviderSession(ctx context.Context, sessionID int64) (auth.ProviderSession, error) {
	row, err := s.db.reader().ProviderSession(ctx, sessionID)
	return auth.ProviderSession{SessionID: row.SessionID, Issuer: row.Issuer, Subject: row.Subject, SID: row.Sid},
		doing(err, "read what session %d is tied to", sessionID)
}

// BindSession ties a session to one of the provider.
func (t authTx) BindSession(ctx context.Context, p auth.ProviderSession) error {
	return doing(t.InsertProviderSession(ctx, sqlgen.InsertProviderSessionParams{
		SessionID: p.SessionID, Issuer: p.Issuer, Subject: p.Subject, Sid: p.SID,
	}), "tie session %d to the provider's", p.SessionID)
}

// DeleteSessionsOfSubject ends the sessions of a subject at the provider.
func (t authTx) DeleteSessionsOfSubject(ctx context.Context, issuer, subject string) ([]int64, error) {
	ids, err := t.Queries.DeleteSessionsOfSubject(ctx, sqlgen.DeleteSessionsOfSubjectParams{Issuer: issuer, Subject: subject})
	return ids, doing(err, "delete the sessions of a subject at the provider")
}

// BoundSessions lists the sessions that a logout is about: those of its session at the provider, or of its subject, that
// were open when it was issued.
func (s Auth) BoundSessions(ctx context.Context, l auth.Logout) ([]auth.Session, error) {
	// A token tells the time in whole seconds.
	by := stamp(l.IssuedAt.Add(time.Second))
	if l.SID != "" {
		rows, err := s.db.reader().SessionsOfSID(ctx, sqlgen.SessionsOfSIDParams{Issuer: l.Issuer, Sid: l.SID, OpenedBy: by})
		return each(rows, session), doing(err, "list the sessions of one at the provider")
	}
	rows, err := s.db.reader().SessionsOfSubject(ctx, sqlgen.SessionsOfSubjectParams{Issuer: l.Issuer, Subject: l.Subject, OpenedBy: by})
	return each(rows, session), doing(err, "list the sessions of a subject at the provider")
}
