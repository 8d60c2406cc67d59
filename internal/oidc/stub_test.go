package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/oidc"
)

const (
	client   = "roadstead"
	password = "a client's secret"
	code     = "the-code"
)

// stub is a provider that is honest until a test changes what it says.
type stub struct {
	t   *testing.T
	url string
	key *ecdsa.PrivateKey

	mu     sync.Mutex
	now    time.Time
	asked  map[string]int // calls, by path
	asks   url.Values     // of the authorization request
	used   bool           // the code
	logged bytes.Buffer

	// Answers take the place of the honest ones, by path. Say changes the description, claim the token, sign how it is
	// signed, grant the answer that holds it, answer what the browser brings.
	answers map[string]http.HandlerFunc
	say     func(d map[string]any)
	claim   func(c map[string]any)
	sign    func(c map[string]any) string
	grant   func(g map[string]any)
	answer  func(a *auth.Answer)
	keys    []jose.JSONWebKey
}

func newStub(t *testing.T) *stub {
	t.Helper()
	key := newKey(t)
	s := &stub{
		t: t, key: key, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), asked: map[string]int{},
		answers: map[string]http.HandlerFunc{}, keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "one", Use: "sig"}},
		say: func(map[string]any) {}, claim: func(map[string]any) {}, grant: func(map[string]any) {}, answer: func(*auth.Answer) {},
	}
	s.sign = func(c map[string]any) string { return s.signed(jose.ES256, s.key, "one", c) }
	server := httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// provider is ours, which believes the stub.
func (s *stub) provider() *oidc.Provider {
	s.t.Helper()
	guard := egress.NewGuard(egress.Config{Allow: []egress.Rule{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}})
	p, err := oidc.New(oidc.Config{
		Issuer: s.url, ClientID: client, ClientSecret: password, Scopes: []string{"profile", "email"}, GroupsClaim: "groups",
		RedirectURL: "https://roadstead.example.com/sign-in/oidc/callback", SignedOutURL: "https://roadstead.example.com/sign-in/oidc/signed-out",
	}, guard, s.clock, slog.New(slog.NewTextHandler(&s.logged, nil)))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *stub) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// wait lets time pass and has a new code.
func (s *stub) wait(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.used = s.now.Add(d), false
}

func (s *stub) calls(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

// signIn goes once through the whole of it, as a browser would.
func (s *stub) signIn(p *oidc.Provider) (auth.Account, error) {
	c := auth.Challenge{State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text()}
	address, err := p.AuthURL(s.t.Context(), c)
	if err != nil {
		return auth.Account{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return auth.Account{}, err
	}
	s.mu.Lock()
	s.asks = u.Query()
	s.mu.Unlock()
	a := auth.Answer{State: c.State, Code: code}
	s.answer(&a)
	return p.Redeem(s.t.Context(), a, c)
}

// refused fails the test when a sign-in ends in anything but the code, or when people would see the provider's words.
func (s *stub) refused(want apperr.Code) {
	s.t.Helper()
	account, err := s.signIn(s.provider())
	if apperr.CodeOf(err) != want || account.Subject != "" {
		s.t.Errorf("signIn() = %+v, %v; want %s\n%s", account, err, want, s.logged.String())
	}
	if err != nil && strings.ContainsAny(err.Error(), "<>") {
		s.t.Errorf("the error shows the provider's words: %v", err)
	}
}

func (s *stub) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	s.mu.Unlock()
	if answer, ok := s.answers[r.URL.Path]; ok {
		answer(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		d := map[string]any{
			"issuer": s.url, "authorization_endpoint": s.url + "/auth", "token_endpoint": s.url + "/token", "jwks_uri": s.url + "/keys",
			"id_token_signing_alg_values_supported": []string{"ES256", "RS256", "HS256", "none"},
		}
		s.say(d)
		write(w, http.StatusOK, d)
	case "/keys":
		write(w, http.StatusOK, jose.JSONWebKeySet{Keys: s.keys})
	case "/token":
		s.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

// token is the honest token endpoint: it wants the client's secret, the verifier of the challenge, and a code once.
func (s *stub) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	secret, _ = url.QueryUnescape(secret)
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	s.mu.Lock()
	asks, used := s.asks, s.used
	s.used = true
	s.mu.Unlock()
	proves := base64.RawURLEncoding.EncodeToString(sum[:]) == asks.Get("code_challenge") && asks.Get("code_challenge_method") == "S256"
	if id != client || secret != password || !proves || used || r.PostFormValue("code") != code {
		write(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "<b>read me</b>"})
		return
	}
	grant := map[string]any{"access_token": "access", "token_type": "Bearer", "id_token": s.sign(s.claims(asks.Get("nonce")))}
	s.grant(grant)
	write(w, http.StatusOK, grant)
}

// claims are those of an honest token, with the changes of the test. A nil claim is left out.
func (s *stub) claims(nonce string) map[string]any {
	now := s.clock().Unix()
	c := map[string]any{
		"iss": s.url, "sub": "subject-1", "aud": client, "iat": now, "exp": now + 300, "nonce": nonce,
		"preferred_username": "ada", "name": "Ada L.", "email": "ada@example.com", "email_verified": true,
		"groups": []string{"platform", "everybody"}, "sid": "session-1",
	}
	s.claim(c)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func (s *stub) signed(algorithm jose.SignatureAlgorithm, key any, kid string, c map[string]any) string {
	s.t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if kid != "" {
		options = options.WithHeader("kid", kid)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		s.t.Error(err)
		return ""
	}
	payload, err := json.Marshal(c)
	if err != nil {
		s.t.Error(err)
		return ""
	}
	token, err := signer.Sign(payload)
	if err != nil {
		s.t.Error(err)
		return ""
	}
	text, err := token.CompactSerialize()
	if err != nil {
		s.t.Error(err)
	}
	return text
}

// raw is a token of parts that no library would make.
func raw(header, c map[string]any, sign func(text string) []byte) string {
	part := func(v any) string {
		text, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := part(header) + "." + part(c)
	return text + "." + base64.RawURLEncoding.EncodeToString(sign(text))
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// endless answers JSON that does not end.
func endless(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write([]byte(`{"issuer":"`))
	for {
		if _, err := w.Write([]byte(strings.Repeat("x", 4096))); err != nil {
			return
		}
	}
}

// silent takes a request and says nothing, until the other side has enough. What is not read hides that from the server.
func silent(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
}
