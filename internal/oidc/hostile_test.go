package oidc_test

import (
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
)

func TestHonestProviderIsBelieved(t *testing.T) {
	t.Parallel()
	s := newStub(t)
	got, err := s.signIn(s.provider())
	if err != nil {
		t.Fatal(err, s.logged.String())
	}
	want := auth.Account{
		Issuer: s.url, Subject: "subject-1", SID: "session-1", Username: "ada", Name: "Ada L.", Email: "ada@example.com",
		Groups: []string{"platform", "everybody"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account (-want +got):\n%s", diff)
	}
	if got, want := s.asks.Get("scope"), "openid profile email"; got != want {
		t.Errorf("scope = %q, want %q", got, want)
	}
}

// change is what a hostile provider, or one who stands between, does to the claims of a token.
type change = func(s *stub, c map[string]any)

// set changes one claim; nil takes it away.
func set(name string, value any) change {
	return func(_ *stub, c map[string]any) { c[name] = value }
}

// at sets a time so far from now.
func at(name string, d time.Duration) change {
	return func(s *stub, c map[string]any) { c[name] = s.clock().Add(d).Unix() }
}

func TestIDTokensThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	tests := map[string]change{
		"for another client":             set("aud", "another"),
		"for us and another client":      set("aud", []string{client, "another"}),
		"for another client and us":      set("aud", []string{"another", client}),
		"for us twice":                   set("aud", []string{client, client}),
		"for nobody":                     set("aud", nil),
		"for an empty list":              set("aud", []string{}),
		"for a number":                   set("aud", 7),
		"given to another client":        set("azp", "another"),
		"given to a number":              set("azp", 7),
		"of another issuer":              set("iss", "https://evil.example.com"),
		"of the issuer with a slash":     func(s *stub, c map[string]any) { c["iss"] = s.url + "/" },
		"of the issuer in capitals":      func(s *stub, c map[string]any) { c["iss"] = strings.ToUpper(s.url) },
		"of no issuer":                   set("iss", nil),
		"of a list of issuers":           func(s *stub, c map[string]any) { c["iss"] = []string{s.url} },
		"issued in the future":           at("iat", 2*time.Minute),
		"issued at no time":              set("iat", nil),
		"issued at a word":               set("iat", "now"),
		"expired":                        at("exp", -2*time.Minute),
		"that never expires":             set("exp", nil),
		"that expires at a text":         set("exp", "4102444800"),
		"that expires after all numbers": set("exp", 1e300),
		"not valid yet":                  at("nbf", 2*time.Minute),
		"not valid before a word":        set("nbf", "tomorrow"),
		"without nonce":                  set("nonce", nil),
		"with an empty nonce":            set("nonce", ""),
		"with the nonce of another":      set("nonce", rand.Text()),
		"with a list of nonces":          func(_ *stub, c map[string]any) { c["nonce"] = []any{c["nonce"]} },
		"of another access token":        set("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"of another code":                set("c_hash", "AAAAAAAAAAAAAAAAAAAAAA"),
		"with an empty at_hash":          set("at_hash", ""),
		"about nobody":                   set("sub", nil),
		"about an empty subject":         set("sub", ""),
		"about a number":                 set("sub", 7),
		"about null":                     set("sub", (*string)(nil)),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.claim = func(c map[string]any) { change(s, c) }
			s.refused(apperr.SignInUntrusted)
		})
	}
}

func TestSignaturesThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	unsigned := func(length int) func(string) []byte { return func(string) []byte { return make([]byte, length) } }
	tests := map[string]func(s *stub, c map[string]any) string{
		"none": func(_ *stub, c map[string]any) string {
			return raw(map[string]any{"alg": "none"}, c, unsigned(0))
		},
		"none, in capitals": func(_ *stub, c map[string]any) string {
			return raw(map[string]any{"alg": "NONE", "kid": "one"}, c, unsigned(0))
		},
		"ES256 without a signature": func(_ *stub, c map[string]any) string {
			return raw(map[string]any{"alg": "ES256", "kid": "one"}, c, unsigned(0))
		},
		"ES256 with a signature of zeros": func(_ *stub, c map[string]any) string {
			return raw(map[string]any{"alg": "ES256", "kid": "one"}, c, unsigned(64))
		},
		"HS256 with the public key": func(s *stub, c map[string]any) string {
			return shared(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.der()}), c)
		},
		"HS256 with the bytes of the public key": func(s *stub, c map[string]any) string { return shared(s.der(), c) },
		"HS256 with the client's secret":         func(_ *stub, c map[string]any) string { return shared([]byte(password), c) },
		"another key of the same name":           func(s *stub, c map[string]any) string { return s.signed(jose.ES256, newKey(s.t), "one", c) },
		"another key of another name":            func(s *stub, c map[string]any) string { return s.signed(jose.ES256, newKey(s.t), "two", c) },
		"another key without a name":             func(s *stub, c map[string]any) string { return s.signed(jose.ES256, newKey(s.t), "", c) },
		"a key that the token brings along": func(s *stub, c map[string]any) string {
			key := newKey(s.t)
			return raw(map[string]any{"alg": "ES256", "jwk": jose.JSONWebKey{Key: key.Public()}}, c, byKey(s.t, key))
		},
		"a key at an address that the token names": func(s *stub, c map[string]any) string {
			return raw(map[string]any{"alg": "ES256", "jku": s.url + "/evil", "x5u": s.url + "/evil"}, c, byKey(s.t, newKey(s.t)))
		},
		"an honest one, of other claims": func(s *stub, c map[string]any) string {
			honest := strings.Split(s.signed(jose.ES256, s.key, "one", c), ".")
			c["sub"] = "somebody else"
			other := strings.Split(s.signed(jose.ES256, s.key, "one", c), ".")
			return honest[0] + "." + other[1] + "." + honest[2]
		},
		"in another form": func(s *stub, c map[string]any) string {
			parts := strings.Split(s.signed(jose.ES256, s.key, "one", c), ".")
			return `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`
		},
		"nothing at all": func(*stub, map[string]any) string { return "" },
		"an opaque text": func(*stub, map[string]any) string { return "not.a.token" },
	}
	for name, sign := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.sign = func(c map[string]any) string { return sign(s, c) }
			s.refused(apperr.SignInUntrusted)
			if s.calls("/evil") > 0 {
				t.Error("an address of the token was called")
			}
		})
	}
}

func (s *stub) der() []byte {
	s.t.Helper()
	der, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		s.t.Error(err)
	}
	return der
}

// shared signs with a key that two know.
func shared(key []byte, c map[string]any) string {
	return raw(map[string]any{"alg": "HS256", "kid": "one"}, c, func(text string) []byte {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return mac.Sum(nil)
	})
}

func byKey(t *testing.T, key *ecdsa.PrivateKey) func(text string) []byte {
	return func(text string) []byte {
		sum := sha256.Sum256([]byte(text))
		r, s, err := ecdsa.Sign(rand.Reader, key, sum[:])
		if err != nil {
			t.Error(err)
			return nil
		}
		return append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	}
}

func TestWhatIsTolerated(t *testing.T) {
	t.Parallel()
	tests := map[string]change{
		"a clock half a minute ahead":  at("iat", 30*time.Second),
		"a clock half a minute behind": at("exp", -30*time.Second),
		"nbf in half a minute":         at("nbf", 30*time.Second),
		"a list of one audience":       set("aud", []string{client}),
		"azp that is us":               set("azp", client),
		"the right at_hash":            set("at_hash", half("access")),
		"the right c_hash":             set("c_hash", half(code)),
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.claim = func(c map[string]any) { change(s, c) }
			if _, err := s.signIn(s.provider()); err != nil {
				t.Errorf("%v\n%s", err, s.logged.String())
			}
		})
	}
}

func TestClaimsOfTheWrongType(t *testing.T) {
	t.Parallel()
	const mail = "ada@example.com"
	tests := map[string]struct {
		claim  string
		value  any
		email  string
		groups int
	}{
		"email_verified as a text":    {"email_verified", "true", "", 2},
		"email_verified as a number":  {"email_verified", 1, "", 2},
		"email_verified as a list":    {"email_verified", []bool{true}, "", 2},
		"email_verified false":        {"email_verified", false, "", 2},
		"email_verified not said":     {"email_verified", nil, "", 2},
		"email as a list":             {"email", []string{mail}, "", 2},
		"groups as a text":            {"groups", "platform", mail, 0},
		"groups as a text with comma": {"groups", "platform,everybody", mail, 0},
		"groups with a number":        {"groups", []any{"platform", 7}, mail, 0},
		"groups with null":            {"groups", []any{"platform", nil}, mail, 0},
		"groups in a list":            {"groups", []any{[]string{"platform"}}, mail, 0},
		"groups as an object":         {"groups", map[string]any{"platform": true}, mail, 0},
		"groups true":                 {"groups", true, mail, 0},
		"no groups":                   {"groups", []string{}, mail, 0},
		"groups not said":             {"groups", nil, mail, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.claim = func(c map[string]any) { c[test.claim] = test.value }
			got, err := s.signIn(s.provider())
			if err != nil {
				t.Fatal(err)
			}
			if got.Email != test.email || len(got.Groups) != test.groups {
				t.Errorf("email %q, groups %q; want %q and %d groups", got.Email, got.Groups, test.email, test.groups)
			}
		})
	}
}

func TestDescriptionsThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	other := newStub(t)
	tests := map[string]func(d map[string]any){
		"by another issuer":            func(d map[string]any) { d["issuer"] = "https://evil.example.com" },
		"by the issuer with a slash":   func(d map[string]any) { d["issuer"] = d["issuer"].(string) + "/" },
		"by nobody":                    func(d map[string]any) { delete(d, "issuer") },
		"keys on another host":         func(d map[string]any) { d["jwks_uri"] = other.url + "/keys" },
		"tokens from another host":     func(d map[string]any) { d["token_endpoint"] = other.url + "/token" },
		"sign-in on another host":      func(d map[string]any) { d["authorization_endpoint"] = other.url + "/auth" },
		"keys by another scheme":       func(d map[string]any) { d["jwks_uri"] = "file:///etc/passwd" },
		"sign-in by a script":          func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" },
		"no keys":                      func(d map[string]any) { delete(d, "jwks_uri") },
		"a user name in an address":    func(d map[string]any) { d["jwks_uri"] = strings.Replace(d["jwks_uri"].(string), "//", "//u:p@", 1) },
		"challenges in the clear only": func(d map[string]any) { d["code_challenge_methods_supported"] = []string{"plain"} },
		"no challenges":                func(d map[string]any) { d["code_challenge_methods_supported"] = []string{} },
		"signatures by shared keys":    func(d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"HS256", "none"} },
	}
	for name, say := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStub(t)
			s.say = say
			s.refused(apperr.SignInUntrusted)
			if n := s.calls("/token") + s.calls("/keys") + other.calls("/keys") + other.calls("/token"); n > 0 {
				t.Errorf("%d calls were made on its word", n)
			}
		})
	}
}

func TestAnswersThatAreNotRead(t *testing.T) {
	t.Parallel()
	elsewhere := newStub(t)
	tests := map[string]struct {
		answer http.HandlerFunc
		want   apperr.Code
	}{
		"a redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.url+r.URL.Path, http.StatusTemporaryRedirect)
		}, apperr.SignInUntrusted},
		"no end":    {endless, apperr.SignInUntrusted},
		"64 KiB":    {func(w http.ResponseWriter, _ *http.Request) { write(w, 200, strings.Repeat("x", 64<<10)) }, apperr.SignInUntrusted},
		"a page":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, apperr.SignInUntrusted},
		"not found": {http.NotFound, apperr.SignInUntrusted},
		"a failure": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<b>oops</b>", http.StatusInternalServerError)
		}, apperr.SignInUnavailable},
		"nothing":      {silent, apperr.SignInUnavailable},
		"a broken end": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, apperr.SignInUnavailable},
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/keys", "/token"} {
		for name, test := range tests {
			t.Run(path+": "+name, func(t *testing.T) {
				t.Parallel()
				s := newStub(t)
				s.answers[path] = test.answer
				s.refused(test.want)
				if n := elsewhere.calls(path); n > 0 {
					t.Errorf("%d redirects were followed", n)
				}
			})
		}
	}
}
