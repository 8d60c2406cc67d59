package auth_test

import (
	"crypto/sha256"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// recorded is what a row says of who did what to whom.
type recorded struct{ Actor, IP, Action, Object string }

func (w *world) recorded() (list []recorded) {
	w.t.Helper()
	sqlite, _ := w.db.Handles()
	rows := must(sqlite.QueryContext(w.t.Context(),
		"SELECT actor_kind || ' ' || actor_name, ip, action, object_name FROM audit_events ORDER BY id"))(w.t)
	defer rows.Close()
	for rows.Next() {
		var r recorded
		check(w.t, rows.Scan(&r.Actor, &r.IP, &r.Action, &r.Object))
		list = append(list, r)
	}
	check(w.t, rows.Err())
	return list
}

func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const ip = "192.0.2.7"
	anonymous := audit.WithActor(t.Context(), audit.Actor{Kind: audit.Anonymous, IP: netip.MustParseAddr(ip)})
	who := must(w.AuthenticateToken(anonymous, configured))(t)
	admin := auth.WithIdentity(anonymous, who)

	ann := must(w.CreateUser(admin, auth.NewUser{Profile: auth.Profile{Username: "ann"}}))(t)
	must(w.SetAdmin(admin, ann.ID, true))(t)
	must(w.SetAdmin(admin, ann.ID, true))(t) // no change, no row
	session, _, err := w.OpenSession(anonymous, ann.ID, auth.ProviderSession{})
	check(t, err)
	asAnn := auth.WithIdentity(anonymous, must(w.AuthenticateSession(anonymous, session))(t))
	_, token, err := w.CreateToken(asAnn, auth.TokenRequest{Kind: auth.Personal, Name: "laptop", Scopes: []auth.Scope{auth.API}})
	check(t, err)
	fresh, _, err := w.RotateToken(asAnn, token.ID, time.Time{})
	check(t, err)
	check(t, w.RevokeLeaked(anonymous, fresh))
	check(t, w.RevokeLeaked(anonymous, fresh))
	check(t, w.SignOut(asAnn, session))
	must(w.BlockUser(admin, ann.ID))(t)
	must(w.BlockUser(admin, ann.ID))(t)
	must(w.UnblockUser(admin, ann.ID))(t)
	_, _, err = w.SignIn(anonymous, "nonsense")
	wantCode(t, err, apperr.Unauthenticated)

	want := []recorded{
		{"token administrator", ip, "user.create", "ann"},
		{"token administrator", ip, "user.admin", "ann"},
		{"user ann", ip, "session.open", "ann"},
		{"session ann", ip, "token.create", "laptop"},
		{"session ann", ip, "token.rotate", "laptop"},
		{"token ann", ip, "token.revoke", "laptop"},
		{"session ann", ip, "session.close", "ann"},
		{"token administrator", ip, "user.block", "ann"},
		{"token administrator", ip, "user.unblock", "ann"},
	}
	if diff := cmp.Diff(want, w.recorded()); diff != "" {
		t.Errorf("the record (-want +got):\n%s", diff)
	}
}

// Who can write the table of sessions, but does not know the key, cannot make one up.
func TestForgedSessionRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const secret = "a secret of the forger's own"
	forged := sha256.Sum256([]byte(secret))
	check(t, w.db.Auth().Atomically(t.Context(), func(tx auth.Tx) error {
		_, err := tx.InsertSession(t.Context(), auth.Session{
			UserID: auth.AdministratorID, CreatedAt: w.clock, SeenAt: w.clock, ExpiresAt: w.clock.Add(time.Hour),
		}, forged[:])
		return err
	}))
	_, err := w.AuthenticateSession(t.Context(), secret)
	wantCode(t, err, apperr.Unauthenticated)
}

// A member whose time is over has no role, and so no rights.
func TestExpiredMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.places()
	ann, _ := w.person("ann")
	who := auth.Identity{UserID: ann.ID, Scopes: []auth.Scope{auth.API}}
	may := func() error { return w.Access.Check(t.Context(), who, auth.ReadProject, auth.Project(w.project.ID)) }
	wantCode(t, may(), apperr.NotFound)
	w.join(ann, tenant.Guest)
	check(t, may())
	over := time.Now().Add(-time.Second)
	check(t, w.db.Auth().Atomically(t.Context(), func(tx auth.Tx) error {
		m, err := tx.Member(t.Context(), tenant.Place{GroupID: w.group.ID}, ann.ID)
		if err != nil {
			return err
		}
		m.ExpiresAt = over
		return tx.UpdateMember(t.Context(), m.Member)
	}))
	wantCode(t, may(), apperr.NotFound)
}
