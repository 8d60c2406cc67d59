package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/roadstead/roadstead/internal/secret"
)

// sessionReserve is how much life a stored session must have left to be used: longer than any one step takes.
const sessionReserve = 10 * time.Minute

// session returns a session for the run's account, stored sealed on the run. One that has little time left is replaced
// by a new one, and so is one that was made for another purpose.
func (m *Machine) session(ctx context.Context, run Run, purpose Purpose) (Session, error) {
	role, err := m.Store.Role(ctx, run.RoleID)
	if err != nil {
		return Session{}, fmt.Errorf("read the role of run %d: %w", run.ID, err)
	}
	if s, ok := m.stored(ctx, run, role, purpose); ok {
		return s, nil
	}
	s, err := m.Cloud.Assume(ctx, Grant{
		Role: role, Region: run.Spec.Region, ExternalID: &role.ExternalID, Purpose: purpose, Run: run,
	})
	if err != nil {
		return Session{}, fmt.Errorf("assume the role of run %d: %w", run.ID, err)
	}
	return s, m.keepSession(ctx, run, role, purpose, s)
}

// stored opens the stored session, if it will do. Whatever is wrong with it is mended by a new one.
func (m *Machine) stored(ctx context.Context, run Run, role Role, purpose Purpose) (Session, bool) {
	sealed, err := m.Store.Session(ctx, run.ID)
	if err != nil || sealed == nil {
		return Session{}, false
	}
	plain, err := m.Opener.Open(sealed, sessionContext(run, role))
	if err != nil {
		return Session{}, false
	}
	var kept keptSession
	plain.Reveal(func(b []byte) { err = json.Unmarshal(b, &kept) })
	if err != nil || kept.Purpose != purpose || kept.reserve(m.now()) {
		return Session{}, false
	}
	return kept.session(run, role), true
}

func (m *Machine) keepSession(ctx context.Context, run Run, role Role, purpose Purpose, s Session) error {
	plain, err := json.Marshal(keep(s, purpose, m.now())) //nolint:gosec // sealed at once
	if err != nil {
		return fmt.Errorf("render the session of run %d: %w", run.ID, err)
	}
	defer clear(plain)
	sealed, err := m.Sealer.Seal(secret.NewValue(plain), sessionContext(run, role))
	if err != nil {
		return fmt.Errorf("seal the session of run %d: %w", run.ID, err)
	}
	err = m.Store.Atomically(ctx, func(tx Tx) error {
		r, err := tx.Run(ctx, run.ID)
		if err != nil {
			return err
		}
		if r.State.Final() {
			return errors.New("the run has ended")
		}
		return tx.KeepSession(ctx, run.ID, sealed, s.ExpiresAt)
	})
	if err != nil {
		return fmt.Errorf("keep the session of run %d: %w", run.ID, err)
	}
	return nil
}

// sessionContext binds a stored session to its run and role.
func sessionContext(run Run, role Role) secret.Context {
	return secret.Context{
		Table: "provision_runs", Row: run.ID, Column: "session",
		Owner: fmt.Sprintf("%s:%d", run.Level, run.GroupID), Target: role.ARN,
	}
}

// keptSession is the sealed form of a session.
type keptSession struct {
	AccessKeyID  string    `json:"access_key_id"`
	SecretKey    string    `json:"secret_key"`
	SessionToken string    `json:"session_token"`
	IssuedAt     time.Time `json:"issued_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	Purpose      Purpose   `json:"purpose"`
}

func keep(s Session, purpose Purpose, now time.Time) keptSession {
	return keptSession{
		AccessKeyID: text(s.AccessKeyID), SecretKey: text(s.SecretKey), SessionToken: text(s.SessionToken),
		IssuedAt: now, ExpiresAt: s.ExpiresAt, Purpose: purpose,
	}
}

// reserve reports whether too little time is left. Of a session that lives shortly anyway, half its life is enough.
func (k keptSession) reserve(now time.Time) bool {
	return k.ExpiresAt.Sub(now) < min(sessionReserve, k.ExpiresAt.Sub(k.IssuedAt)/2)
}

func (k keptSession) session(run Run, role Role) Session {
	return Session{
		AccessKeyID: secret.NewValue([]byte(k.AccessKeyID)), SecretKey: secret.NewValue([]byte(k.SecretKey)),
		SessionToken: secret.NewValue([]byte(k.SessionToken)), ExpiresAt: k.ExpiresAt,
		Region: run.Spec.Region, Partition: role.Partition, AccountID: role.AccountID,
	}
}

func text(v secret.Value) (s string) {
	v.Reveal(func(b []byte) { s = string(b) })
	return s
}

// Sweep erases sessions that nobody needs any more. A final state erases its own: whatever this finds beyond what
// expired is told to the log.
func (m *Machine) Sweep(ctx context.Context) error {
	return m.Store.Atomically(ctx, func(tx Tx) error {
		erased, err := tx.EraseSessions(ctx, m.now())
		if err != nil {
			return fmt.Errorf("erase sessions: %w", err)
		}
		if erased > 0 {
			m.Log.InfoContext(ctx, "erased cloud sessions that expired or outlived their run", slog.Int64("count", erased))
		}
		return nil
	})
}
