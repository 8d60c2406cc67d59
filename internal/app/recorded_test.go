package app

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/config"
)

// TestNoChangeGoesUnrecorded makes every change that the API can make, and looks for its row.
func TestNoChangeGoesUnrecorded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	called := map[string]bool{}
	for _, c := range changes() {
		called[c.route] = true
		s.try(t, c)
	}
	for _, route := range (&api.Handler{}).Routes() {
		name := route.Method + " " + strings.TrimPrefix(route.Pattern, "/api/v1")
		if _, excepted := unrecorded()[name]; route.Method != http.MethodGet && !called[name] && !excepted {
			t.Errorf("%s is not tried: add it to the changes", name)
		}
	}
}

// site is a web half without a worker.
type site struct {
	core    *core
	handler http.Handler
	token   string
	// secret is the access token that was made last.
	secret string
	seen   int64
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{token: strings.Repeat("t", 40)}
	cfg := config.Config{
		DataDir: t.TempDir(), AdminToken: config.Redacted(s.token), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
	}.WithDefaults()
	if err := InitSecrets(cfg); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.core, err = openCore(t.Context(), cfg, "1.2.3", slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.core.close(context.Background()) })
	handler, err := s.core.webHandler(cfg, "1.2.3", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	s.handler = s.core.instrumented(addressed(cfg.TrustedProxies, handler))
	return s
}

// try calls the API and demands a row by its caller.
func (s *site) try(t *testing.T, c change) {
	t.Helper()
	if c.before != "" {
		sqlite, _ := s.core.db.Handles()
		if _, err := sqlite.ExecContext(t.Context(), c.before); err != nil {
			t.Fatalf("before %s: %v", c.route, err)
		}
	}
	status, answer := s.call(t, c)
	if status >= http.StatusMultipleChoices && !c.unanswered {
		t.Errorf("%s: status %d: %s", c.route, status, answer)
		return
	}
	var made struct{ Token string }
	if json.Unmarshal([]byte(answer), &made) == nil && made.Token != "" {
		s.secret = made.Token
	}
	rows, _, err := audit.Record{Reader: s.core.db.Audit()}.Page(t.Context(), audit.Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	rows = slices.DeleteFunc(rows, func(r audit.Row) bool { return r.ID <= s.seen })
	if len(rows) == 0 {
		t.Errorf("%s left no row", c.route)
		return
	}
	s.seen = rows[0].ID
	actor := rows[len(rows)-1].Actor
	if actor.Name != "administrator" || actor.IP != netip.MustParseAddr("203.0.113.9") {
		t.Errorf("%s was recorded as done by %+v", c.route, actor)
	}
}

func (s *site) call(t *testing.T, c change) (status int, answer string) {
	t.Helper()
	method, pattern, _ := strings.Cut(c.route, " ")
	path := c.path
	if path == "" {
		path = pattern
	}
	target, err := url.Parse("http://roadstead.example.com/api/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if c.unanswered {
		ctx, cancel = context.WithTimeout(ctx, 200*time.Millisecond)
		defer cancel()
	}
	body := strings.ReplaceAll(c.body, "{secret}", s.secret)
	request := httptest.NewRequestWithContext(ctx, method, target.String(), strings.NewReader(body))
	request.RemoteAddr = "192.0.2.1:1234" // a proxy that we trust
	request.Header.Set("X-Forwarded-For", "203.0.113.9")
	request.Header.Set("Authorization", "Bearer "+s.token)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	recorder := httptest.NewRecorder()
	s.handler.ServeHTTP(recorder, request)
	return recorder.Code, recorder.Body.String()
}
