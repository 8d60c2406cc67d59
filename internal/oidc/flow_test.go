package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func half(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

func TestChallengeIsAlwaysAHash(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	c := auth.Challenge{State: "state", Nonce: "nonce", Verifier: "a-verifier-that-nobody-sees-in-a-browser-0123456789"}
	address, err := s.provider().AuthURL(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(c.Verifier))
	want := map[string]string{
		"response_type": "code", "client_id": client, "state": "state", "nonce": "nonce", "code_challenge_method": "S256",
		"code_challenge": base64.RawURLEncoding.EncodeToString(sum[:]), "redirect_uri": "https://roadstead.example.com/sign-in/oidc/callback",
	}
	for name, value := range want {
		if got := u.Query().Get(name); got != value {
			t.Errorf("%s = %q, want %q", name, got, value)
		}
	}
	if strings.Contains(address, c.Verifier) || strings.Contains(address, url.QueryEscape(password)) {
		t.Errorf("the browser is shown a secret: %s", address)
	}
}

func TestAnswersOfOthers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(s *stub)
		want   apperr.Code
	}{
		"names this issuer": {func(s *stub) { s.answer = func(a *auth.Answer) { a.Issuer = s.url } }, ""},
		"names another issuer (mix-up)": {
			func(s *stub) { s.answer = func(a *auth.Answer) { a.Issuer = "https://evil.example.com" } }, apperr.SignInUntrusted,
		},
		"names none, where all are named": {
			func(s *stub) {
				s.say = func(d map[string]any) { d["authorization_response_iss_parameter_supported"] = true }
			}, apperr.SignInUntrusted,
		},
		"a code of somebody else":       {func(s *stub) { s.answer = func(a *auth.Answer) { a.Code = "another" } }, apperr.SignInUntrusted},
		"a code that was used":          {func(s *stub) { s.used = true }, apperr.SignInUntrusted},
		"no ID token":                   {func(s *stub) { s.grant = func(g map[string]any) { delete(g, "id_token") } }, apperr.SignInUntrusted},
		"an ID token that is an object": {func(s *stub) { s.grant = func(g map[string]any) { g["id_token"] = map[string]any{} } }, apperr.SignInUntrusted},
		"no access token":               {func(s *stub) { s.grant = func(g map[string]any) { delete(g, "access_token") } }, apperr.SignInUntrusted},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			test.change(s)
			if test.want != "" {
				s.refused(test.want)
			} else if _, err := s.signIn(s.provider()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestSecretGoesInTheFormThatIsAskedFor(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	s.say = func(d map[string]any) { d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"} }
	var shown, basic string
	s.answers["/token"] = func(w http.ResponseWriter, r *http.Request) {
		_, basic, _ = r.BasicAuth()
		shown = r.PostFormValue("client_secret")
		write(w, http.StatusBadRequest, map[string]any{"error": "invalid_client"})
	}
	s.refused(apperr.SignInUntrusted)
	if shown != password || basic != "" || s.calls("/token") != 1 {
		t.Errorf("the secret came as form %q and header %q, in %d calls", shown, basic, s.calls("/token"))
	}
}

func TestKeysThatAreNoKeys(t *testing.T) {
	t.Parallel()
	tests := map[string]func(s *stub) jose.JSONWebKey{
		"one that is shared": func(s *stub) jose.JSONWebKey {
			s.sign = func(c map[string]any) string { return shared([]byte(password), c) }
			return jose.JSONWebKey{Key: []byte(password), KeyID: "one"}
		},
		"one with its private half": func(s *stub) jose.JSONWebKey { return jose.JSONWebKey{Key: s.key, KeyID: "one"} },
		"one for encryption":        func(s *stub) jose.JSONWebKey { return jose.JSONWebKey{Key: s.key.Public(), KeyID: "one", Use: "enc"} },
		"one of another algorithm": func(s *stub) jose.JSONWebKey {
			return jose.JSONWebKey{Key: s.key.Public(), KeyID: "one", Algorithm: "ES384"}
		},
		"one of another name": func(s *stub) jose.JSONWebKey { return jose.JSONWebKey{Key: s.key.Public(), KeyID: "two"} },
	}
	for name, key := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.keys = []jose.JSONWebKey{key(s)}
			s.refused(apperr.SignInUntrusted)
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		s := newStub(t)
		s.keys = nil
		s.refused(apperr.SignInUntrusted)
	})
}

func TestKeysAreReadOnceAMinuteAtMost(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	p := s.provider()
	signIn := func(want apperr.Code) {
		t.Helper()
		s.wait(0)
		if _, err := s.signIn(p); apperr.CodeOf(err) != want {
			t.Errorf("signIn() = %v, want %q", err, want)
		}
	}
	signIn("")
	honest := s.sign
	s.sign = func(c map[string]any) string { return s.signed(jose.ES256, newKey(t), "unknown", c) }
	for range 20 {
		signIn(apperr.SignInUntrusted)
	}
	if n := s.calls("/keys"); n != 1 {
		t.Errorf("unknown keys had the keys read %d times, want once", n)
	}
	s.sign = honest
	signIn("")

	// The provider changes its key and keeps the name.
	s.wait(2 * time.Minute)
	old := s.key
	s.key = newKey(t)
	s.keys = []jose.JSONWebKey{{Key: s.key.Public(), KeyID: "one"}}
	signIn("")
	s.sign = func(c map[string]any) string { return s.signed(jose.ES256, old, "one", c) }
	s.wait(2 * time.Minute)
	signIn(apperr.SignInUntrusted)
	if n := s.calls("/keys"); n != 3 {
		t.Errorf("the keys were read %d times, want 3", n)
	}
}

func TestKeyThatWasTakenBackIsForgottenWithinAnHour(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	p := s.provider()
	if _, err := s.signIn(p); err != nil {
		t.Fatal(err)
	}
	s.keys = nil
	s.wait(61 * time.Minute)
	if _, err := s.signIn(p); apperr.CodeOf(err) != apperr.SignInUntrusted {
		t.Errorf("signIn() = %v, want it refused", err)
	}
}

func TestProviderThatIsDownIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	p := s.provider()
	const path = "/.well-known/openid-configuration"
	s.answers[path] = func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "down", http.StatusBadGateway) }
	for range 10 {
		if _, err := s.signIn(p); apperr.CodeOf(err) != apperr.SignInUnavailable {
			t.Fatalf("signIn() = %v", err)
		}
	}
	if n := s.calls(path); n != 3 {
		t.Errorf("%d calls were made, want 3", n)
	}
	s.wait(31 * time.Second)
	_, _ = s.signIn(p)
	_, _ = s.signIn(p)
	if n := s.calls(path); n != 4 {
		t.Errorf("%d calls were made after the pause, want one more", n)
	}
	delete(s.answers, path)
	s.wait(31 * time.Second)
	if _, err := s.signIn(p); err != nil {
		t.Errorf("the provider is back: %v", err)
	}
}

func TestLogoutTokens(t *testing.T) {
	t.Parallel()
	const event = "http://schemas.openid.net/event/backchannel-logout"
	tests := map[string]struct {
		change change
		good   bool
	}{
		"of a session":             {func(*stub, map[string]any) {}, true},
		"of a subject":             {set("sid", nil), true},
		"of a session only":        {set("sub", nil), true},
		"of nobody":                {func(_ *stub, c map[string]any) { c["sid"], c["sub"] = nil, nil }, false},
		"without event":            {set("events", nil), false},
		"with an event of null":    {set("events", map[string]any{event: nil}), false},
		"with an event of a text":  {set("events", event), false},
		"with another event":       {set("events", map[string]any{"http://example.com/event": map[string]any{}}), false},
		"with a nonce":             {set("nonce", "n"), false},
		"without a name of itself": {set("jti", nil), false},
		"expired":                  {at("exp", -2*time.Minute), false},
		"that never expires":       {set("exp", nil), false},
		"of the future":            {at("iat", 2*time.Minute), false},
		"for another client":       {set("aud", "another"), false},
		"for two clients":          {set("aud", []string{client, "another"}), false},
		"of another issuer":        {set("iss", "https://evil.example.com"), false},
		"that is an ID token":      {func(_ *stub, c map[string]any) { c["events"], c["nonce"] = nil, "n" }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.claim = func(c map[string]any) {
				c["nonce"], c["jti"], c["events"] = nil, "once", map[string]any{event: map[string]any{}}
				test.change(s, c)
			}
			got, err := s.provider().ReadLogout(t.Context(), s.sign(s.claims("")))
			if test.good != (err == nil) || err == nil && got.Issuer != s.url {
				t.Errorf("ReadLogout() = %+v, %v; want it read: %t", got, err, test.good)
			}
		})
	}
	t.Run("that nobody signed", func(t *testing.T) {
		t.Parallel()
		s := newStub(t)
		s.claim = func(c map[string]any) {
			c["nonce"], c["jti"], c["events"] = nil, "once", map[string]any{event: map[string]any{}}
		}
		token := raw(map[string]any{"alg": "none"}, s.claims(""), func(string) []byte { return nil })
		if got, err := s.provider().ReadLogout(t.Context(), token); apperr.CodeOf(err) != apperr.SignInUntrusted {
			t.Errorf("ReadLogout() = %+v, %v", got, err)
		}
	})
}
