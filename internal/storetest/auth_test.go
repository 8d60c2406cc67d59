package storetest_test

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

func TestFirstUserIsTheAdministrator(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			want := auth.User{
				ID: auth.AdministratorID, Username: "administrator", Name: "Administrator", Kind: auth.Person,
				Admin: true, State: auth.Active,
			}
			got := must(w.Auth().User(t.Context(), auth.AdministratorID))(t)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(auth.User{}, "CreatedAt")); diff != "" {
				t.Errorf("the first user (-want +got):\n%s", diff)
			}
			if age := time.Since(got.CreatedAt); age < -time.Minute || age > time.Hour {
				t.Errorf("made at %v", got.CreatedAt)
			}
		})
	}
}

func TestUsers(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			ann := w.addUser(t, auth.User{Username: "ann", Name: "Ann \u00c5berg", Email: "ann@example.com", Kind: auth.Person})
			w.addUser(t, auth.User{Username: "bob", Name: "Anders", Email: "bob@example.com", Kind: auth.Person, State: auth.Blocked})
			w.addUser(t, auth.User{Username: "anchor", Name: "Anchor", Kind: auth.ServiceUser})
			w.addUser(t, auth.User{Username: "group_1_bot_ab", Name: "an", Kind: auth.Bot})

			ann.Email, ann.Admin, ann.SignedInAt = "ann@example.org", true, instant().Add(time.Hour)
			w.changeAuth(t, func(tx auth.Tx) error { return tx.UpdateUser(ctx, ann) })
			for by, got := range map[string]auth.User{
				"id": must(w.Auth().User(ctx, ann.ID))(t), "name": must(w.Auth().UserByName(ctx, "ann"))(t),
			} {
				if diff := cmp.Diff(ann, got); diff != "" {
					t.Errorf("by %s (-want +got):\n%s", by, diff)
				}
			}
			tests := map[string]struct {
				query  auth.UserQuery
				want   []string
				emails bool
			}{
				"people":             {auth.UserQuery{Kind: auth.Person}, []string{"administrator", "ann", "bob"}, false},
				"after the second":   {auth.UserQuery{Kind: auth.Person, After: ann.ID}, []string{"bob"}, false},
				"one":                {auth.UserQuery{Kind: auth.Person, Limit: 1}, []string{"administrator"}, false},
				"services":           {auth.UserQuery{Kind: auth.ServiceUser}, []string{"anchor"}, false},
				"administrators":     {auth.UserQuery{Kind: auth.Person, Admins: true}, []string{"administrator", "ann"}, false},
				"blocked":            {auth.UserQuery{Kind: auth.Person, State: auth.Blocked}, []string{"bob"}, false},
				"by username":        {auth.UserQuery{Kind: auth.Person, Search: "bo"}, []string{"bob"}, false},
				"by name":            {auth.UserQuery{Kind: auth.Person, Search: "ann \u00e5"}, []string{"ann"}, false},
				"by both":            {auth.UserQuery{Kind: auth.Person, Search: "an"}, []string{"ann", "bob"}, false},
				"by e-mail":          {auth.UserQuery{Kind: auth.Person, Search: "ann@example.org"}, []string{"ann"}, true},
				"no e-mail":          {auth.UserQuery{Kind: auth.Person, Search: "ann@example.org"}, []string{}, false},
				"not from within":    {auth.UserQuery{Kind: auth.Person, Search: "example"}, []string{}, false},
				"no pattern":         {auth.UserQuery{Kind: auth.Person, Search: "%"}, []string{}, false},
				"found and active":   {auth.UserQuery{Kind: auth.Person, Search: "an", State: auth.Active}, []string{"ann"}, false},
				"found, next page":   {auth.UserQuery{Kind: auth.Person, Search: "an", After: ann.ID}, []string{"bob"}, false},
				"found, first of it": {auth.UserQuery{Kind: auth.Person, Search: "an", Limit: 1}, []string{"ann"}, false},
			}
			for name, test := range tests {
				if test.query.Limit == 0 {
					test.query.Limit = 10
				}
				got := []string{}
				for _, u := range must(w.Auth().Users(ctx, test.query, test.emails))(t) {
					got = append(got, u.Username)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			_, err := w.Auth().User(ctx, 99)
			wantCode(t, err, apperr.NotFound)
			_, err = w.Auth().UserByName(ctx, "ANN")
			wantCode(t, err, apperr.NotFound)
			err = w.Auth().Atomically(ctx, func(tx auth.Tx) error {
				_, err := tx.InsertUser(ctx, auth.User{Username: "ann"})
				return err
			})
			wantCode(t, err, apperr.AlreadyExists)
			err = w.Auth().Atomically(ctx, func(tx auth.Tx) error { return tx.UpdateUser(ctx, auth.User{ID: 99, Username: "none"}) })
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestIdentitiesAtIssuers(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			ann := w.addUser(t, auth.User{Username: "ann", Kind: auth.Person})
			link := auth.Link{Issuer: "https://id.example.com", Subject: "a", UserID: ann.ID, CreatedAt: instant()}
			w.changeAuth(t, func(tx auth.Tx) error { return tx.InsertLink(ctx, link) })
			if got := must(w.Auth().UserByIdentity(ctx, link.Issuer, "a"))(t); got.ID != ann.ID {
				t.Errorf("found user %d, want %d", got.ID, ann.ID)
			}
			if diff := cmp.Diff([]auth.Link{link}, must(w.Auth().Links(ctx, ann.ID))(t)); diff != "" {
				t.Errorf("listed (-want +got):\n%s", diff)
			}
			_, err := w.Auth().UserByIdentity(ctx, link.Issuer, "A")
			wantCode(t, err, apperr.NotFound)
			_, err = w.Auth().UserByIdentity(ctx, "https://other.example.com", "a")
			wantCode(t, err, apperr.NotFound)
			of := func(userID int64) error {
				return w.Auth().Atomically(ctx, func(tx auth.Tx) error {
					found, err := tx.Link(ctx, link.Issuer, link.Subject)
					if err != nil {
						return err
					}
					found.UserID = userID
					return tx.DeleteLink(ctx, found)
				})
			}
			wantCode(t, of(auth.AdministratorID), apperr.NotFound)
			check(t, of(ann.ID))
			wantCode(t, of(ann.ID), apperr.NotFound)
			w.changeAuth(t, func(tx auth.Tx) error { return tx.InsertLink(ctx, link) })
			link.UserID = auth.AdministratorID
			err = w.Auth().Atomically(ctx, func(tx auth.Tx) error { return tx.InsertLink(ctx, link) })
			wantCode(t, err, apperr.AlreadyExists)
		})
	}
}

func TestAccessTokens(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			ann := w.addUser(t, auth.User{Username: "ann", Kind: auth.Person})
			first := w.addToken(t, auth.Token{UserID: ann.ID, Kind: auth.Personal, Scopes: []auth.Scope{auth.API, auth.ReadAPI}})
			ofGroup := w.addToken(t, auth.Token{UserID: ann.ID, Kind: auth.GroupToken, GroupID: w.group.ID, Role: tenant.Owner})
			ofProject := w.addToken(t, auth.Token{UserID: ann.ID, Kind: auth.ProjectToken, ProjectID: w.project.ID, Role: tenant.Guest})
			service := w.addToken(t, auth.Token{UserID: ann.ID, Kind: auth.ServiceToken})
			short := w.addToken(t, auth.Token{UserID: ann.ID, Kind: auth.Personal, ExpiresAt: instant().Add(time.Minute)})

			used := instant().Add(time.Minute)
			w.changeAuth(t, func(tx auth.Tx) error { return tx.TouchToken(ctx, first.ID, used) })
			w.changeAuth(t, func(tx auth.Tx) error { return tx.TouchToken(ctx, first.ID, used.Add(-time.Second)) })
			first.LastUsedAt = used
			got, user, err := w.Auth().TokenByHash(ctx, []byte{byte(1)})
			check(t, err)
			if diff := cmp.Diff(first, got); diff != "" || user.ID != ann.ID {
				t.Errorf("by hash, of user %d (-want +got):\n%s", user.ID, diff)
			}
			if diff := cmp.Diff(ofGroup, must(w.Auth().Token(ctx, ofGroup.ID))(t)); diff != "" {
				t.Errorf("by id (-want +got):\n%s", diff)
			}
			lists := map[string]struct {
				query auth.TokenQuery
				live  time.Time
				want  []auth.Token
			}{
				"of a user":      {query: auth.TokenQuery{UserID: ann.ID}, want: []auth.Token{first, ofGroup, ofProject, service, short}},
				"after":          {query: auth.TokenQuery{UserID: ann.ID, After: service.ID}, want: []auth.Token{short}},
				"that count":     {query: auth.TokenQuery{UserID: ann.ID, After: ofProject.ID}, live: short.ExpiresAt, want: []auth.Token{service}},
				"a moment later": {query: auth.TokenQuery{UserID: ann.ID, After: service.ID}, live: short.ExpiresAt.Add(-time.Microsecond), want: []auth.Token{short}},
				"of a group":     {query: auth.TokenQuery{GroupID: w.group.ID}, want: []auth.Token{ofGroup}},
				"of a project":   {query: auth.TokenQuery{ProjectID: w.project.ID}, want: []auth.Token{ofProject}},
				"of services":    {query: auth.TokenQuery{}, want: []auth.Token{service}},
				"of nobody":      {query: auth.TokenQuery{UserID: 99}, want: []auth.Token{}},
			}
			for name, test := range lists {
				test.query.Limit = 10
				if diff := cmp.Diff(test.want, must(w.Auth().Tokens(ctx, test.query, test.live))(t)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			_, _, err = w.Auth().TokenByHash(ctx, []byte("nothing"))
			wantCode(t, err, apperr.NotFound)
			_, err = w.Auth().Token(ctx, 99)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestTokensEndWithTheirParent(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			var chain []auth.Token
			for parent := int64(0); len(chain) < 4; parent = chain[len(chain)-1].ID {
				chain = append(chain, w.addToken(t, auth.Token{UserID: auth.AdministratorID, Kind: auth.Personal, ParentID: parent}))
			}
			other := w.addToken(t, auth.Token{UserID: auth.AdministratorID, Kind: auth.Personal})
			var session auth.Session
			w.changeAuth(t, func(tx auth.Tx) (err error) {
				session, err = tx.InsertSession(ctx, auth.Session{
					UserID: auth.AdministratorID, TokenID: chain[3].ID, ExpiresAt: instant().Add(time.Hour),
				}, []byte("session"))
				return err
			})
			// The second token's children become the other one's, so that they outlive it.
			w.changeAuth(t, func(tx auth.Tx) error { return tx.AdoptTokens(ctx, chain[1].ID, other.ID) })
			ended := w.revoke(t, chain[0].ID)
			if diff := cmp.Diff([]int64{chain[0].ID, chain[1].ID}, ended); diff != "" {
				t.Errorf("ended with the first (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]int64(nil), w.revoke(t, chain[0].ID)); diff != "" {
				t.Errorf("ended again (-want +got):\n%s", diff)
			}
			if _, _, err := w.Auth().SessionByHash(ctx, []byte("session")); err != nil {
				t.Errorf("session %d ended too early: %v", session.ID, err)
			}
			if diff := cmp.Diff([]int64{chain[2].ID, chain[3].ID, other.ID}, w.revoke(t, other.ID)); diff != "" {
				t.Errorf("ended with the adoptive one (-want +got):\n%s", diff)
			}
			_, _, err := w.Auth().SessionByHash(ctx, []byte("session"))
			wantCode(t, err, apperr.NotFound)
			if got := must(w.Auth().Token(ctx, chain[3].ID))(t); !got.RevokedAt.Equal(instant()) {
				t.Errorf("revoked at %v", got.RevokedAt)
			}
		})
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			want := auth.Session{
				UserID: auth.AdministratorID, IP: netip.MustParseAddr("2001:db8::1"),
				CreatedAt: instant(), SeenAt: instant(), ExpiresAt: instant().Add(time.Hour),
			}
			hash := []byte{0, 1, 255}
			w.changeAuth(t, func(tx auth.Tx) (err error) {
				want, err = tx.InsertSession(ctx, want, hash)
				return err
			})
			want.SeenAt = instant().Add(time.Minute)
			w.changeAuth(t, func(tx auth.Tx) error { return tx.TouchSession(ctx, want.ID, want.SeenAt) })
			w.changeAuth(t, func(tx auth.Tx) error { return tx.TouchSession(ctx, want.ID, instant()) })
			got, user, err := w.Auth().SessionByHash(ctx, hash)
			check(t, err)
			if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || user.ID != want.UserID {
				t.Errorf("session of user %d (-want +got):\n%s", user.ID, diff)
			}
			open := func(now, idle time.Time) int { return len(must(w.Auth().Sessions(ctx, want.UserID, now, idle))(t)) }
			if open(want.CreatedAt, want.CreatedAt) != 1 || open(want.ExpiresAt, want.CreatedAt) != 0 || open(want.CreatedAt, want.SeenAt) != 0 {
				t.Error("the list has sessions that are over, or lacks one that is not")
			}
			for i, existed := range []bool{true, false} {
				w.changeAuth(t, func(tx auth.Tx) error {
					there, err := tx.DeleteSession(ctx, want.ID)
					if there != existed {
						t.Errorf("deleting it, time %d: there is %t", i+1, there)
					}
					return err
				})
			}
			_, _, err = w.Auth().SessionByHash(ctx, hash)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestWhatHasEndedGoes(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			// A microsecond apart, on both sides of a full second: text would sort wrong.
			limit := instant().Truncate(time.Second)
			past := w.addToken(t, auth.Token{UserID: 1, Kind: auth.Personal, ExpiresAt: limit.Add(-time.Microsecond)})
			kept := w.addToken(t, auth.Token{UserID: 1, Kind: auth.Personal, ExpiresAt: limit, ParentID: past.ID})
			w.changeAuth(t, func(tx auth.Tx) error {
				for i, expires := range []time.Time{limit.Add(-time.Microsecond), limit} {
					if _, err := tx.InsertSession(ctx, auth.Session{UserID: 1, ExpiresAt: expires}, []byte{byte(i)}); err != nil {
						return err
					}
				}
				return tx.DeleteEnded(ctx, limit, limit)
			})
			_, err := w.Auth().Token(ctx, past.ID)
			wantCode(t, err, apperr.NotFound)
			if got := must(w.Auth().Token(ctx, kept.ID))(t); got.ParentID != 0 {
				t.Errorf("it still has the parent %d", got.ParentID)
			}
			_, _, err = w.Auth().SessionByHash(ctx, []byte{0})
			wantCode(t, err, apperr.NotFound)
			_, _, err = w.Auth().SessionByHash(ctx, []byte{1})
			check(t, err)
		})
	}
}

// Two administrators who take each other's rights away at the same moment: one of them keeps his.
func TestChangesOfAdministratorsAreSerial(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			service := &auth.Service{Store: w.Auth(), Now: instant}
			ann := w.addUser(t, auth.User{Username: "ann", Kind: auth.Person, Admin: true})
			errs := make(chan error)
			for _, id := range []int64{ann.ID, auth.AdministratorID} {
				go func() {
					_, err := service.SetAdmin(ctx, id, false)
					errs <- err
				}()
			}
			first, second := <-errs, <-errs
			if (first == nil) == (second == nil) {
				t.Fatalf("both or none went through: %v, %v", first, second)
			}
			for _, err := range []error{first, second} {
				if err != nil {
					wantCode(t, err, apperr.Conflict)
				}
			}
		})
	}
}

func (w world) changeAuth(t *testing.T, fn func(auth.Tx) error) {
	t.Helper()
	check(t, w.Auth().Atomically(t.Context(), fn))
}

func (w world) addUser(t *testing.T, u auth.User) auth.User {
	t.Helper()
	if u.State == "" {
		u.State = auth.Active
	}
	u.CreatedAt = instant()
	w.changeAuth(t, func(tx auth.Tx) (err error) {
		u, err = tx.InsertUser(t.Context(), u)
		return err
	})
	return u
}

// addToken stores a token, its hash being its number among the user's.
func (w world) addToken(t *testing.T, n auth.Token) auth.Token {
	t.Helper()
	if n.ExpiresAt.IsZero() {
		n.ExpiresAt = instant().AddDate(0, 3, 0)
	}
	if n.Scopes == nil {
		n.Scopes = []auth.Scope{auth.ReadAPI}
	}
	n.Name, n.CreatedBy, n.CreatedAt = "laptop", auth.AdministratorID, instant()
	known := must(w.Auth().Tokens(t.Context(), auth.TokenQuery{UserID: n.UserID, Limit: 100}, time.Time{}))(t)
	w.changeAuth(t, func(tx auth.Tx) (err error) {
		n, err = tx.InsertToken(t.Context(), n, []byte{byte(len(known) + 1)})
		return err
	})
	return n
}

func (w world) revoke(t *testing.T, id int64) (ended []int64) {
	t.Helper()
	w.changeAuth(t, func(tx auth.Tx) error {
		tokens, err := tx.RevokeToken(t.Context(), id, instant())
		for _, token := range tokens {
			ended = append(ended, token.ID)
		}
		return err
	})
	slices.Sort(ended)
	return ended
}
