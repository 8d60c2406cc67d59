package web_test

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

// idp is a provider that vouches for ada. It signs her out at leave.
type idp struct {
	err   error
	leave string
}

func (idp) Issuer() string { return "https://login.example.com" }

func (p idp) AuthURL(_ context.Context, c auth.Challenge) (string, error) {
	return "https://login.example.com/auth?state=" + c.State, p.err
}

func (p idp) Redeem(context.Context, auth.Answer, auth.Challenge) (auth.Account, error) {
	return auth.Account{Issuer: p.Issuer(), Subject: "1", SID: "s1", Username: "ada"}, p.err
}

func (p idp) SignOutURL(_ context.Context, state string) (string, error) {
	if p.leave == "" {
		return "", p.err
	}
	return p.leave + "?state=" + state, p.err
}

func (p idp) ReadLogout(context.Context, string) (auth.Logout, error) {
	return auth.Logout{Issuer: p.Issuer(), SID: "s1", IssuedAt: time.Now().Add(time.Hour)}, p.err
}

// visit asks for a page with cookies of the caller's choosing and follows nothing.
func (s *site) visit(method, path string, header http.Header, cookies ...*http.Cookie) *http.Response {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	for _, cookie := range cookies {
		request.AddCookie(cookie)
	}
	response, err := (&http.Client{
		Transport:     s.client.Transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}).Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	return response
}

// cookie returns the one that an answer sets, nil when it sets none of that name.
func cookie(r *http.Response, name string) *http.Cookie {
	for _, c := range r.Cookies() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

func TestSignInThroughTheProviderChangesTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	away := s.visit(http.MethodGet, "/sign-in/oidc?return_to=/groups", nil)
	waiting := cookie(away, "__Host-roadstead-sign-in")
	there, err := url.Parse(away.Header.Get("Location"))
	if err != nil || there.Host != "login.example.com" || waiting == nil {
		t.Fatalf("the way to the provider: %s, cookie %v", there, waiting)
	}
	if !waiting.Secure || !waiting.HttpOnly || waiting.SameSite != http.SameSiteLaxMode || waiting.Path != "/" {
		t.Errorf("the cookie of a sign-in on its way: %s", waiting)
	}
	before := cookie(s.visit(http.MethodPost, "/sign-in?token="+url.QueryEscape(adminToken), nil), "__Host-roadstead")
	if before != nil {
		t.Fatal("a token in the address was taken")
	}
	back := "/sign-in/oidc/callback?code=c&state=" + there.Query().Get("state")
	if r := s.visit(http.MethodGet, back, nil); r.StatusCode != http.StatusBadRequest || cookie(r, "__Host-roadstead") != nil {
		t.Errorf("the answer was taken from another browser: %s", r.Status)
	}
	away = s.visit(http.MethodGet, "/sign-in/oidc?return_to=/groups", nil)
	there, _ = url.Parse(away.Header.Get("Location"))
	back = "/sign-in/oidc/callback?code=c&state=" + there.Query().Get("state")
	fixed := &http.Cookie{Name: "__Host-roadstead", Value: "a session of the attacker's choosing"}
	done := s.visit(http.MethodGet, back, nil, cookie(away, "__Host-roadstead-sign-in"), fixed)
	session := cookie(done, "__Host-roadstead")
	if done.Header.Get("Location") != "/groups" || session == nil || session.Value == fixed.Value || !session.Secure || !session.HttpOnly {
		t.Fatalf("the way back leads to %q with %v", done.Header.Get("Location"), session)
	}
	if r := s.visit(http.MethodGet, "/groups", nil, session); r.StatusCode != http.StatusOK {
		t.Errorf("the session of ada: %s", r.Status)
	}
	if r := s.visit(http.MethodPost, "/sign-in/oidc/logout", nil); r.StatusCode != http.StatusOK {
		t.Errorf("the provider's logout: %s", r.Status)
	}
	if r := s.visit(http.MethodGet, "/groups", nil, session); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the session outlived the provider's: %s", r.Status)
	}
}

func TestSignInShowsOurWordsOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	a := s.get("/sign-in/oidc/callback?error=access_denied&error_description=%3Cb%3Ecall+555%3C/b%3E&state=x")
	s.shows(a, http.StatusBadRequest, "not begun in this browser")
	if strings.Contains(a.text, "555") {
		t.Error("the page shows the provider's words")
	}
	s.single.Provider = idp{err: apperr.Of(apperr.SignInUnavailable)}
	s.shows(s.get("/sign-in/oidc"), http.StatusServiceUnavailable, "does not answer", "/sign-in/oidc")
	s.single.Provider = idp{err: apperr.Of(apperr.SignInUntrusted)}
	s.shows(s.post("/sign-in/oidc/logout", url.Values{"logout_token": {"x"}}), http.StatusBadRequest, "invalid_request")
}

func TestSignInIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := newSite(t) // signs in once
	for try := range 6 {
		a := s.post("/sign-in", url.Values{"token": {"wrong"}})
		if want := try < 4; (a.status == http.StatusUnauthorized) != want || !want && a.status != http.StatusTooManyRequests {
			t.Errorf("try %d answers %d", try, a.status)
		}
	}
}

// TestEveryPageIsHardened asks every route, with and without a session.
func TestEveryPageIsHardened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	want := map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
			"font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; " +
			"require-trusted-types-for 'script'; trusted-types roadstead",
		"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Cache-Control": "no-store",
		"Strict-Transport-Security": "max-age=31536000",
	}
	session := s.cookie()
	asked := 0
	for _, route := range s.pages.Routes() {
		path := strings.NewReplacer("{$}", "", "{", "", "}", "").Replace(route.Pattern)
		for _, cookies := range [][]*http.Cookie{nil, {session}} {
			asked++
			if route.Pattern == "/live" { // a stream; without topics it ends at once
				path = "/live"
			}
			if route.Method == http.MethodPost {
				evil := http.Header{"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example.com"}}
				if r := s.visit(route.Method, path, evil, cookies...); r.StatusCode != http.StatusForbidden {
					t.Errorf("%s %s from another site: %s", route.Method, path, r.Status)
				}
				continue
			}
			r := s.visit(route.Method, path, nil, cookies...)
			for name, value := range want {
				if route.Pattern == "/static/" && name != "X-Content-Type-Options" {
					continue // files of ours, the same for everybody
				}
				if got := r.Header.Get(name); got != value {
					t.Errorf("%s %s: %s = %q, want %q", route.Method, path, name, got, value)
				}
			}
		}
	}
	t.Logf("%d requests for %d routes", asked, len(s.pages.Routes()))
}

// cookie is the session of the site's own client.
func (s *site) cookie() *http.Cookie {
	s.t.Helper()
	here, err := url.Parse(s.url)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, c := range s.client.Jar.Cookies(here) {
		if c.Name == "__Host-roadstead" {
			return c
		}
	}
	s.t.Fatal("nobody is signed in")
	return nil
}
