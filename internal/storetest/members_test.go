package storetest_test

import (
	"cmp"
	"testing"
	"time"

	diff "github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// system may do anything with members.
func system() tenant.Granter { return tenant.Granter{Admin: true} }

// addUser makes a person and returns his id.
func addUser(t testing.TB, db *store.DB, username string) (id int64) {
	t.Helper()
	const statement = `INSERT INTO users (username, name, email, name_key, kind, admin, state, created_at, signed_in_at)
		VALUES ($1, $1, '', $1, 'person', FALSE, 'active', 0, 0) RETURNING id`
	sqlite, postgres := db.Handles()
	var row interface{ Scan(dest ...any) error }
	if postgres != nil {
		row = postgres.QueryRow(t.Context(), statement, username)
	} else {
		row = sqlite.QueryRowContext(t.Context(), statement, username)
	}
	if err := row.Scan(&id); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestMembersAndWhatTheyInherit(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			w.tenants.Now = func() time.Time { return time.Now().Truncate(time.Microsecond) }
			ann, bob, cas := addUser(t, w.DB, "ann"), addUser(t, w.DB, "bob"), addUser(t, w.DB, "cas")
			top := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "top", CreatedBy: ann}))(t)
			sub := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "top/sub"}))(t)
			project := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "top/sub/p"}))(t)
			inTop, inSub := tenant.Place{GroupID: top.ID}, tenant.Place{GroupID: sub.ID}
			inProject := tenant.Place{ProjectID: project.ID}
			for _, n := range []tenant.NewMember{
				{Place: inTop, UserID: bob, Role: tenant.Developer},
				{Place: inSub, UserID: bob, Role: tenant.Developer},
				{Place: inProject, UserID: bob, Role: tenant.Guest},
				{Place: inProject, UserID: cas, Role: tenant.Maintainer},
			} {
				must(w.tenants.AddMember(ctx, system(), n))(t)
			}

			type line struct {
				User string
				Role tenant.Role
				Path string
			}
			for what, tc := range map[string]struct {
				query tenant.MemberQuery
				want  []line
			}{
				"a group's own":     {tenant.MemberQuery{Place: inTop}, []line{{"ann", tenant.Owner, "top"}, {"bob", tenant.Developer, "top"}}},
				"a project's own":   {tenant.MemberQuery{Place: inProject}, []line{{"bob", tenant.Guest, "top/sub/p"}, {"cas", tenant.Maintainer, "top/sub/p"}}},
				"a group's, all":    {tenant.MemberQuery{Place: inSub, Inherited: true}, []line{{"ann", tenant.Owner, "top"}, {"bob", tenant.Developer, "top/sub"}}},
				"a project's, all":  {tenant.MemberQuery{Place: inProject, Inherited: true}, []line{{"ann", tenant.Owner, "top"}, {"bob", tenant.Developer, "top/sub"}, {"cas", tenant.Maintainer, "top/sub/p"}}},
				"by the name":       {tenant.MemberQuery{Place: inProject, Inherited: true, Search: "B"}, []line{{"bob", tenant.Developer, "top/sub"}}},
				"after one":         {tenant.MemberQuery{Place: inProject, Inherited: true, Page: tenant.Page{After: ann}}, []line{{"bob", tenant.Developer, "top/sub"}, {"cas", tenant.Maintainer, "top/sub/p"}}},
				"past one, and one": {tenant.MemberQuery{Place: inProject, Inherited: true, Page: tenant.Page{Offset: 1, Limit: 1}}, []line{{"bob", tenant.Developer, "top/sub"}}},
			} {
				tc.query.Limit = cmp.Or(tc.query.Limit, 100)
				var got []line
				for _, m := range must(w.tenants.Members(ctx, tc.query))(t) {
					got = append(got, line{m.Username, m.Role, m.Path})
				}
				if text := diff.Diff(tc.want, got); text != "" {
					t.Errorf("%s (-want +got):\n%s", what, text)
				}
			}
			n, more, err := w.tenants.CountMembers(ctx, tenant.MemberQuery{Place: inProject, Inherited: true})
			if n != 3 || more || err != nil {
				t.Errorf("counted %d, %t, %v, want 3", n, more, err)
			}
			if got := must(w.tenants.MembershipsOf(ctx, bob))(t); len(got) != 3 || got[2].Path != "top/sub/p" {
				t.Errorf("bob's memberships: %+v", got)
			}
			if got := must(w.tenants.RoleInProject(ctx, bob, project.ID))(t); got != tenant.Developer {
				t.Errorf("bob is %v of the project, want developer", got)
			}
			if got := must(w.tenants.RoleInGroup(ctx, cas, sub.ID))(t); got != tenant.NoRole {
				t.Errorf("cas is %v of the group, want none", got)
			}

			_, err = w.tenants.AddMember(ctx, system(), tenant.NewMember{Place: inTop, UserID: ann, Role: tenant.Guest})
			wantCode(t, err, apperr.AlreadyExists)
			_, err = w.tenants.AddMember(ctx, system(), tenant.NewMember{Place: inTop, UserID: 999, Role: tenant.Guest})
			wantCode(t, err, apperr.NotFound)
			_, err = w.tenants.Member(ctx, inSub, cas)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

// A membership ends at its time, and is swept away later.
func TestExpiredMembers(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			w.tenants.Now = func() time.Time { return time.Now().Add(-time.Hour) } // so that what ends has not, for it
			ann := addUser(t, w.DB, "ann")
			at := tenant.Place{GroupID: w.group.ID}
			must(w.tenants.AddMember(ctx, system(), tenant.NewMember{
				Place: at, UserID: ann, Role: tenant.Owner, ExpiresAt: time.Now().Add(-time.Second),
			}))(t)
			if got := must(w.tenants.RoleInGroup(ctx, ann, w.group.ID))(t); got != tenant.NoRole {
				t.Errorf("expired, the role is %v", got)
			}
			query := tenant.MemberQuery{Place: at, Page: tenant.Page{Limit: 9}}
			if got := must(w.tenants.Members(ctx, query))(t); len(got) != 0 {
				t.Errorf("listed: %v", got)
			}
			ended := func() int { return len(must(w.Tenant().ExpiredMembers(ctx, time.Now(), 9))(t)) }
			if ended() != 1 {
				t.Fatal("it has not ended")
			}
			w.tenants.Now = time.Now
			_, err := w.tenants.UpdateMember(ctx, system(), at, ann, tenant.MemberChange{Role: new(tenant.Guest)})
			wantCode(t, err, apperr.NotFound)
			must(w.tenants.AddMember(ctx, system(), tenant.NewMember{
				Place: at, UserID: ann, Role: tenant.Guest, ExpiresAt: time.Now().Add(time.Hour),
			}))(t)
			check(t, w.tenants.SweepMembers(ctx))
			if got := must(w.tenants.RoleInGroup(ctx, ann, w.group.ID))(t); got != tenant.Guest {
				t.Errorf("added again, the role is %v", got)
			}
			w.tenants.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
			check(t, w.tenants.SweepMembers(ctx))
			_, err = w.Tenant().Member(ctx, at, ann)
			wantCode(t, err, apperr.NotFound)
		})
	}
}

func TestWhoMayChangeMembers(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			w.tenants.Now = time.Now
			ann, bob := addUser(t, w.DB, "ann"), addUser(t, w.DB, "bob")
			top := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "top", CreatedBy: ann}))(t)
			sub := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "top/sub", CreatedBy: ann}))(t)
			at, below := tenant.Place{GroupID: top.ID}, tenant.Place{GroupID: sub.ID}
			owner := tenant.Granter{UserID: ann, Role: tenant.Owner}
			maintainer := tenant.Granter{UserID: 99, Role: tenant.Maintainer}
			role := func(r tenant.Role) tenant.MemberChange { return tenant.MemberChange{Role: &r} }
			change := func(by tenant.Granter, at tenant.Place, user int64, c tenant.MemberChange) error {
				_, err := w.tenants.UpdateMember(ctx, by, at, user, c)
				return err
			}

			_, err := w.tenants.AddMember(ctx, maintainer, tenant.NewMember{Place: at, UserID: bob, Role: tenant.Owner})
			wantCode(t, err, apperr.Forbidden)
			must(w.tenants.AddMember(ctx, maintainer, tenant.NewMember{Place: at, UserID: bob, Role: tenant.Developer}))(t)
			wantCode(t, change(maintainer, at, bob, role(tenant.Owner)), apperr.Forbidden)
			wantCode(t, change(maintainer, at, ann, role(tenant.Guest)), apperr.Forbidden)
			wantCode(t, w.tenants.RemoveMember(ctx, maintainer, at, ann), apperr.Forbidden)
			wantCode(t, change(maintainer, at, bob, role(tenant.Role(35))), apperr.ValidationFailed)
			wantCode(t, change(owner, at, bob, tenant.MemberChange{ExpiresAt: new(time.Now())}), apperr.ValidationFailed)

			// The last owner stays, one with an end in sight not counting.
			wantCode(t, w.tenants.RemoveMember(ctx, owner, at, ann), apperr.Conflict)
			wantCode(t, change(owner, at, ann, role(tenant.Maintainer)), apperr.Conflict)
			wantCode(t, change(owner, at, ann, tenant.MemberChange{ExpiresAt: new(time.Now().Add(time.Hour))}), apperr.Conflict)
			check(t, change(owner, at, bob, tenant.MemberChange{Role: new(tenant.Owner), ExpiresAt: new(time.Now().Add(time.Hour))}))
			wantCode(t, w.tenants.RemoveMember(ctx, owner, at, ann), apperr.Conflict)
			check(t, change(owner, at, bob, tenant.MemberChange{ExpiresAt: new(time.Time)}))
			check(t, w.tenants.RemoveMember(ctx, owner, at, ann))
			check(t, w.tenants.RemoveMember(ctx, system(), at, bob))

			check(t, w.tenants.RemoveMember(ctx, tenant.Granter{UserID: ann}, below, ann)) // below the top, and one's own
			wantCode(t, w.tenants.RemoveMember(ctx, owner, below, ann), apperr.NotFound)
		})
	}
}
