package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
)

// sessionIdle is how long a session lives without a request. How long it does at most is a setting.
const sessionIdle = time.Hour

// Session is a browser's sign-in. Only a hash of its secret is kept.
type Session struct {
	ID     int64
	UserID int64
	// TokenID is the token that opened it, and with which it ends; zero for none.
	TokenID int64
	// IP is where the sign-in came from; the zero address when nobody knows.
	IP        netip.Addr
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// SignIn opens a session for the owner of a token: the one of the configuration,
// or a person's own with the scope api. The secret is kept nowhere but with the
// browser.
func (s *Service) SignIn(ctx context.Context, token string) (secret string, session Session, err error) {
	who, expires, err := s.authenticate(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	if who.Kind != Person || !who.Writes() {
		return "", Session{}, apperr.Of(apperr.Forbidden).WithHint(
			"Sign in with a personal access token that has the scope api.")
	}
	return s.open(WithIdentity(ctx, who), Session{UserID: who.UserID, TokenID: who.TokenID, ExpiresAt: expires}, ProviderSession{})
}

// OpenSession opens a session for a user who has proved by other means who he
// is: by an identity at the provider, whose session this one ends with, unless
// that is zero. One who is blocked gets an unauthenticated error, and one who
// lost the identity meanwhile a sign_in_stale one.
func (s *Service) OpenSession(ctx context.Context, userID int64, from ProviderSession) (secret string, session Session, err error) {
	user, err := s.Store.User(ctx, userID)
	if err != nil {
		return "", Session{}, fmt.Errorf("find user %d: %w", userID, err)
	}
	ctx = WithIdentity(ctx, Identity{UserID: user.ID, Name: user.Username, Kind: user.Kind, Admin: user.Admin})
	return s.open(ctx, Session{UserID: userID}, from)
}

// open opens a session, unless what it rests on has ended meanwhile. Whatever
// ends that locks the user as well, and so comes before or finds the session. It
// ends as the settings say, or earlier if it has an end already.
func (s *Service) open(ctx context.Context, session Session, from ProviderSession) (string, Session, error) {
	secret, now := rand.Text(), s.Now()
	session.CreatedAt, session.SeenAt, session.IP = now, now, audit.ActorFrom(ctx).IP
	session, err := s.ending(ctx, session)
	if err != nil {
		return "", Session{}, err
	}
	err = s.Store.Atomically(ctx, func(tx Tx) error {
		user, err := tx.FindUser(ctx, session.UserID)
		if err != nil {
			return err
		}
		if user.State != Active {
			return apperr.Of(apperr.Unauthenticated)
		}
		if err := s.founded(ctx, tx, session, from); err != nil {
			return err
		}
		user.SignedInAt = now
		if err := tx.UpdateUser(ctx, user); err != nil {
			return err
		}
		if session, err = tx.InsertSession(ctx, session, s.sessionHash(secret)); err != nil {
			return err
		}
		if err := bind(ctx, tx, session, from); err != nil {
			return err
		}
		return tx.Record(ctx, audit.Entry{Action: "session.open", Object: audit.Object{Kind: "session", ID: session.ID, Name: user.Username}})
	})
	if err != nil {
		return "", Session{}, fmt.Errorf("open a session of user %d: %w", session.UserID, err)
	}
	return secret, session, nil
}

// bind ties a session to the one at the provider that it came from, if it did.
func bind(ctx context.Context, tx Tx, session Session, from ProviderSession) error {
	if from.Issuer == "" {
		return nil
	}
	from.SessionID = session.ID
	return tx.BindSession(ctx, from)
}

// founded refuses a session whose token has ended, or whose identity is not the
// user's any more.
func (s *Service) founded(ctx context.Context, tx Tx, session Session, from ProviderSession) error {
	if from.Issuer == "" {
		return s.alive(ctx, tx, session.TokenID)
	}
	link, err := tx.Link(ctx, from.Issuer, from.Subject)
	if apperr.CodeOf(err) == apperr.NotFound || err == nil && link.UserID != session.UserID {
		return apperr.Of(apperr.SignInStale)
	}
	return err
}

// ending gives a new session the end that the settings say, unless it has an earlier one.
func (s *Service) ending(ctx context.Context, session Session) (Session, error) {
	set, err := s.Settings.Settings(ctx)
	if err != nil {
		return Session{}, fmt.Errorf("see how long sessions last: %w", err)
	}
	if end := session.CreatedAt.Add(set.Session()); session.ExpiresAt.IsZero() || end.Before(session.ExpiresAt) {
		session.ExpiresAt = end
	}
	return session, nil
}

// AuthenticateSession returns who a session belongs to, and keeps it alive.
func (s *Service) AuthenticateSession(ctx context.Context, secret string) (Identity, error) {
	session, user, err := s.session(ctx, secret)
	if err != nil {
		return Identity{}, err
	}
	if now := s.Now(); now.Sub(session.SeenAt) >= touchEvery {
		s.touch(ctx, "session", session.ID, func(tx Tx) error { return tx.TouchSession(ctx, session.ID, now) })
	}
	return Identity{
		UserID: user.ID, Name: user.Username, Kind: user.Kind, Admin: user.Admin,
		SessionID: session.ID, OpenedBy: session.TokenID, Scopes: []Scope{API},
	}, nil
}

// session finds the session of a secret that still counts.
func (s *Service) session(ctx context.Context, secret string) (Session, User, error) {
	session, user, err := s.Store.SessionByHash(ctx, s.sessionHash(secret))
	if apperr.CodeOf(err) == apperr.NotFound {
		return Session{}, User{}, apperr.Of(apperr.Unauthenticated)
	}
	if err != nil {
		return Session{}, User{}, fmt.Errorf("find a session: %w", err)
	}
	now := s.Now()
	if user.State != Active || !now.Before(session.ExpiresAt) || now.Sub(session.SeenAt) > sessionIdle {
		return Session{}, User{}, apperr.Of(apperr.Unauthenticated)
	}
	return session, user, nil
}

// SignOut ends the session of a secret. One that is over already is fine.
func (s *Service) SignOut(ctx context.Context, secret string) error {
	session, user, err := s.session(ctx, secret)
	if apperr.CodeOf(err) == apperr.Unauthenticated {
		return nil
	}
	if err != nil {
		return err
	}
	return s.end(ctx, session.ID, user.Username)
}

// Sessions lists a user's open sessions, the oldest first.
func (s *Service) Sessions(ctx context.Context, userID int64) ([]Session, error) {
	now := s.Now()
	return s.Store.Sessions(ctx, userID, now, now.Add(-sessionIdle))
}

// CloseSession ends one of the user's sessions.
func (s *Service) CloseSession(ctx context.Context, userID, id int64) error {
	sessions, err := s.Sessions(ctx, userID)
	if err != nil {
		return fmt.Errorf("list the sessions of user %d: %w", userID, err)
	}
	if !slices.ContainsFunc(sessions, func(open Session) bool { return open.ID == id }) {
		return apperr.Of(apperr.NotFound)
	}
	user, err := s.Store.User(ctx, userID)
	if err != nil {
		return fmt.Errorf("find user %d: %w", userID, err)
	}
	return s.end(ctx, id, user.Username)
}

func (s *Service) end(ctx context.Context, id int64, username string) error {
	err := s.Store.Atomically(ctx, func(tx Tx) error {
		if there, err := tx.DeleteSession(ctx, id); err != nil || !there {
			return err
		}
		return tx.Record(ctx, audit.Entry{Action: "session.close", Object: audit.Object{Kind: "session", ID: id, Name: username}})
	})
	if err != nil {
		return fmt.Errorf("close session %d: %w", id, err)
	}
	return nil
}

// sessionHash is what is kept of a session's secret. It is keyed, so that who
// can write the table cannot make a session up, and so that another token in the
// configuration ends every session.
func (s *Service) sessionHash(secret string) []byte {
	mac := hmac.New(sha256.New, s.AdminHash[:])
	mac.Write([]byte(secret))
	return mac.Sum(nil)
}
