package auth_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// everywhere is a role that everybody has in every group and project.
type everywhere tenant.Role

func (r everywhere) RoleInGroup(context.Context, int64, int64) (tenant.Role, error) {
	return tenant.Role(r), nil
}

func (r everywhere) RoleInProject(context.Context, int64, int64) (tenant.Role, error) {
	return tenant.Role(r), nil
}

func subjects() map[string]auth.Subject {
	return map[string]auth.Subject{"group": auth.Group(1), "project": auth.Project(1), "instance": auth.Instance()}
}

func ranks() []tenant.Role { return append([]tenant.Role{tenant.NoRole}, tenant.Roles()...) }

func member(scopes ...auth.Scope) auth.Identity {
	return auth.Identity{UserID: 2, Name: "ann", Kind: auth.Person, Scopes: scopes}
}

// expected is the answer of the table, read in another way than the code does.
func expected(rule auth.Rule, role tenant.Role, where string) apperr.Code {
	least := map[string]tenant.Role{"group": rule.Group, "project": rule.Project}[where]
	switch {
	case where == "instance" && rule.Instance == auth.Everybody:
		return ""
	case where == "instance":
		return apperr.Forbidden
	case role == tenant.NoRole:
		return apperr.NotFound
	case least == tenant.NoRole || role < least:
		return apperr.Forbidden
	}
	return ""
}

// TestMatrix asks about every ability, as every role, at every level, with every scope.
func TestMatrix(t *testing.T) {
	t.Parallel()
	cases := 0
	for _, rule := range auth.Matrix() {
		for _, role := range ranks() {
			access := auth.NewAccess(everywhere(role))
			for name, where := range subjects() {
				t.Run(fmt.Sprintf("%s as %s in a %s", rule.Ability, role, name), func(t *testing.T) {
					t.Parallel()
					want := expected(rule, role, name)
					wantCode(t, access.Check(t.Context(), member(auth.API), rule.Ability, where), want)
					if !rule.Reads {
						want = apperr.Forbidden
					}
					wantCode(t, access.Check(t.Context(), member(auth.ReadAPI), rule.Ability, where), want)
				})
				cases += 2
			}
		}
	}
	t.Logf("%d cases", cases)
}

func TestMatrixIsSound(t *testing.T) {
	t.Parallel()
	seen := map[auth.Ability]bool{}
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)+$`)
	for _, rule := range auth.Matrix() {
		if seen[rule.Ability] {
			t.Errorf("%s has two rules", rule.Ability)
		}
		seen[rule.Ability] = true
		verb, _, _ := strings.Cut(string(rule.Ability), "_")
		if reads := verb == "read" || verb == "explain"; reads != rule.Reads {
			t.Errorf("%s: it reads is %t, its name says %t", rule.Ability, rule.Reads, reads)
		}
		if !form.MatchString(string(rule.Ability)) || !strings.HasSuffix(rule.For, ".") {
			t.Errorf("%s: %q is not in the form of the others", rule.Ability, rule.For)
		}
		if rule.Group == tenant.NoRole && rule.Project == tenant.NoRole && rule.Instance == auth.Nobody {
			t.Errorf("%s is for nobody", rule.Ability)
		}
	}
}

func TestHigherRolesMayNoLess(t *testing.T) {
	t.Parallel()
	for _, rule := range auth.Matrix() {
		for name, where := range subjects() {
			may := false
			for _, role := range ranks() {
				err := auth.NewAccess(everywhere(role)).Check(t.Context(), member(auth.API), rule.Ability, where)
				if may && err != nil {
					t.Errorf("%s in a %s: %s may not what a lower role may", rule.Ability, name, role)
				}
				may = may || err == nil
			}
		}
	}
}

func TestAdministratorsMayEverything(t *testing.T) {
	t.Parallel()
	admin := auth.Identity{UserID: 1, Admin: true, Scopes: []auth.Scope{auth.API}}
	access := auth.NewAccess(nil) // nobody asks for an administrator's role
	for _, rule := range auth.Matrix() {
		for name, where := range subjects() {
			if err := access.Check(t.Context(), admin, rule.Ability, where); err != nil {
				t.Errorf("%s in a %s: %v", rule.Ability, name, err)
			}
			if role, err := access.Role(t.Context(), admin, where); role != tenant.Owner || err != nil {
				t.Errorf("role in a %s: %s, %v", name, role, err)
			}
		}
	}
}

func TestNobodyMayNothing(t *testing.T) {
	t.Parallel()
	access := auth.NewAccess(everywhere(tenant.Owner))
	forged := auth.Identity{Name: "administrator", Admin: true, Scopes: []auth.Scope{auth.API}}
	for _, rule := range auth.Matrix() {
		for _, where := range subjects() {
			wantCode(t, access.Check(t.Context(), forged, rule.Ability, where), apperr.Unauthenticated)
		}
	}
}

func TestAccessThatCannotBeDecided(t *testing.T) {
	t.Parallel()
	access := auth.NewAccess(broken{})
	wantCode(t, access.Check(t.Context(), member(auth.API), auth.ReadGroup, auth.Group(1)), apperr.Internal)
	wantCode(t, access.Check(t.Context(), member(auth.API), auth.ReadProject, auth.Project(1)), apperr.Internal)
	wantCode(t, access.Check(t.Context(), member(auth.API), "open_sesame", auth.Project(1)), apperr.Internal)
}

type broken struct{}

func (broken) RoleInGroup(context.Context, int64, int64) (tenant.Role, error) {
	return tenant.Owner, errors.New("the database is gone")
}

func (broken) RoleInProject(context.Context, int64, int64) (tenant.Role, error) {
	return tenant.Owner, errors.New("the database is gone")
}

// TestPermissionReferenceIsCurrent compares the published page with the matrix. UPDATE_GOLDEN=1 writes it anew.
func TestPermissionReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	const file = "../../docs/reference/permissions.md"
	want := permissions()
	if os.Getenv("UPDATE_GOLDEN") != "" {
		check(t, os.WriteFile(file, []byte(want), 0o600))
	}
	published := must(os.ReadFile(file))(t)
	if diff := cmp.Diff(string(published), want); diff != "" {
		t.Errorf("%s is not current, run `make generate` (-published +wanted):\n%s", file, diff)
	}
}

func permissions() string {
	var page strings.Builder
	page.WriteString(`# Permissions

Who may do what. A member has a role in a group or project: guest, reporter, developer, maintainer or owner. A role in a
group holds in all groups and projects below it; of several, the highest counts, and an expired membership counts nowhere.
The columns say which role it takes at least; a dash says that the ability has no meaning there. Administrators of the
instance may do everything.

Who has no role in a group or project gets not_found, whatever he asks: he does not learn that it is there. Who sees it and
may not do what he asked gets forbidden. With an access token of the scope read_api only what is marked as reading is allowed;
the scope api allows all that its user may do.

This page is generated from the table in internal/auth/matrix.go.

| ability | what it is for | reads | group | project | instance |
|---|---|---|---|---|---|
`)
	for _, rule := range auth.Matrix() {
		reads := ""
		if rule.Reads {
			reads = "yes"
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s | %s | %s |\n", rule.Ability, rule.For, reads,
			orDash(rule.Group), orDash(rule.Project), instance(rule.Instance))
	}
	return page.String()
}

func orDash(role tenant.Role) string {
	if role == tenant.NoRole {
		return "-"
	}
	return role.String()
}

func instance(who auth.Who) string {
	if who == auth.Nobody {
		return "-"
	}
	return string(who)
}
