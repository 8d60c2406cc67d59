package app

import (
	"fmt"
	"maps"
	"testing"

	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/tenant"
)

// audited is the id of the latest row in the audit record.
func (m *matrix) audited(t *testing.T) int64 {
	t.Helper()
	rows, _, err := audit.Record{Reader: m.core.db.Audit()}.Page(t.Context(), audit.Query{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) == 0 {
		return 0
	}
	return rows[0].ID
}

// ask is a request that is the same for everybody and changes nothing.
func ask(path string, args ...any) func(person, bool) request {
	return func(person, bool) request { return request{path: fmt.Sprintf(path, args...)} }
}

// send is a request with a body, in which %s stands for a new name.
func (m *matrix) send(path, body string) func(person, bool) request {
	return func(person, bool) request { return request{path: path, body: fmt.Sprintf(body, m.next("new"))} }
}

// anotherDay is a request with a number of days, which is another one each time.
func (m *matrix) anotherDay(path, body string) func(person, bool) request {
	days := 30
	return func(person, bool) request {
		days++
		return request{path: path, body: fmt.Sprintf(body, days)}
	}
}

// on is a request about something that is made anew for those who may change it.
func (m *matrix) on(path string, known int64, fresh func() int64, body string) func(person, bool) request {
	return func(_ person, allowed bool) request {
		id := known
		if allowed {
			id = fresh()
		}
		return request{path: fmt.Sprintf(path, id), body: body}
	}
}

// onDraft is a request about a draft of the caller's own, for those who may have one.
func (m *matrix) onDraft(path string, at about) func(person, bool) request {
	return func(who person, allowed bool) request {
		id := m.clusters[at]
		if allowed {
			id = m.draft(at, who)
		}
		return request{path: fmt.Sprintf(path, id)}
	}
}

func (m *matrix) examples() map[string][]example {
	all := m.tenancy()
	maps.Copy(all, m.membership())
	maps.Copy(all, m.credentials())
	maps.Copy(all, m.registrations())
	maps.Copy(all, m.software())
	maps.Copy(all, m.cloud())
	return all
}

// at makes an example for each level that a cluster can be of.
func (m *matrix) at(ability auth.Ability, ask func(at about) func(person, bool) request) []example {
	var all []example
	for _, level := range []about{hidden, team, shop} {
		all = append(all, example{about: level, ability: ability, ask: ask(level)})
	}
	return all
}

// onCluster asks about the known cluster of each level.
func (m *matrix) onCluster(ability auth.Ability, path string) []example {
	return m.at(ability, func(at about) func(person, bool) request { return ask(path, m.clusters[at]) })
}

// onFresh changes a new cluster of each level.
func (m *matrix) onFresh(ability auth.Ability, path, body string) []example {
	return m.at(ability, func(at about) func(person, bool) request {
		return m.on(path, m.clusters[at], func() int64 { return m.fresh(at) }, body)
	})
}

func (m *matrix) tenancy() map[string][]example {
	group, project := fmt.Sprintf("/groups/%d", m.team.ID), fmt.Sprintf("/projects/%d", m.shop.ID)
	web := project + "/environments/production"
	inShop := func(ability auth.Ability, ask func(person, bool) request) []example {
		return []example{{about: shop, ability: ability, ask: ask}}
	}
	inTeam := func(ability auth.Ability, ask func(person, bool) request) []example {
		return []example{{about: team, ability: ability, ask: ask}}
	}
	fresh := func(suffix string, stopped bool) func(person, bool) request {
		return func(_ person, allowed bool) request {
			if !allowed {
				return request{path: web + suffix}
			}
			e := m.environment(m.next("env"))
			if stopped {
				e = must(m.core.tenants.StopEnvironment(m.ctx, e.ID))(m.t)
			}
			return request{path: project + "/environments/" + e.Name + suffix}
		}
	}
	namespaced := func(_ person, allowed bool) request {
		if !allowed {
			return request{path: web + "/namespace"}
		}
		name := m.next("env")
		m.namespace(name)
		return request{path: project + "/environments/" + name + "/namespace"}
	}
	return map[string][]example{
		"GET /groups": {
			{about: everyone, ask: ask("/groups")},
			{about: team, ability: auth.ReadGroup, ask: ask("/groups?parent=%d&deep=true&owned=true", m.team.ID)},
		},
		"POST /groups": {
			{about: team, ability: auth.CreateGroup, ask: m.send("/groups", `{"path": "acme/team/%s"}`)},
			{about: instance, ability: auth.CreateGroup, ask: m.send("/groups", `{"path": "%s"}`)},
		},
		"GET /groups/{group}":   inTeam(auth.ReadGroup, ask("%s", group)),
		"PATCH /groups/{group}": inTeam(auth.UpdateGroup, m.send(group, `{"description": "%s"}`)),
		"DELETE /groups/{group}": inTeam(auth.DeleteGroup, m.on("/groups/%d", m.team.ID, func() int64 {
			return m.group("acme/team/" + m.next("group")).ID
		}, "")),
		"GET /projects": {
			{about: everyone, ask: ask("/projects")},
			{about: team, ability: auth.ReadGroup, ask: ask("/projects?group=%d&deep=true", m.team.ID)},
		},
		"POST /projects":            inTeam(auth.CreateProject, m.send("/projects", `{"path": "acme/team/%s"}`)),
		"GET /projects/{project}":   inShop(auth.ReadProject, ask("%s", project)),
		"PATCH /projects/{project}": inShop(auth.UpdateProject, m.send(project, `{"description": "%s"}`)),
		"DELETE /projects/{project}": inShop(auth.DeleteProject, func(who person, allowed bool) request {
			id := m.shop.ID
			if allowed {
				id = m.likeShop(who).ID
			}
			return request{path: fmt.Sprintf("/projects/%d", id)}
		}),
		"GET /projects/{project}/environments":  inShop(auth.ReadEnvironment, ask("%s/environments", project)),
		"POST /projects/{project}/environments": inShop(auth.CreateEnvironment, m.send(project+"/environments", `{"name": "%s"}`)),
		"GET /projects/{project}/environments/{environment}": {
			{about: shop, ability: auth.ReadEnvironment, ask: ask("%s", web)},
		},
		"PATCH /projects/{project}/environments/{environment}": inShop(auth.UpdateEnvironment,
			m.send(web, `{"external_url": "https://%s.example.com"}`)),
		"POST /projects/{project}/environments/{environment}/stop":     inShop(auth.StopEnvironment, fresh("/stop", false)),
		"POST /projects/{project}/environments/{environment}/start":    inShop(auth.StopEnvironment, fresh("/start", true)),
		"DELETE /projects/{project}/environments/{environment}":        inShop(auth.DeleteEnvironment, fresh("", true)),
		"GET /projects/{project}/namespaces":                           inShop(auth.ReadNamespace, ask("%s/namespaces", project)),
		"GET /projects/{project}/environments/{environment}/namespace": inShop(auth.ReadNamespace, ask("%s/namespace", web)),
		"PUT /projects/{project}/environments/{environment}/namespace": inShop(auth.CreateNamespace,
			func(person, bool) request {
				return request{path: project + "/environments/" + m.next("env") + "/namespace"}
			}),
		"DELETE /projects/{project}/environments/{environment}/namespace": inShop(auth.DeleteNamespace, namespaced),
		// A lifetime that is too short is found after the permission, and needs no worker.
		"POST /projects/{project}/environments/{environment}/kubeconfig": inShop(auth.CreateCredential,
			func(person, bool) request { return request{path: web + "/kubeconfig", body: `{"lifetime_seconds": 1}`} }),
		"GET /projects/{project}/environments/{environment}/pods":        inShop(auth.ReadLive, ask("%s/pods", web)),
		"GET /projects/{project}/environments/{environment}/deployments": inShop(auth.ReadLive, ask("%s/deployments", web)),
		"GET /projects/{project}/environments/{environment}/cluster":     inShop(auth.ExplainCluster, ask("%s/cluster", web)),
		"GET /search": {{about: everyone, ask: ask("/search?q=shop")}},
		"GET /audit": {
			{about: instance, ability: auth.ReadAudit, ask: ask("/audit")},
			{about: team, ability: auth.ReadAudit, ask: ask("/audit?group=%d", m.team.ID)},
			{about: shop, ability: auth.ReadAudit, ask: ask("/audit?project=%d", m.shop.ID)},
		},
	}
}

// membership has an example for a group and for a project, each about a member who is new where something changes.
func (m *matrix) membership() map[string][]example {
	all := map[string][]example{}
	for at, place := range map[about]struct {
		pattern, path string
		tenant.Place
	}{
		team: {"/groups/{group}/members", fmt.Sprintf("/groups/%d/members", m.team.ID), tenant.Place{GroupID: m.team.ID}},
		shop: {"/projects/{project}/members", fmt.Sprintf("/projects/%d/members", m.shop.ID), tenant.Place{ProjectID: m.shop.ID}},
	} {
		known := m.stranger()
		m.member(place.Place, known.ID, tenant.Guest)
		member := func() int64 {
			user := m.stranger()
			m.member(place.Place, user.ID, tenant.Guest)
			return user.ID
		}
		all["GET "+place.pattern] = []example{{about: at, ability: auth.ReadMembers, ask: ask("%s?inherited=true", place.path)}}
		all["POST "+place.pattern] = []example{{about: at, ability: auth.AdminMembers, ask: func(_ person, allowed bool) request {
			id := known.ID
			if allowed {
				id = m.stranger().ID
			}
			return request{path: place.path, body: fmt.Sprintf(`{"user": "%d", "role": "guest"}`, id)}
		}}}
		all["PATCH "+place.pattern+"/{user}"] = []example{
			{about: at, ability: auth.AdminMembers, ask: m.on(place.path+"/%d", known.ID, member, `{"role": "reporter"}`)},
		}
		all["DELETE "+place.pattern+"/{user}"] = []example{
			{about: at, ability: auth.AdminMembers, ask: m.on(place.path+"/%d", known.ID, member, "")},
		}
	}
	return all
}

// credentials are users, tokens and sessions.
func (m *matrix) credentials() map[string][]example {
	user := func() int64 { return m.stranger().ID }
	service := must(m.users.CreateUser(m.ctx, auth.NewUser{Profile: auth.Profile{Username: "robot"}, Kind: auth.ServiceUser}))(m.t)
	// Group and project tokens, and how one of each is made anew.
	inTeam := auth.TokenRequest{Kind: auth.GroupToken, GroupID: m.team.ID, Role: tenant.Guest}
	inShop := auth.TokenRequest{Kind: auth.ProjectToken, ProjectID: m.shop.ID, Role: tenant.Guest}
	teams, shops := m.teamToken.ID, m.token(inShop).ID
	own := func(path string) func(person, bool) request {
		return func(who person, allowed bool) request {
			if !allowed {
				return request{path: fmt.Sprintf(path, teams)}
			}
			_, token, err := m.users.CreateToken(m.as(who), auth.TokenRequest{
				Kind: auth.Personal, Name: m.next("own"), Scopes: []auth.Scope{auth.ReadAPI},
			})
			return request{path: fmt.Sprintf(path, must(token, err)(m.t).ID)}
		}
	}
	changed := func(suffix string) []example {
		return []example{
			{about: everyone, ask: own("/tokens/%d" + suffix)},
			{about: team, ability: auth.ManageTokens, ask: m.on("/tokens/%d"+suffix, teams, func() int64 { return m.token(inTeam).ID }, "")},
			{about: shop, ability: auth.ManageTokens, ask: m.on("/tokens/%d"+suffix, shops, func() int64 { return m.token(inShop).ID }, "")},
		}
	}
	const linked = `{"issuer": "https://login.example.com", "subject": "%s"}`
	return map[string][]example{
		"GET /user":         {{about: everyone, ask: ask("/user")}},
		"GET /users":        {{about: instance, ability: auth.ReadUsers, ask: ask("/users?search=user")}},
		"GET /users/{user}": {{about: instance, ability: auth.ReadUsers, ask: ask("/users/administrator")}},
		"POST /users":       {{about: instance, ability: auth.ManageUsers, ask: m.send("/users", `{"username": "%s"}`)}},
		"PATCH /users/{user}": {
			{about: instance, ability: auth.ManageUsers, ask: m.on("/users/%d", 1, user, `{"state": "blocked"}`)},
		},
		"GET /users/{user}/identities": {
			{about: everyone, ask: func(who person, _ bool) request {
				return request{path: fmt.Sprintf("/users/%d/identities", who.user.ID)}
			}},
			// Those of others are for administrators, as the record of the instance is.
			{about: instance, ability: auth.ReadAudit, ask: ask("/users/administrator/identities")},
		},
		"POST /users/{user}/identities": {
			{about: instance, ability: auth.ManageUsers, ask: m.send("/users/administrator/identities", linked)},
		},
		"DELETE /users/{user}/identities": {
			{about: instance, ability: auth.ManageUsers, ask: func(_ person, allowed bool) request {
				subject := "known"
				if allowed {
					subject = m.next("subject")
					must(m.users.LinkUser(m.ctx, auth.AdministratorID, "https://login.example.com", subject))(m.t)
				}
				return request{path: "/users/1/identities?issuer=https://login.example.com&subject=" + subject}
			}},
		},
		"GET /settings":      {{about: instance, ability: auth.ReadSettings, ask: ask("/settings")}},
		"PATCH /settings":    {{about: instance, ability: auth.ManageInstance, ask: m.anotherDay("/settings", `{"keep_audit_days": %d}`)}},
		"GET /user/sessions": {{about: everyone, ask: ask("/user/sessions")}},
		"DELETE /user/sessions/{session}": {{about: everyone, ask: func(who person, allowed bool) request {
			if !allowed {
				return request{path: "/user/sessions/1"}
			}
			_, session, err := m.users.OpenSession(m.ctx, who.user.ID, auth.ProviderSession{})
			return request{path: fmt.Sprintf("/user/sessions/%d", must(session, err)(m.t).ID)}
		}}},
		"GET /tokens": {
			{about: everyone, ask: ask("/tokens?all=true")},
			{about: team, ability: auth.ReadTokens, ask: ask("/tokens?group=%d", m.team.ID)},
			{about: shop, ability: auth.ReadTokens, ask: ask("/tokens?project=%d", m.shop.ID)},
			{about: instance, ability: auth.ManageUsers, ask: ask("/tokens?user=1")},
			{about: instance, ability: auth.ManageServiceTokens, ask: ask("/tokens?service=true")},
		},
		"POST /tokens": {
			{about: everyone, ask: m.send("/tokens", `{"name": "%s", "scopes": ["read_api"]}`)},
			{about: team, ability: auth.ManageTokens, ask: m.send("/tokens", fmt.Sprintf(
				`{"name": "%%s", "scopes": ["read_api"], "group": "%d", "role": "guest"}`, m.team.ID))},
			{about: shop, ability: auth.ManageTokens, ask: m.send("/tokens", fmt.Sprintf(
				`{"name": "%%s", "scopes": ["read_api"], "project": "%d", "role": "guest"}`, m.shop.ID))},
			{about: instance, ability: auth.ManageServiceTokens, ask: m.send("/tokens", fmt.Sprintf(
				`{"name": "%%s", "scopes": ["read_api"], "user": "%d"}`, service.ID))},
		},
		"POST /tokens/revoke-leaked": {{
			about: anybody, ask: m.send("/tokens/revoke-leaked", `{"token": "%s"}`),
			unrecorded: "no such token was ever made, and the answer does not tell",
		}},
		"GET /tokens/{token}": {
			{about: everyone, ask: own("/tokens/%d")},
			{about: hidden, ability: auth.ManageUsers, ask: ask("/tokens/%d", m.personal())},
			{about: team, ability: auth.ReadTokens, ask: ask("/tokens/%d", teams)},
			{about: shop, ability: auth.ReadTokens, ask: ask("/tokens/%d", shops)},
		},
		"DELETE /tokens/{token}":      append(changed(""), example{about: hidden, ask: m.on("/tokens/%d", m.personal(), m.personal, "")}),
		"POST /tokens/{token}/rotate": changed("/rotate"),
	}
}

// personal is a token of somebody who is not among the callers.
func (m *matrix) personal() int64 {
	who := person{user: m.stranger()}
	_, token, err := m.users.CreateToken(m.as(who), auth.TokenRequest{Kind: auth.Personal, Name: "his", Scopes: []auth.Scope{auth.ReadAPI}})
	return must(token, err)(m.t).ID
}

// registrations are the clusters themselves.
func (m *matrix) registrations() map[string][]example {
	attach := func(level about, owner string) example {
		e := example{about: level, ability: auth.AddCluster, ask: func(person, bool) request {
			return request{path: "/clusters", body: fmt.Sprintf(
				`{"name": "%s", "environment_scope": "%s", "api_url": "https://%s.example.com", "token": "t", %s}`,
				m.next("cluster"), m.next("scope"), m.next("k8s"), owner)}
		}}
		if level == hidden {
			e.about = instance
		}
		return e
	}
	subgroup := m.group("acme/team/" + m.next("group"))
	grant := func() int64 {
		group := m.group("acme/team/" + m.next("group"))
		must(m.core.clusters.Grant(m.ctx, m.clusters[team], group.ID))(m.t)
		return group.ID
	}
	grants := fmt.Sprintf("/clusters/%d/grants", m.clusters[team])
	const one = "/clusters/%d"
	const unchecked = "it only asks for a look at the cluster"
	return map[string][]example{
		"GET /clusters": {{about: everyone, ask: ask("/clusters")}},
		"POST /clusters": {
			attach(hidden, `"level": "instance"`), attach(team, fmt.Sprintf(`"level": "group", "group": "%d"`, m.team.ID)),
			attach(shop, fmt.Sprintf(`"level": "project", "project": "%d"`, m.shop.ID)),
		},
		"GET /clusters/manifest":         {{about: everyone, ask: ask("/clusters/manifest")}},
		"GET /clusters/{cluster}":        m.onCluster(auth.ReadCluster, one),
		"PATCH /clusters/{cluster}":      m.onFresh(auth.UpdateCluster, one, `{"domain": "apps.example.com"}`),
		"DELETE /clusters/{cluster}":     m.onFresh(auth.AdminCluster, one+"?mode=leave", ""),
		"POST /clusters/{cluster}/check": silent(unchecked, m.onFresh(auth.UpdateCluster, one+"/check", "")),
		"POST /clusters/{cluster}/save": m.at(auth.AddCluster, func(at about) func(person, bool) request {
			return m.onDraft(one+"/save", at)
		}),
		"GET /clusters/{cluster}/inventory":         m.onCluster(auth.ReadCluster, one+"/inventory"),
		"GET /clusters/{cluster}/identity":          m.onCluster(auth.ReadCluster, one+"/identity"),
		"POST /clusters/{cluster}/identity":         m.onFresh(auth.AdminCluster, one+"/identity", `{}`),
		"GET /clusters/{cluster}/identity/manifest": m.onCluster(auth.ReadCluster, one+"/identity/manifest"),
		"GET /clusters/{cluster}/grants":            m.onCluster(auth.ReadCluster, one+"/grants"),
		"POST /clusters/{cluster}/grants": {
			{about: hidden, ask: ask("/clusters/%d/grants", m.clusters[hidden])},
			{about: team, ability: auth.GrantCluster, ask: func(_ person, allowed bool) request {
				group := subgroup
				if allowed {
					group = m.group("acme/team/" + m.next("group"))
				}
				return request{path: grants, body: fmt.Sprintf(`{"group": "%d"}`, group.ID)}
			}},
			{about: shop, ability: auth.GrantCluster, ask: func(person, bool) request {
				return request{path: fmt.Sprintf("/clusters/%d/grants", m.clusters[shop]), body: fmt.Sprintf(`{"group": "%d"}`, subgroup.ID)}
			}},
		},
		"DELETE /clusters/{cluster}/grants/{group}": {
			{about: team, ability: auth.GrantCluster, ask: m.on(grants+"/%d", subgroup.ID, grant, "")},
		},
		"GET /groups/{group}/clusters":     {{about: team, ability: auth.ReadCluster, ask: ask("/groups/%d/clusters", m.team.ID)}},
		"GET /projects/{project}/clusters": {{about: shop, ability: auth.ReadCluster, ask: ask("/projects/%d/clusters", m.shop.ID)}},
	}
}

func silent(why string, all []example) []example {
	for i := range all {
		all[i].unrecorded = why
	}
	return all
}
