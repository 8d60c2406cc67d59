package oidc_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
)

func TestSignOutAtTheProvider(t *testing.T) {
	t.Parallel()
	const state = "a state&id_token_hint=forged#fragment"
	ours := url.Values{
		"client_id": {client}, "post_logout_redirect_uri": {"https://roadstead.example.com/sign-in/oidc/signed-out"}, "state": {state},
	}
	with := func(name, value string) url.Values {
		all := url.Values{name: {value}}
		maps.Copy(all, ours)
		return all
	}
	tests := map[string]struct {
		// endpoint is what the provider says, at its own address where it is a path.
		endpoint string
		want     url.Values
		code     apperr.Code
	}{
		"none":                                {"", nil, ""},
		"its own":                             {"/logout", ours, ""},
		"with a parameter of its own":         {"/logout?tenant=one", with("tenant", "one"), ""},
		"that would answer for us":            {"/logout?client_id=evil&state=x&post_logout_redirect_uri=https://evil.example.com", ours, ""},
		"with a token that is not ours":       {"/logout?id_token_hint=theirs", ours, ""},
		"on another host":                     {"https://evil.example.com/logout", nil, apperr.SignInUntrusted},
		"without TLS, where the issuer's has": {"ftp://login.example.com/logout", nil, apperr.SignInUntrusted},
		"of a script":                         {"javascript:alert(1)", nil, apperr.SignInUntrusted},
		"of data":                             {"data:text/html,hello", nil, apperr.SignInUntrusted},
		"without a scheme":                    {"//evil.example.com/logout", nil, apperr.SignInUntrusted},
		"with a fragment":                     {"/logout#x", nil, apperr.SignInUntrusted},
		"with a line break":                   {"/logout\r\nSet-Cookie: a=b", nil, apperr.SignInUntrusted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			if test.endpoint != "" {
				at := test.endpoint
				if strings.HasPrefix(at, "/logout") {
					at = s.url + at
				}
				s.say = func(d map[string]any) { d["end_session_endpoint"] = at }
			}
			p := s.provider()
			address, err := p.SignOutURL(t.Context(), state)
			if apperr.CodeOf(err) != test.code {
				t.Fatalf("SignOutURL() = %q, %v; want code %q", address, err, test.code)
			}
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			if test.want == nil {
				if address != "" {
					t.Errorf("SignOutURL() = %q, want none", address)
				}
			} else if diff := cmp.Diff(test.want, u.Query()); diff != "" || u.Fragment != "" || "http://"+u.Host != s.url || u.Path != "/logout" {
				t.Errorf("%s asks (-want +got):\n%s", address, diff)
			}
			if _, err := s.signIn(p); err != nil {
				t.Errorf("such an endpoint keeps people out: %v", err)
			}
		})
	}
}

// Its scheme is the issuer's, which the configuration wants to be https but on this machine.
func TestSignOutKeepsToTheSchemeOfTheIssuer(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	s.say = func(d map[string]any) {
		d["end_session_endpoint"] = strings.Replace(s.url, "http:", "https:", 1) + "/logout"
	}
	if address, err := s.provider().SignOutURL(t.Context(), "state"); apperr.CodeOf(err) != apperr.SignInUntrusted {
		t.Errorf("SignOutURL() = %q, %v", address, err)
	}
}

func TestSignOutOfAProviderThatIsDown(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	s.answers["/.well-known/openid-configuration"] = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }
	if address, err := s.provider().SignOutURL(t.Context(), "state"); apperr.CodeOf(err) != apperr.SignInUnavailable || address != "" {
		t.Errorf("SignOutURL() = %q, %v", address, err)
	}
}
