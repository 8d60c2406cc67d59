package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	sessionCookie = "__Host-roadstead"
	leavingCookie = "__Host-roadstead-sign-out"
	atProvider    = "https://login.example.com/logout"
)

// enter signs ada in through the provider.
func (s *site) enter() *http.Cookie {
	s.t.Helper()
	away := s.visit(http.MethodGet, "/sign-in/oidc", nil)
	there, err := url.Parse(away.Header.Get("Location"))
	if err != nil {
		s.t.Fatal(err)
	}
	back := "/sign-in/oidc/callback?code=c&state=" + there.Query().Get("state")
	session := cookie(s.visit(http.MethodGet, back, nil, cookie(away, "__Host-roadstead-sign-in")), sessionCookie)
	if session == nil {
		s.t.Fatal("ada is not signed in")
	}
	return session
}

// leave signs a session out and returns the cookie by which its browser may go on to the provider.
func (s *site) leave(session *http.Cookie) *http.Cookie {
	s.t.Helper()
	out := s.visit(http.MethodPost, "/sign-out", http.Header{"Sec-Fetch-Site": {"same-origin"}}, session)
	if gone := cookie(out, sessionCookie); out.Header.Get("Location") != "/sign-in" || gone == nil || gone.Value != "" {
		s.t.Errorf("signing out leads to %q with %v", out.Header.Get("Location"), gone)
	}
	if r := s.visit(http.MethodGet, "/groups", nil, session); r.StatusCode != http.StatusSeeOther {
		s.t.Errorf("the session goes on: %s", r.Status)
	}
	return cookie(out, leavingCookie)
}

func TestSignOutGoesOnToTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.single.Provider = idp{leave: atProvider}
	leaving := s.leave(s.enter())
	if leaving == nil || leaving.Value == "" || !leaving.Secure || !leaving.HttpOnly || leaving.SameSite != http.SameSiteLaxMode {
		t.Fatalf("the cookie of a browser that leaves: %v", leaving)
	}
	link := "/sign-in/oidc/sign-out?state=" + leaving.Value
	if r := s.visit(http.MethodGet, link, nil, leaving); r.Header.Get("Location") != atProvider+"?state="+leaving.Value {
		t.Errorf("the link leads to %q", r.Header.Get("Location"))
	}
	back := s.visit(http.MethodGet, "/sign-in/oidc/signed-out?state="+leaving.Value, nil, leaving)
	if gone := cookie(back, leavingCookie); back.StatusCode != http.StatusOK || gone == nil || gone.Value != "" {
		t.Errorf("the way back: %s with %v", back.Status, gone)
	}
}

// Nobody is sent to sign out there, nor told that he has, who did not ask for it in this browser.
func TestSignOutByOthersLeadsNowhere(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.single.Provider = idp{leave: atProvider}
	leaving, others := s.leave(s.enter()), s.leave(s.enter())
	empty := &http.Cookie{Name: leavingCookie}
	for name, try := range map[string]struct {
		query   string
		cookies []*http.Cookie
	}{
		"a link on another site":           {"?state=" + others.Value, []*http.Cookie{leaving}},
		"a link without a state":           {"", []*http.Cookie{leaving}},
		"an empty state and an empty one":  {"?state=", []*http.Cookie{empty}},
		"a browser that never signed out":  {"?state=" + leaving.Value, nil},
		"another address":                  {"?state=x&post_logout_redirect_uri=https://evil.example.com", []*http.Cookie{leaving}},
		"the beginning of the right state": {"?state=" + leaving.Value[:8], []*http.Cookie{leaving}},
	} {
		for _, path := range []string{"/sign-in/oidc/sign-out", "/sign-in/oidc/signed-out"} {
			r := s.visit(http.MethodGet, path+try.query, nil, try.cookies...)
			if r.StatusCode != http.StatusSeeOther || r.Header.Get("Location") != "/sign-in" || len(r.Cookies()) != 0 {
				t.Errorf("%s at %s: %s, to %q, with %v", name, path, r.Status, r.Header.Get("Location"), r.Cookies())
			}
		}
	}
	session := s.enter()
	evil := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example.com"}}
	if r := s.visit(http.MethodPost, "/sign-out", evil, session); r.StatusCode != http.StatusForbidden || cookie(r, leavingCookie) != nil {
		t.Errorf("another site signs out: %s", r.Status)
	}
	if r := s.visit(http.MethodGet, "/groups", nil, session); r.StatusCode != http.StatusOK {
		t.Errorf("another site ended the session: %s", r.Status)
	}
}

// A provider that is down, or signs nobody out, is in nobody's way.
func TestSignOutWithoutTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for name, provider := range map[string]idp{
		"one that offers nothing": {}, "one that is down": {err: apperr.Of(apperr.SignInUnavailable)},
	} {
		s.single.Provider = idp{}
		session := s.enter()
		s.single.Provider = provider
		if leaving := s.leave(session); leaving == nil || leaving.Value != "" {
			t.Errorf("%s: the browser is offered to go on: %v", name, leaving)
		}
	}
	s.single.Provider = idp{leave: atProvider}
	if leaving := s.leave(s.cookie()); leaving == nil || leaving.Value != "" {
		t.Errorf("a session by a token: the browser is offered to go on: %v", leaving)
	}
	s.single.Provider = idp{}
	leaving := &http.Cookie{Name: leavingCookie, Value: "secret"}
	if r := s.visit(http.MethodGet, "/sign-in/oidc/sign-out?state=secret", nil, leaving); r.Header.Get("Location") != "/sign-in" {
		t.Errorf("a provider that offers it no more: to %q", r.Header.Get("Location"))
	}
}

func TestSignInPageOffersToLeaveTheProvider(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.single.Provider = idp{leave: atProvider}
	here, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	s.client.Jar.SetCookies(here, []*http.Cookie{s.enter()})
	page := s.post("/sign-out", nil)
	s.shows(page, http.StatusOK, "Your organisation still knows this browser", "/sign-in/oidc/sign-out?state=")
	_, link, _ := strings.Cut(page.text, "/sign-in/oidc/sign-out?state=")
	state, _, _ := strings.Cut(link, `"`)
	page = s.get("/sign-in/oidc/signed-out?state=" + state)
	s.shows(page, http.StatusOK, "You have signed out, at your organisation too")
	if strings.Contains(page.text, "still knows") || strings.Contains(s.get("/sign-in").text, "still knows") {
		t.Error("who has signed out everywhere is offered it again")
	}
}
