package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/roadstead/roadstead/internal/stage"
)

// colleague is somebody whom the sign-in provider of the test knows.
type colleague struct {
	ID       string   `json:"id"`
	Password string   `json:"password"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Groups   []string `json:"groups"`
}

// TestSignInThroughAProvider signs in through dex in Chromium, and follows what the groups of a person are worth from one
// sign-in to the next.
func TestSignInThroughAProvider(t *testing.T) {
	t.Parallel()
	people := filepath.Join(t.TempDir(), "people.json")
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken, address: freeAddress(t)}
	issuer := startProvider(t, s.page("/sign-in/oidc/callback"), people)
	s.env = []string{
		"ROADSTEAD_OIDC_ISSUER=" + issuer, "ROADSTEAD_OIDC_CLIENT_ID=roadstead", "ROADSTEAD_OIDC_CLIENT_SECRET=the client's secret",
		"ROADSTEAD_OIDC_SCOPES=profile,email,groups", "ROADSTEAD_OIDC_ADMIN_GROUP=operators",
		"ROADSTEAD_OIDC_GROUPS=platform=acme:developer,leads=acme:maintainer",
		"ROADSTEAD_EGRESS_ALLOW=" + stage.EgressRule(issuer),
	}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	s.must(t, "group", "create", "acme")
	s.must(t, "group", "create", "hidden")

	b := newBrowser(t)
	for _, visit := range []struct {
		name   string
		groups []string
		see    string // on the page of groups
		level  int    // of access to acme
		admin  bool
	}{
		{"a member of a mapped group", []string{"platform", "everybody"}, `//main//a[contains(., "acme")]`, 30, false},
		{"one of two, with the higher role", []string{"platform", "leads"}, `//main//a[contains(., "acme")]`, 40, false},
		{"an administrator", []string{"operators"}, `//main//a[contains(., "hidden")]`, 0, true},
		{"nobody in particular any more", nil, `//main[not(.//a[contains(., "acme")])]//h1`, 0, false},
	} {
		employ(t, people, colleague{ID: "1", Password: "difference engine", Name: "Ada L.", Email: "ada@example.com", Groups: visit.groups})
		b.do("sign in as "+visit.name+", and come back to where it began",
			chromedp.Navigate(s.page("/groups")), chromedp.WaitVisible(`a[href^="/sign-in/oidc"]`), b.picture("sign-in-provider"),
			chromedp.Click(`a[href^="/sign-in/oidc"]`), chromedp.WaitVisible("#login"), chromedp.SendKeys("#login", "ada"),
			chromedp.SendKeys("#password", "difference engine"), chromedp.Click("#submit-login"),
			chromedp.WaitVisible(`//main[contains(@class, "page-groups")]`), chromedp.WaitVisible(visit.see))
		level, admin := s.rights(t)
		if level != visit.level || admin != visit.admin {
			t.Errorf("%s has level %d and is administrator: %t; want %d, %t", visit.name, level, admin, visit.level, visit.admin)
		}
		b.do("sign out", chromedp.Submit(`form[action="/sign-out"] button`), chromedp.WaitVisible("#token"))
		b.do("be asked to sign in again", chromedp.Navigate(s.page("/groups")), chromedp.WaitVisible("#token"))
	}
	ofDex := func(said string) bool {
		return strings.HasPrefix(said, "debug: [DOM] Input elements should have autocomplete")
	}
	if said := slices.DeleteFunc(b.console(), ofDex); len(said) > 0 {
		t.Errorf("the console says:\n%s", strings.Join(said, "\n"))
	}
}

// TestKnownUsersOnly signs in through dex where users are made by hand: nobody gets in whom no administrator has linked,
// and nobody stays who is unlinked.
func TestKnownUsersOnly(t *testing.T) {
	t.Parallel()
	people := filepath.Join(t.TempDir(), "people.json")
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: t.TempDir(), token: adminToken, address: freeAddress(t)}
	issuer := startProvider(t, s.page("/sign-in/oidc/callback"), people)
	s.env = []string{
		"ROADSTEAD_OIDC_ISSUER=" + issuer, "ROADSTEAD_OIDC_CLIENT_ID=roadstead", "ROADSTEAD_OIDC_CLIENT_SECRET=the client's secret",
		"ROADSTEAD_OIDC_KNOWN_USERS_ONLY=true", "ROADSTEAD_EGRESS_ALLOW=" + stage.EgressRule(issuer),
	}
	s.mustStart(t)
	t.Cleanup(func() { s.process.Kill() })
	employ(t, people, colleague{ID: "1", Password: "difference engine", Name: "Ada L.", Email: "ada@example.com"})

	b := newBrowser(t)
	signIn := func(as string, see ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		b.do("sign in "+as, append([]chromedp.Action[chromedp.Void]{
			chromedp.Navigate(s.page("/groups")), chromedp.WaitVisible(`a[href^="/sign-in/oidc"]`), chromedp.Click(`a[href^="/sign-in/oidc"]`),
			chromedp.WaitVisible("#login"), chromedp.SendKeys("#login", "ada"), chromedp.SendKeys("#password", "difference engine"),
			chromedp.Click("#submit-login"),
		}, see...)...)
	}
	unknown := chromedp.WaitVisible(`//main[contains(., "there is no user for you here")]`)
	signIn("as nobody", unknown)
	subject := s.turnedAway(t)
	s.must(t, "user", "create", "lovelace")
	s.must(t, "user", "create", "babbage")
	s.must(t, "user", "link", "lovelace", "--subject", subject)
	if out, err := s.cli(t.Context(), "user", "link", "babbage", "--subject", subject); err == nil || !strings.Contains(out+err.Error(), "lovelace") {
		t.Errorf("the subject was linked twice: %s, %v", out, err)
	}
	if shown := s.must(t, "user", "show", "lovelace"); !strings.Contains(shown, subject) {
		t.Errorf("user show lacks the identity:\n%s", shown)
	}
	signIn("as lovelace", chromedp.WaitVisible(`//main[contains(@class, "page-groups")]`), chromedp.WaitVisible(`//details[contains(., "lovelace")]`))
	s.must(t, "user", "unlink", "lovelace", "--subject", subject)
	b.do("be out at once", chromedp.Navigate(s.page("/groups")), chromedp.WaitVisible("#token"))
	signIn("as nobody again", unknown)
}

// turnedAway is the subject of whom the server let in last not, by its log.
func (s *server) turnedAway(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "server.log"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`nobody made a user .* subject="?\\?"?([A-Za-z0-9_-]+)`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("the log does not tell the subject:\n%s", text)
	}
	return string(found[1])
}

// startProvider starts dex and returns its name.
func startProvider(t *testing.T, redirect, people string) (issuer string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "oidctest")
	build := exec.CommandContext(t.Context(), "go", "-C", "../oidc/oidctest", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOWORK=off")
	if _, err := output(build); err != nil {
		t.Fatal(err)
	}
	process, err := stage.Start(t.Context(), stage.Command{
		Program: program, Log: filepath.Join(t.TempDir(), "oidctest.log"), Ready: "oidctest ready:",
		Args: []string{"-redirect", redirect, "-secret", "the client's secret", "-people", people},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill)
	return stage.WordAfter(process.ReadyLine, "issuer")
}

// employ says who ada is at the provider from now on.
func employ(t *testing.T, file string, ada colleague) {
	t.Helper()
	text, err := json.Marshal(map[string]colleague{"ada": ada})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// rights returns ada's access level in the group acme, zero for none, and whether she is an administrator.
func (s *server) rights(t *testing.T) (level int, admin bool) {
	t.Helper()
	var users []struct {
		ID      int64  `json:"id"`
		Email   string `json:"email"`
		IsAdmin bool   `json:"is_admin"`
	}
	if status, err := s.get(t.Context(), "/api/v4/users?username=ada", &users); err != nil || len(users) != 1 {
		t.Fatalf("users called ada: %+v, status %d, %v", users, status, err)
	}
	var member struct {
		Level int `json:"access_level"`
	}
	status, err := s.get(t.Context(), fmt.Sprintf("/api/v4/groups/acme/members/%d", users[0].ID), &member)
	if err != nil || status != http.StatusOK && status != http.StatusNotFound {
		t.Fatalf("members of acme: status %d, %v", status, err)
	}
	return member.Level, users[0].IsAdmin
}
