package storetest_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/storetest"
)

// halting is a store of users whose first transaction halts when all is written but the record of it.
type halting struct {
	auth.Store

	once          *sync.Once
	halted, going chan struct{}
}

func (h halting) Atomically(ctx context.Context, fn func(auth.Tx) error) error {
	return h.Store.Atomically(ctx, func(tx auth.Tx) error { return fn(haltingTx{tx, h}) })
}

type haltingTx struct {
	auth.Tx

	at halting
}

func (t haltingTx) Record(ctx context.Context, e audit.Entry) error {
	t.at.once.Do(func() {
		close(t.at.halted)
		<-t.at.going
	})
	return t.Tx.Record(ctx, e)
}

// ending is a person with a token, one that it made, and an identity at the provider, each of which is about to end.
type ending struct {
	world

	user          auth.User
	parent, child auth.Token
	secret        string
	admin, own    context.Context //nolint:containedctx // whose calls they are
}

func (w world) users(store auth.Store) *auth.Service {
	return &auth.Service{
		Store: store, Access: auth.NewAccess(w.tenants), Settings: &setting.Service{Store: w.Settings()},
		AdminHash: sha256.Sum256([]byte("configured")), Issuer: "https://login.example.com", Now: instant,
	}
}

func newEnding(t *testing.T, w world) *ending {
	t.Helper()
	users := w.users(w.Auth())
	as := func(secret string) context.Context {
		who := must(users.AuthenticateToken(t.Context(), secret))(t)
		return auth.WithIdentity(t.Context(), who)
	}
	e := &ending{world: w, user: w.addUser(t, auth.User{Username: "ann", Kind: auth.Person}), admin: as("configured")}
	request := auth.TokenRequest{Kind: auth.Personal, UserID: e.user.ID, Name: "parent", Scopes: []auth.Scope{auth.API}}
	var err error
	e.secret, e.parent, err = users.CreateToken(e.admin, request)
	check(t, err)
	e.own = as(e.secret)
	request.Name = "child"
	_, e.child, err = users.CreateToken(e.own, request)
	check(t, err)
	must(users.LinkUser(e.admin, e.user.ID, "", "subject"))(t)
	return e
}

// race runs two changes at the same time: the second begins when the first has written all but is not committed, which
// it is once the second waits for it or has come to its end.
func (w world) race(t *testing.T, first, second func(*auth.Service) error) (one, other error) {
	t.Helper()
	h := halting{w.Auth(), new(sync.Once), make(chan struct{}), make(chan struct{})}
	firstEnds, secondEnds := make(chan error, 1), make(chan error, 1)
	go func() { firstEnds <- first(w.users(h)) }()
	<-h.halted
	waits := w.waiting(t)
	go func() { secondEnds <- second(w.users(w.Auth())) }()
	eventually(t, 30*time.Second, "the second change waits or ends", func() bool { return len(secondEnds) == 1 || waits() })
	close(h.going)
	return <-firstEnds, <-secondEnds
}

// waiting returns what tells whether somebody has waited for a transaction since.
func (w world) waiting(t *testing.T) func() bool {
	t.Helper()
	sqlite, postgres := w.Handles()
	if sqlite != nil {
		before := sqlite.Stats().WaitCount
		return func() bool { return sqlite.Stats().WaitCount > before }
	}
	return func() (waits bool) {
		check(t, postgres.QueryRow(t.Context(), `SELECT EXISTS (SELECT 1 FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock')`).Scan(&waits))
		return waits
	}
}

// TestNothingOutlivesWhatItWasMadeBy ends a token or an identity while something is made by it, in either order.
func TestNothingOutlivesWhatItWasMadeBy(t *testing.T) {
	t.Parallel()
	revoke := func(e *ending) func(*auth.Service) error {
		return func(users *auth.Service) error { return users.RevokeToken(e.admin, e.parent.ID) }
	}
	session := func(users *auth.Service, secret string) error {
		_, err := users.AuthenticateSession(t.Context(), secret)
		return err
	}
	token := func(users *auth.Service, secret string) error {
		_, err := users.AuthenticateToken(t.Context(), secret)
		return err
	}
	tests := map[string]struct {
		end func(e *ending) func(*auth.Service) error
		// made makes something and returns its secret, and enter tries that.
		made  func(e *ending, users *auth.Service) (string, error)
		enter func(users *auth.Service, secret string) error
	}{
		"a token of a token": {revoke, func(e *ending, users *auth.Service) (string, error) {
			secret, _, err := users.CreateToken(e.own, auth.TokenRequest{Kind: auth.Personal, Name: "late", Scopes: []auth.Scope{auth.API}})
			return secret, err
		}, token},
		"another secret of a token of a token": {revoke, func(e *ending, users *auth.Service) (string, error) {
			secret, _, err := users.RotateToken(e.own, e.child.ID, time.Time{})
			return secret, err
		}, token},
		"a session of a token": {revoke, func(e *ending, users *auth.Service) (string, error) {
			secret, _, err := users.SignIn(t.Context(), e.secret)
			return secret, err
		}, session},
		"a session of an identity": {
			func(e *ending) func(*auth.Service) error {
				return func(users *auth.Service) error { return users.UnlinkUser(e.admin, e.user.ID, "", "subject") }
			},
			func(e *ending, users *auth.Service) (string, error) {
				secret, _, err := users.OpenSession(t.Context(), e.user.ID, auth.ProviderSession{Issuer: users.Issuer, Subject: "subject"})
				return secret, err
			}, session,
		},
	}
	for database, config := range storetest.Databases() {
		for name, test := range tests {
			for _, endsFirst := range []bool{true, false} {
				order := map[bool]string{true: "ended first", false: "made first"}[endsFirst]
				t.Run(database+"/"+name+"/"+order, func(t *testing.T) {
					t.Parallel()
					e := newEnding(t, newWorld(t, config(t)))
					var secret string
					produce := func(users *auth.Service) (err error) {
						secret, err = test.made(e, users)
						return err
					}
					var ended, made error
					if endsFirst {
						ended, made = e.race(t, test.end(e), produce)
					} else {
						made, ended = e.race(t, produce, test.end(e))
					}
					if ended != nil || (made == nil) == endsFirst {
						t.Errorf("the end: %v, what was made meanwhile: %v", ended, made)
					}
					if made == nil && test.enter(e.users(e.Auth()), secret) == nil {
						t.Error("it lets in, though what it was made by has ended")
					}
				})
			}
		}
	}
}
