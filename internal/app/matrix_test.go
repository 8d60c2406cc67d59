package app

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/api"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// TestEveryRouteAsksForItsAbility calls every route of the JSON API in every role at every level, with every kind of
// token, in the server's own handler over its own store. What the answer must be comes from the permission matrix and
// from where the caller is a member, not from the routes.
func TestEveryRouteAsksForItsAbility(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	var routes []route
	for _, r := range (&api.Handler{}).Routes() {
		routes = append(routes, route{method: r.Method, pattern: strings.TrimPrefix(r.Pattern, "/api/v1")})
	}
	m.every(t, routes, m.examples())
}

// route is one of a surface: the JSON API, the one of GitLab, or the pages.
type route struct {
	method, pattern string
	// demand is what it takes where its examples do not say.
	demand demand
}

func (r route) name() string { return r.method + " " + r.pattern }

// every tries the examples of all routes in every role, and fails for a route that has none.
func (m *matrix) every(t *testing.T, routes []route, examples map[string][]example) {
	t.Helper()
	cases := 0
	for _, r := range routes {
		if len(examples[r.name()]) == 0 {
			t.Errorf("%s has no example request: add one to the table", r.name())
		}
		for _, e := range examples[r.name()] {
			if e.about == anybody {
				e.about = r.demand.about
			}
			if e.least = r.demand.least; e.ability != "" {
				e.least = m.rules[e.ability]
			}
			for _, who := range m.people {
				for _, scope := range who.scopes() {
					m.try(t, r.method, r.name(), e, who, scope)
					cases++
				}
			}
		}
		delete(examples, r.name())
	}
	for name := range examples {
		t.Errorf("the table has an example for %s, which is no route", name)
	}
	t.Logf("%d cases of %d routes", cases, len(routes))
}

// proven fails for a change that succeeded for nobody, so that nothing is known of its row in the audit record.
func (m *matrix) proven(t *testing.T, routes []route) {
	t.Helper()
	for _, r := range routes {
		if r.method != http.MethodGet && !m.proved[r.name()] {
			t.Errorf("%s never succeeded", r.name())
		}
	}
}

// person is a caller: one role at one level.
type person struct {
	name   string
	user   auth.User
	inTeam tenant.Role
	inShop tenant.Role
	// direct says that the role is of the project itself.
	direct bool
	tokens map[auth.Scope]string
}

// scopes are the credentials that a person calls with; none for nobody.
func (p person) scopes() []auth.Scope {
	if p.tokens == nil {
		return []auth.Scope{""}
	}
	return slices.Sorted(maps.Keys(p.tokens))
}

// about says of whom the subject of a request is.
type about int

const (
	anybody  about = iota // no token needed
	everyone              // who is signed in
	instance              // the instance itself, which everybody knows
	hidden                // something of the instance, which only administrators see
	team                  // the group, or something of it
	shop                  // the project, or something of it
)

// example is a request to a route, and what it takes.
type example struct {
	about about
	// ability is what it takes; the route's own demand when there is none.
	ability auth.Ability
	least   auth.Rule
	// ask makes the request. It makes what the request changes anew when it will be allowed.
	ask func(who person, allowed bool) request
	// unrecorded says why a success leaves no row in the audit record; empty when it must.
	unrecorded string
	// absent says that nobody finds it on this server.
	absent bool
}

// request is what is sent, beside the method.
type request struct {
	path string
	body string
	// token is the one to call with, where it is not a usual one of the caller's.
	token string
	// from are the headers by which a browser says whose page sends a form; ours when there are none.
	from map[string]string
}

// expect is the status that refuses a request; zero when it is let in.
func (e example) expect(method string, who person, scope auth.Scope) int {
	switch {
	case e.absent:
		return http.StatusNotFound
	case e.about == anybody:
		return 0
	case who.tokens == nil:
		return http.StatusUnauthorized
	case method != http.MethodGet && scope == auth.ReadAPI:
		return http.StatusForbidden
	case e.ability != "" && !e.least.Reads && scope == auth.ReadAPI:
		if e.about == hidden {
			return http.StatusNotFound
		}
		return http.StatusForbidden
	case e.about == everyone, who.user.Admin:
		return 0
	case e.about == instance && e.least.Instance == auth.Everybody:
		return 0
	case e.about == instance:
		return http.StatusForbidden
	case e.about == hidden:
		return http.StatusNotFound
	}
	role, least := who.inTeam, e.least.Group
	if e.about == shop {
		role, least = who.inShop, e.least.Project
	}
	switch {
	case role == tenant.NoRole:
		return http.StatusNotFound
	case least == tenant.NoRole, role < least:
		return http.StatusForbidden
	}
	return 0
}

func (m *matrix) try(t *testing.T, method, name string, e example, who person, scope auth.Scope) {
	t.Helper()
	want := e.expect(method, who, scope)
	r := e.ask(who, want == 0)
	before := m.audited(t)
	if r.token == "" {
		r.token = who.tokens[scope]
	}
	status, text := m.call(t, method, r, r.token)
	refused := status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
	switch {
	case want != 0 && status != want, want == 0 && (refused || status >= 500 || status == http.StatusTooManyRequests):
		t.Errorf("%s %s as %s with %q: status %d, want %d\n%.300s", name, r.path, who.name, scope, status, want, text)
	case method != http.MethodGet && status < 400 && e.unrecorded == "" && m.audited(t) == before:
		t.Errorf("%s %s as %s left no row in the audit record", name, r.path, who.name)
	case e.absent, want == 0 && status < 400:
		m.proved[name] = true
	}
}

// stream ends its request with the first event, as a reader who has seen enough.
type stream struct {
	*httptest.ResponseRecorder

	end context.CancelFunc
}

func (s stream) Flush() { s.end() }

func (m *matrix) call(t *testing.T, method string, r request, token string) (int, string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := httptest.NewRequestWithContext(ctx, method, m.prefix+r.path, strings.NewReader(r.body))
	if m.prefix == "" {
		browse(asked, r, token)
	} else {
		asked.Header.Set("Authorization", "Bearer "+token)
		asked.Header.Set("Content-Type", "application/json")
	}
	m.n++
	asked.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 51, byte(m.n >> 8), byte(m.n)}), 1).String()
	answer := httptest.NewRecorder()
	addressed(nil, m.handler).ServeHTTP(stream{answer, cancel}, asked)
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if m.prefix == "" && sentToSignIn(answer.Result()) {
		return http.StatusUnauthorized, string(text)
	}
	return answer.Code, string(text)
}

// TestNobodyLearnsWhatIsThere compares the answers about what a caller may not see with those about what is not there.
func TestNobodyLearnsWhatIsThere(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	owner := m.person("owner of another group")
	for _, there := range []string{
		"/groups/%d", "/projects/%d", "/clusters/%d", "/operations/%d", "/aws/roles/%d", "/aws/clusters/%d", "/tokens/%d",
		"/events?topics=cluster/%d", "/events?topics=namespace/%d", "/events?topics=operation/%d", "/audit?group=%d",
		"/tokens?group=%d", "/catalog/prometheus/manifest?cluster=%d", "/groups?parent=%d",
	} {
		path := fmt.Sprintf(there, 1)
		status, one := m.call(t, http.MethodGet, request{path: path}, owner.tokens[auth.API])
		_, none := m.call(t, http.MethodGet, request{path: fmt.Sprintf(there, 999)}, owner.tokens[auth.API])
		if one != none || status != http.StatusNotFound {
			t.Errorf("%s: status %d\n%s\nwhat is not there: %s", path, status, one, none)
		}
	}
	for _, list := range []string{"/groups", "/projects", "/clusters", "/aws/roles", "/aws/clusters", "/search?q=te", "/search?q=hare", "/search?q=luster", "/clusters?search=hare"} {
		status, text := m.call(t, http.MethodGet, request{path: list}, owner.tokens[auth.API])
		if status != http.StatusOK || strings.Contains(text, "acme") || strings.Contains(text, "cluster-") ||
			strings.Contains(text, "role-") || strings.Contains(text, "run-") || strings.Contains(text, "shared") {
			t.Errorf("%s shows what is another's: %d %s", list, status, text)
		}
	}
	// The instance's cluster of that name neither makes it ambiguous nor shows.
	if status, text := m.call(t, http.MethodGet, request{path: "/clusters/shared"}, m.person("maintainer of the group").tokens[auth.API]); status != http.StatusOK {
		t.Errorf("by name: %d %s", status, text)
	}
}
