package app

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/gitlabapi"
	"github.com/roadstead/roadstead/internal/tenant"
)

// TestEveryRouteOfGitLabAsksForItsAbility does the same with the API that clients of GitLab speak. What a route takes is
// what GitLab documents, whatever the route says itself.
func TestEveryRouteOfGitLabAsksForItsAbility(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.prefix = gitlabapi.Prefix
	var routes []route
	for _, r := range gitlabapi.Routes() {
		routes = append(routes, route{method: r.Method, pattern: r.Pattern})
	}
	m.every(t, stated(t, routes, gitlabDemands()), m.gitlabExamples())
	m.proven(t, routes)
}

// TestNobodyLearnsOfGitLabWhatIsThere compares what a stranger hears of something with what he hears of nothing.
func TestNobodyLearnsOfGitLabWhatIsThere(t *testing.T) {
	t.Parallel()
	m := newMatrix(t)
	m.prefix = gitlabapi.Prefix
	owner := m.person("owner of another group")
	for path, want := range map[string]int{
		"/groups/%d": 404, "/groups/%d/clusters": 404, "/projects/%d": 404, "/projects/%d/environments": 404,
		"/personal_access_tokens/%d": 404, "/admin/clusters/%d": 403,
		fmt.Sprintf("/groups/%d/clusters/%%d", m.other.ID): 404,
	} {
		status, one := m.call(t, http.MethodGet, request{path: fmt.Sprintf(path, 1)}, owner.tokens[auth.API])
		_, none := m.call(t, http.MethodGet, request{path: fmt.Sprintf(path, 999)}, owner.tokens[auth.API])
		if status != want || one != none {
			t.Errorf("%s: status %d\n%s\nwhat is not there: %s", path, status, one, none)
		}
	}
}

// plain are examples of which the table of demands says what they take.
func plain(asks ...func(person, bool) request) []example {
	var all []example
	for _, ask := range asks {
		all = append(all, example{ask: ask})
	}
	return all
}

func (m *matrix) gitlabExamples() map[string][]example {
	all := map[string][]example{
		"GET /version":        plain(ask("/version")),
		"GET /metadata":       plain(ask("/metadata")),
		"GET /user":           plain(ask("/user")),
		"GET /users":          plain(ask("/users"), ask("/users?username=administrator")),
		"GET /users/:user_id": plain(ask("/users/1")),
	}
	m.gitlabTokens(all)
	m.gitlabTenancy(all)
	m.gitlabEnvironments(all)
	m.gitlabMembers(all, "/groups/:id", tenant.Place{GroupID: m.team.ID})
	m.gitlabMembers(all, "/projects/:id", tenant.Place{ProjectID: m.shop.ID})
	m.gitlabClusters(all, team, "/groups/:id/clusters", fmt.Sprintf("/groups/%d/clusters", m.team.ID), "/user")
	m.gitlabClusters(all, shop, "/projects/:id/clusters", fmt.Sprintf("/projects/%d/clusters", m.shop.ID), "/user")
	m.gitlabClusters(all, hidden, "/admin/clusters", "/admin/clusters", "/add")
	return all
}

// gitlabTokens are about the caller's own: one made for the call where it ends.
func (m *matrix) gitlabTokens(all map[string][]example) {
	own := func(who person) (string, auth.Token) {
		text, token, err := m.users.CreateToken(m.as(who), auth.TokenRequest{
			Kind: auth.Personal, Name: m.next("own"), Scopes: []auth.Scope{auth.API},
		})
		must(token, err)(m.t)
		return text, token
	}
	const tokens, one = "/personal_access_tokens", "/personal_access_tokens/:token_id"
	named := func(who person, allowed bool) request {
		if !allowed {
			return request{path: fmt.Sprintf(tokens+"/%d", m.teamToken.ID)}
		}
		_, token := own(who)
		return request{path: fmt.Sprintf(tokens+"/%d", token.ID)}
	}
	all["GET "+tokens], all["GET "+tokens+"/self"] = plain(ask(tokens)), plain(ask(tokens+"/self"))
	all["DELETE "+tokens+"/self"] = plain(func(who person, allowed bool) request {
		r := request{path: tokens + "/self"}
		if allowed {
			r.token, _ = own(who)
		}
		return r
	})
	all["GET "+one], all["DELETE "+one] = plain(named), plain(named)
}

func (m *matrix) gitlabTenancy(all map[string][]example) {
	group, project := fmt.Sprintf("/groups/%d", m.team.ID), fmt.Sprintf("/projects/%d", m.shop.ID)
	all["GET /groups"] = plain(ask("/groups"))
	all["POST /groups"] = append(
		plain(m.send("/groups", fmt.Sprintf(`{"name": "New", "path": "%%s", "parent_id": %d}`, m.team.ID))),
		example{about: instance, ask: m.send("/groups", `{"name": "New", "path": "%s"}`)})
	all["GET /groups/:id"] = plain(ask("%s", group), ask("/groups/acme%%2Fteam"))
	all["PUT /groups/:id"] = plain(m.send(group, `{"description": "%s"}`))
	all["DELETE /groups/:id"] = plain(m.on("/groups/%d", m.team.ID, func() int64 { return m.group("acme/team/" + m.next("group")).ID }, ""))
	for _, list := range []string{"/subgroups", "/descendant_groups", "/projects"} {
		all["GET /groups/:id"+list] = plain(ask("%s", group+list))
	}
	all["GET /projects"] = plain(ask("/projects"))
	all["POST /projects"] = plain(m.send("/projects", fmt.Sprintf(`{"name": "%%s", "namespace_id": %d}`, m.team.ID)))
	all["GET /projects/:id"] = plain(ask("%s", project))
	all["PUT /projects/:id"] = plain(m.send(project, `{"description": "%s"}`))
	all["DELETE /projects/:id"] = plain(func(who person, allowed bool) request {
		if !allowed {
			return request{path: project}
		}
		return request{path: fmt.Sprintf("/projects/%d", m.likeShop(who).ID)}
	})
}

func (m *matrix) gitlabEnvironments(all map[string][]example) {
	const route = "/projects/:id/environments"
	path := fmt.Sprintf("/projects/%d/environments", m.shop.ID)
	known := must(m.core.tenants.Environment(m.ctx, m.shop.ID, "production"))(m.t).ID
	stopped := func() int64 {
		return must(m.core.tenants.StopEnvironment(m.ctx, m.environment(m.next("env")).ID))(m.t).ID
	}
	started := func() int64 { return m.environment(m.next("env")).ID }
	all["GET "+route] = plain(ask("%s", path))
	all["POST "+route] = plain(m.send(path, `{"name": "%s"}`))
	all["GET "+route+"/:environment_id"] = plain(ask(path+"/%d", known))
	all["PUT "+route+"/:environment_id"] = plain(m.on(path+"/%d", known, started, `{"external_url": "https://new.example.com"}`))
	all["DELETE "+route+"/:environment_id"] = plain(m.on(path+"/%d", known, stopped, ""))
	all["POST "+route+"/:environment_id/stop"] = plain(m.on(path+"/%d/stop", known, started, ""))
}

func (m *matrix) gitlabMembers(all map[string][]example, route string, at tenant.Place) {
	path := fmt.Sprintf("/groups/%d/members", at.GroupID)
	if at.ProjectID != 0 {
		path = fmt.Sprintf("/projects/%d/members", at.ProjectID)
	}
	member := func() int64 {
		user := m.stranger()
		m.member(at, user.ID, tenant.Guest)
		return user.ID
	}
	known := member()
	route += "/members"
	all["GET "+route], all["GET "+route+"/all"] = plain(ask("%s", path)), plain(ask("%s/all", path))
	all["GET "+route+"/:user_id"] = plain(ask(path+"/%d", known))
	all["GET "+route+"/all/:user_id"] = plain(ask(path+"/all/%d", known))
	all["POST "+route] = plain(func(_ person, allowed bool) request {
		id := known
		if allowed {
			id = m.stranger().ID
		}
		return request{path: path, body: fmt.Sprintf(`{"user_id": %d, "access_level": 10}`, id)}
	})
	all["PUT "+route+"/:user_id"] = plain(m.on(path+"/%d", known, member, `{"access_level": 20}`))
	all["DELETE "+route+"/:user_id"] = plain(m.on(path+"/%d", known, member, ""))
}

func (m *matrix) gitlabClusters(all map[string][]example, at about, route, path, add string) {
	fresh := func() int64 { return m.fresh(at) }
	one := route + "/:cluster_id"
	all["GET "+route], all["GET "+one] = plain(ask("%s", path)), plain(ask(path+"/%d", m.clusters[at]))
	all["POST "+route+add] = plain(func(person, bool) request {
		return request{path: path + add, body: fmt.Sprintf(`{"name": "%s", "environment_scope": "%s", `+
			`"platform_kubernetes_attributes": {"api_url": "https://%s.example.com", "token": "t"}}`,
			m.next("cluster"), m.next("scope"), m.next("k8s"))}
	})
	all["PUT "+one] = plain(m.on(path+"/%d", m.clusters[at], fresh, `{"domain": "apps.example.com"}`))
	all["DELETE "+one] = plain(m.on(path+"/%d", m.clusters[at], fresh, ""))
}
