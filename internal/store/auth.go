package store

import (
	"context"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/store/sqlgen"
)

var (
	_ auth.Store = Auth{}
	_ auth.Tx    = authTx{}
)

// Auth keeps users, access tokens and sessions.
type Auth struct{ db *DB }

// Auth returns the store of users, access tokens and sessions.
func (db *DB) Auth() Auth { return Auth{db: db} }

// Atomically runs fn in one transaction.
func (s Auth) Atomically(ctx context.Context, fn func(auth.Tx) error) error {
	return s.db.atomically(ctx, func(tx *tx) error { return fn(authTx{tenantTx{tx}}) })
}

// authTx can change members too: the bot of a token is one.
type authTx struct{ tenantTx }

// User returns one user.
func (s Auth) User(ctx context.Context, id int64) (auth.User, error) {
	row, err := s.db.reader().User(ctx, id)
	return user(row), doing(err, "read user %d", id)
}

// UserByName finds a user by the username in small letters.
func (s Auth) UserByName(ctx context.Context, username string) (auth.User, error) {
	row, err := s.db.reader().UserByName(ctx, username)
	return user(row), doing(err, "read a user by name")
}

// UserByIdentity finds the user of a subject at an issuer.
func (s Auth) UserByIdentity(ctx context.Context, issuer, subject string) (auth.User, error) {
	row, err := s.db.reader().UserByIdentity(ctx, sqlgen.UserByIdentityParams{Issuer: issuer, Subject: subject})
	return user(row), doing(err, "read a user of issuer %s", issuer)
}

// Users lists users in order of id. A search is for what begins with it, so that
// an index answers. It compares with e-mails only when told so.
func (s Auth) Users(ctx context.Context, q auth.UserQuery, emails bool) (list []auth.User, err error) {
	var rows []sqlgen.User
	if q.Search == "" {
		rows, err = s.db.reader().Users(ctx, sqlgen.UsersParams{
			Kind: string(q.Kind), ID: q.After, Limit: int32(q.Limit), Admins: q.Admins, State: string(q.State),
		})
	} else {
		rows, err = s.db.reader().SearchUsers(ctx, sqlgen.SearchUsersParams{
			Kind: string(q.Kind), ID: q.After, Limit: int32(q.Limit), Admins: q.Admins, State: string(q.State),
			FromText: q.Search, ToText: q.Search + "\U0010ffff", Emails: emails,
		})
	}
	return each(rows, user), doing(err, "list users")
}

// Links lists a user's identities at issuers.
func (s Auth) Links(ctx context.Context, userID int64) ([]auth.Link, error) {
	rows, err := s.db.reader().UserIdentities(ctx, userID)
	return each(rows, link), doing(err, "list the identities of user %d", userID)
}

// FindUser returns one user, whom no other transaction changes until this one
// ends: who is blocked while he signs in stays blocked.
func (t authTx) FindUser(ctx context.Context, id int64) (auth.User, error) {
	row, err := t.LockUser(ctx, id)
	return user(row), doing(err, "read user %d", id)
}

// InsertUser stores a new user and returns him with his id.
func (t authTx) InsertUser(ctx context.Context, u auth.User) (auth.User, error) {
	row, err := t.Queries.InsertUser(ctx, sqlgen.InsertUserParams{
		Username: u.Username, Name: u.Name, Email: u.Email, NameKey: u.NameKey(), Kind: string(u.Kind), Admin: u.Admin,
		State: string(u.State), CreatedAt: stamp(u.CreatedAt),
	})
	return user(row), doing(err, "store user %s", u.Username)
}

// UpdateUser stores what can change about a user.
func (t authTx) UpdateUser(ctx context.Context, u auth.User) error {
	rows, err := t.Queries.UpdateUser(ctx, sqlgen.UpdateUserParams{
		ID: u.ID, Username: u.Username, Name: u.Name, Email: u.Email, NameKey: u.NameKey(), Admin: u.Admin,
		State: string(u.State), SignedInAt: stamp(u.SignedInAt),
	})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "change user %d", u.ID)
}

// Link returns the identity of a subject at an issuer.
func (t authTx) Link(ctx context.Context, issuer, subject string) (auth.Link, error) {
	row, err := t.UserIdentity(ctx, sqlgen.UserIdentityParams{Issuer: issuer, Subject: subject})
	return link(row), doing(err, "read an identity")
}

// DeleteLink deletes a user's identity at an issuer.
func (t authTx) DeleteLink(ctx context.Context, l auth.Link) error {
	rows, err := t.DeleteIdentity(ctx, sqlgen.DeleteIdentityParams{Issuer: l.Issuer, Subject: l.Subject, UserID: l.UserID})
	return doing(affected(rows, err, apperr.Of(apperr.NotFound)), "delete an identity of user %d", l.UserID)
}

// InsertLink stores a user's identity at an issuer.
func (t authTx) InsertLink(ctx context.Context, l auth.Link) error {
	return doing(t.InsertIdentity(ctx, sqlgen.InsertIdentityParams{
		Issuer: l.Issuer, Subject: l.Subject, UserID: l.UserID, CreatedAt: stamp(l.CreatedAt),
	}), "store an identity of user %d", l.UserID)
}

// DeleteEnded deletes the sessions and the tokens that had expired by then.
func (t authTx) DeleteEnded(ctx context.Context, sessions, tokens time.Time) error {
	if err := t.DeleteSessionsBefore(ctx, stamp(sessions)); err != nil {
		return doing(err, "delete expired sessions")
	}
	return doing(t.DeleteAccessTokensBefore(ctx, stamp(tokens)), "delete expired access tokens")
}

func link(r sqlgen.UserIdentity) auth.Link {
	return auth.Link{Issuer: r.Issuer, Subject: r.Subject, UserID: r.UserID, CreatedAt: moment(r.CreatedAt)}
}

func user(r sqlgen.User) auth.User {
	return auth.User{
		ID: r.ID, Username: r.Username, Name: r.Name, Email: r.Email, Kind: auth.Kind(r.Kind), Admin: r.Admin,
		State: auth.UserState(r.State), CreatedAt: moment(r.CreatedAt), SignedInAt: moment(r.SignedInAt),
	}
}
