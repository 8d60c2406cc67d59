package app

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/web"
)

// TestEveryPageAsksForItsAbility does the same with the pages, for people who signed in, and sends every form from the
// pages of others too. What a page takes is what the JSON API demands, whatever its route says itself.
func TestEveryPageAsksForItsAbility(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.signIn()
	var routes []route
	for _, r := range (&web.Handler{}).Routes() {
		routes = append(routes, route{method: r.Method, pattern: r.Pattern})
	}
	m.every(t, stated(t, routes, pageDemands()), m.pages())
	m.proven(t, routes)
	m.refuseForeign(t, routes, m.pages())
}

// signIn gives the callers a session in place of their tokens, and takes them to the pages.
func (m *matrix) signIn() {
	m.prefix = ""
	for i, p := range m.people {
		if p.tokens != nil {
			m.people[i].tokens = map[auth.Scope]string{auth.API: m.session(p)}
		}
	}
}

func (m *matrix) session(who person) string {
	secret, session, err := m.users.OpenSession(m.ctx, who.user.ID, auth.ProviderSession{})
	must(session, err)(m.t)
	return secret
}

// browse makes a request what a browser sends from one of our own pages.
func browse(asked *http.Request, r request, session string) {
	if session != "" {
		asked.AddCookie(&http.Cookie{Name: "roadstead", Value: session})
	}
	asked.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	from := r.from
	if from == nil {
		from = map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "http://" + asked.Host}
	}
	for name, value := range from {
		asked.Header.Set(name, value)
	}
}

// sentToSignIn reports whether a page was refused to who has not signed in. Who signs out goes there with a cookie.
func sentToSignIn(answer *http.Response) bool {
	return strings.HasPrefix(answer.Header.Get("Location"), "/sign-in") && len(answer.Cookies()) == 0
}

// refuseForeign sends every form as pages of other hosts would have it sent by our users' browsers.
func (m *matrix) refuseForeign(t *testing.T, routes []route, examples map[string][]example) {
	t.Helper()
	cases, before := 0, m.audited(t)
	for _, r := range routes {
		for _, e := range examples[r.name()] {
			for _, from := range []map[string]string{
				{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.net"},
				{"Sec-Fetch-Site": "same-site", "Origin": "http://sibling.example.com"},
				{"Origin": "https://evil.example.net"}, // a browser that is old
				{"Origin": "null"},                     // a page in a frame without an origin
			} {
				for _, who := range m.people {
					if r.method == http.MethodGet {
						continue
					}
					sent := e.ask(who, false)
					sent.from = from
					if status, text := m.call(t, r.method, sent, who.tokens[auth.API]); status != http.StatusForbidden {
						t.Errorf("%s from %v as %s: status %d\n%.300s", r.name(), from, who.name, status, text)
					}
					cases++
				}
			}
		}
	}
	if after := m.audited(t); after != before {
		t.Errorf("a form of another host left rows %d to %d in the audit record", before+1, after)
	}
	t.Logf("%d cases of forms from other hosts", cases)
}

// TestNobodyLearnsFromPagesWhatIsThere compares the pages of what a stranger may not see with those of nothing.
func TestNobodyLearnsFromPagesWhatIsThere(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.signIn()
	session := m.person("owner of another group").tokens[auth.API]
	for path, ids := range map[string][]int64{
		"/groups/%d":       {m.team.ID},
		"/projects/%d":     {m.shop.ID},
		"/clusters/%d":     {m.clusters[hidden], m.clusters[team], m.clusters[shop]},
		"/operations/%d":   {m.ops[hidden], m.ops[team], m.ops[shop]},
		"/eks/roles/%d":    {m.roles[hidden], m.roles[team]},
		"/eks/clusters/%d": {m.runs[hidden], m.runs[team]},
	} {
		_, none := m.call(t, http.MethodGet, request{path: fmt.Sprintf(path, 999)}, session)
		for _, id := range ids {
			one := fmt.Sprintf(path, id)
			if status, text := m.call(t, http.MethodGet, request{path: one}, session); status != http.StatusNotFound || text != none {
				t.Errorf("%s: status %d\n%s\nwhat is not there: %s", one, status, text, none)
			}
		}
	}
}
