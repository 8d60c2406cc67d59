package auth_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

const issuer = "https://login.example.com"

// idp is a provider that vouches for whom a test says. It wants the nonce and verifier of the state that it saw.
type idp struct {
	issuer  string
	account auth.Account
	logout  auth.Logout
	seen    map[string]auth.Challenge
	err     error
	leave   string
}

func (p *idp) Issuer() string { return p.issuer }

func (p *idp) AuthURL(_ context.Context, c auth.Challenge) (string, error) {
	p.seen[c.State] = c
	return issuer + "/auth?state=" + c.State, p.err
}

func (p *idp) Redeem(_ context.Context, a auth.Answer, c auth.Challenge) (auth.Account, error) {
	if p.seen[a.State] != c || p.err != nil {
		return auth.Account{}, apperr.Of(apperr.SignInUntrusted).With(p.err)
	}
	return p.account, nil
}

func (p *idp) SignOutURL(_ context.Context, state string) (string, error) {
	if p.leave == "" {
		return "", p.err
	}
	return p.leave + "?state=" + state, p.err
}

func (p *idp) ReadLogout(context.Context, string) (auth.Logout, error) { return p.logout, p.err }

// entrance is a world that people enter through a provider.
type entrance struct {
	*world

	idp *idp
	sso *auth.SingleSignOn
}

func newEntrance(t *testing.T) *entrance {
	t.Helper()
	w := newWorld(t)
	w.places()
	p := &idp{
		issuer: issuer, seen: map[string]auth.Challenge{},
		account: auth.Account{Issuer: issuer, Subject: "1", SID: "s1", Username: "ada", Name: "Ada L.", Email: "ada@example.com"},
	}
	return &entrance{w, p, &auth.SingleSignOn{
		Provider: p, Store: w.db.Auth(), Auth: w.Service, Members: w.tenants, Log: storetest.Log(t), Now: func() time.Time { return w.clock },
		Mapping: auth.Mapping{AdminGroup: "operators", Groups: []auth.MappedGroup{
			{Claim: "platform", Path: "acme", Role: tenant.Developer},
			{Claim: "leads", Path: "acme", Role: tenant.Maintainer},
			{Claim: "ghosts", Path: "no/such/group", Role: tenant.Owner},
		}},
	}}
}

// begin starts a sign-in and returns what the provider would send back.
func (e *entrance) begin(returnTo string) (auth.Begun, auth.Answer) {
	e.t.Helper()
	begun := must(e.sso.Begin(e.t.Context(), returnTo))(e.t)
	u := must(url.Parse(begun.URL))(e.t)
	return begun, auth.Answer{State: u.Query().Get("state"), Code: "code"}
}

func (e *entrance) signIn() auth.SignedIn {
	e.t.Helper()
	begun, answer := e.begin("/")
	return must(e.sso.Finish(e.t.Context(), answer, begun.Secret))(e.t)
}

func (e *entrance) user() auth.User {
	e.t.Helper()
	return must(e.UserByIdentity(e.t.Context(), issuer, "1"))(e.t)
}

func TestSignInMakesAUserOnce(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	done := e.signIn()
	who := must(e.AuthenticateSession(t.Context(), done.Secret))(t)
	if who.Name != "ada" || who.Admin {
		t.Errorf("signed in as %+v", who)
	}
	e.idp.account.Email, e.idp.account.Username = "ada@example.org", "lovelace"
	again := e.signIn()
	if user := e.user(); user.ID != who.UserID || user.Email != "ada@example.org" || user.Username != "ada" {
		t.Errorf("the same subject came as %+v", user)
	}
	if again.Secret == done.Secret || again.Session.ID == done.Session.ID {
		t.Error("a second sign-in goes on with the session of the first")
	}
}

func TestSubjectAndNotTheAddressIsWhoSomebodyIs(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	e.signIn()
	first := e.user()
	e.idp.account.Subject = "2"
	e.signIn()
	if second := must(e.UserByIdentity(t.Context(), issuer, "2"))(t); second.ID == first.ID || second.Username == first.Username {
		t.Errorf("another subject of the same name and address came as %+v", second)
	}
	e.idp.account = auth.Account{Issuer: issuer, Subject: "3", Username: "administrator"}
	e.signIn()
	if third := must(e.UserByIdentity(t.Context(), issuer, "3"))(t); third.ID == auth.AdministratorID || third.Admin {
		t.Errorf("somebody called administrator came as %+v", third)
	}
}

// The first administrator has a way in, and is one, whatever the provider says of his groups.
func TestFirstAdministratorIsLetInWithoutTheGroup(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	must(e.LinkUser(e.admin(), auth.AdministratorID, issuer, "1"))(t)
	who := must(e.AuthenticateSession(t.Context(), e.signIn().Secret))(t)
	if who.UserID != auth.AdministratorID || !who.Admin {
		t.Errorf("the first administrator came as %+v", who)
	}
}

func TestSignInsThatGoNoFurther(t *testing.T) {
	t.Parallel()
	type try struct {
		*entrance

		answer auth.Answer
		secret string
	}
	tests := map[string]struct {
		change func(c *try)
		want   apperr.Code
	}{
		"begun in another browser":     {func(c *try) { c.secret = "another browser's" }, apperr.SignInStale},
		"without the browser's secret": {func(c *try) { c.secret = "" }, apperr.SignInStale},
		"in the browser of another sign-in": {func(c *try) {
			other, _ := c.begin("/")
			c.secret = other.Secret
		}, apperr.SignInStale},
		"with a state of nobody": {func(c *try) { c.answer.State = "made up" }, apperr.SignInStale},
		"without a state":        {func(c *try) { c.answer.State = "" }, apperr.SignInStale},
		"a second time": {func(c *try) {
			must(c.sso.Finish(c.t.Context(), c.answer, c.secret))(c.t)
		}, apperr.SignInStale},
		"after a try in another browser": {func(c *try) {
			_, _ = c.sso.Finish(c.t.Context(), c.answer, "another browser's")
		}, apperr.SignInStale},
		"after ten minutes":             {func(c *try) { c.after(10 * time.Minute) }, apperr.SignInStale},
		"at a provider that was left":   {func(c *try) { c.idp.issuer = "https://new.example.com" }, apperr.SignInStale},
		"by another issuer (mix-up)":    {func(c *try) { c.answer.Issuer = "https://evil.example.com" }, apperr.SignInUntrusted},
		"with an error":                 {func(c *try) { c.answer.Error = "access_denied" }, apperr.SignInDenied},
		"with an error and a code":      {func(c *try) { c.answer.Error = "<b>server_error</b>" }, apperr.SignInDenied},
		"without a code":                {func(c *try) { c.answer.Code = "" }, apperr.SignInDenied},
		"that the provider disbelieves": {func(c *try) { c.idp.err = apperr.Of(apperr.SignInUntrusted) }, apperr.SignInUntrusted},
		"of a user who is blocked": {func(c *try) {
			c.signIn()
			must(c.BlockUser(c.admin(), c.user().ID))(c.t)
		}, apperr.SignInBlocked},
		"of somebody new, where users are made by hand": {func(c *try) { c.sso.KnownOnly = true }, apperr.SignInUnknown},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntrance(t)
			begun, answer := e.begin("/")
			c := &try{e, answer, begun.Secret}
			test.change(c)
			done, err := e.sso.Finish(t.Context(), c.answer, c.secret)
			if apperr.CodeOf(err) != test.want || done.Secret != "" {
				t.Errorf("Finish() = %+v, %v; want %s", done, err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "<") {
				t.Errorf("the error shows the provider's words: %v", err)
			}
		})
	}
}

func TestReturnPathStaysHere(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"/groups/1?tab=members": "/groups/1?tab=members", "/a//b": "/a//b", "/": "/",
		"": "/", "groups": "/", "//evil.example.com": "/", "///evil.example.com": "/", `/\evil.example.com`: "/", `/a\b`: "/",
		"https://evil.example.com": "/", "javascript:alert(1)": "/", "\t//evil.example.com": "/", "/\t/evil.example.com": "/",
		"/\n/evil.example.com": "/", "/\r\nSet-Cookie: a=b": "/", "/\x00": "/", "/\u202egro.live": "/", "/a\u2028b": "/",
		"/sign-in/oidc": "/", "/sign-in": "/", "/" + strings.Repeat("a", 3000): "/",
	}
	for text, want := range tests {
		if got := auth.ReturnPath(text); got != want {
			t.Errorf("ReturnPath(%q) = %q, want %q", text, got, want)
		}
	}
	e := newEntrance(t)
	begun, answer := e.begin("//evil.example.com")
	if done := must(e.sso.Finish(t.Context(), answer, begun.Secret))(t); done.ReturnTo != "/" {
		t.Errorf("the sign-in leads to %q", done.ReturnTo)
	}
}

func TestGroupsOfTheProviderGiveAndTakeRights(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	steps := []struct {
		groups []string
		role   tenant.Role
		admin  bool
	}{
		{[]string{"platform", "ghosts"}, tenant.Developer, false},
		{[]string{"leads", "platform"}, tenant.Maintainer, false},
		{[]string{"operators", "platform"}, tenant.Developer, true},
		{[]string{"Platform", "platform ", "", "acme"}, tenant.NoRole, false},
		{[]string{"leads"}, tenant.Maintainer, false},
		{nil, tenant.NoRole, false},
	}
	for _, step := range steps {
		e.idp.account.Groups = step.groups
		e.signIn()
		user := e.user()
		role := must(e.tenants.RoleInGroup(t.Context(), user.ID, e.group.ID))(t)
		if role != step.role || user.Admin != step.admin {
			t.Errorf("groups %q make role %s, administrator %t; want %s, %t", step.groups, role, user.Admin, step.role, step.admin)
		}
	}
}

func TestMappingLeavesAloneWhatWasGivenByHand(t *testing.T) {
	t.Parallel()
	e := newEntrance(t)
	e.signIn()
	e.join(e.user(), tenant.Owner)
	role := func() tenant.Role {
		t.Helper()
		return must(e.tenants.RoleInGroup(t.Context(), e.user().ID, e.group.ID))(t)
	}
	for _, groups := range [][]string{{"platform"}, nil} {
		e.idp.account.Groups = groups
		e.signIn()
		if got := role(); got != tenant.Owner {
			t.Errorf("groups %q: the owner became %s", groups, got)
		}
	}
	at := tenant.Place{GroupID: e.group.ID}
	check(t, e.tenants.RemoveMember(t.Context(), tenant.Granter{Admin: true}, at, e.user().ID))
	e.idp.account.Groups = []string{"platform"}
	e.signIn()
	reporter := tenant.Reporter
	must(e.tenants.UpdateMember(t.Context(), tenant.Granter{Admin: true}, at, e.user().ID, tenant.MemberChange{Role: &reporter}))(t)
	e.signIn()
	if got := role(); got != tenant.Reporter {
		t.Errorf("a role that was changed by hand became %s", got)
	}
}

func TestProviderEndsSessions(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		logout auth.Logout
		want   []bool // which of the sessions live: of s1, of s2, of another person, by a token
	}{
		"one session":                  {auth.Logout{Issuer: issuer, Subject: "1", SID: "s1"}, []bool{false, true, true, true}},
		"all of a subject":             {auth.Logout{Issuer: issuer, Subject: "1"}, []bool{false, false, true, true}},
		"of another issuer":            {auth.Logout{Issuer: "https://evil.example.com", Subject: "1"}, []bool{true, true, true, true}},
		"of nobody":                    {auth.Logout{Issuer: issuer}, []bool{true, true, true, true}},
		"said before they were opened": {auth.Logout{Issuer: issuer, Subject: "1", IssuedAt: time.Unix(1, 0)}, []bool{true, true, true, true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEntrance(t)
			first := e.signIn().Secret
			e.idp.account.SID = "s2"
			second := e.signIn().Secret
			e.idp.account = auth.Account{Issuer: issuer, Subject: "2", SID: "s3", Username: "grace"}
			third := e.signIn().Secret
			fourth, _, err := e.SignIn(t.Context(), configured)
			check(t, err)
			e.idp.logout = test.logout
			if e.idp.logout.IssuedAt.IsZero() {
				e.idp.logout.IssuedAt = e.clock
			}
			check(t, e.sso.End(t.Context(), "token"))
			var live []bool
			for _, secret := range []string{first, second, third, fourth} {
				_, err := e.AuthenticateSession(t.Context(), secret)
				live = append(live, err == nil)
			}
			if diff := cmp.Diff(test.want, live); diff != "" {
				t.Errorf("sessions that live (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("by a token that is not believed", func(t *testing.T) {
		t.Parallel()
		e := newEntrance(t)
		secret := e.signIn().Secret
		e.idp.err = apperr.Of(apperr.SignInUntrusted)
		if err := e.sso.End(t.Context(), "token"); apperr.CodeOf(err) != apperr.SignInUntrusted {
			t.Errorf("End() = %v", err)
		}
		must(e.AuthenticateSession(t.Context(), secret))(t)
	})
}
