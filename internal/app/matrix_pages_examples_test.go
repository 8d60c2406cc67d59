package app

import (
	"context"
	"fmt"

	"github.com/roadstead/roadstead/internal/application"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/provision"
	"github.com/roadstead/roadstead/internal/tenant"
)

// pages has an example for every page and form.
func (m *matrix) pages() map[string][]example {
	all := m.ownPages()
	m.instancePages(all)
	m.groupPages(all)
	m.projectPages(all)
	m.sharedPages(all, "/groups/{group}", tenant.Place{GroupID: m.team.ID})
	m.sharedPages(all, "/projects/{project}", tenant.Place{ProjectID: m.shop.ID})
	m.clusterPages(all)
	m.cloudPages(all)
	return all
}

// same are pages that are read where their pattern says.
func same(all map[string][]example, patterns ...string) {
	for _, pattern := range patterns {
		all["GET "+pattern] = plain(ask("%s", pattern))
	}
}

func (m *matrix) ownPages() map[string][]example {
	visitor := must(m.users.CreateUser(m.ctx, auth.NewUser{Profile: auth.Profile{Username: m.next("user")}}))(m.t)
	secret, _, err := m.users.CreateToken(m.as(person{user: visitor}), auth.TokenRequest{
		Kind: auth.Personal, Name: "visit", Scopes: []auth.Scope{auth.API},
	})
	token := must(secret, err)(m.t)
	all := map[string][]example{
		"GET /static/": {{ask: ask("/static/")}},
		// It ends the session that the browser had.
		"POST /sign-in": plain(func(who person, allowed bool) request {
			r := request{path: "/sign-in", body: "token=" + token}
			if who.tokens != nil && allowed {
				r.token = m.session(who)
			}
			return r
		}),
		"GET /sign-in/oidc":            {{ask: ask("/sign-in/oidc"), absent: true}},
		"GET /sign-in/oidc/callback":   {{ask: ask("/sign-in/oidc/callback"), absent: true}},
		"GET /sign-in/oidc/sign-out":   {{ask: ask("/sign-in/oidc/sign-out"), absent: true}},
		"GET /sign-in/oidc/signed-out": {{ask: ask("/sign-in/oidc/signed-out"), absent: true}},
		"POST /sign-in/oidc/logout":    {{ask: ask("/sign-in/oidc/logout"), absent: true}},
		"GET /{$}":                     plain(ask("/")),
		"GET /live":                    plain(ask("/live?topics=cluster/1")),
		"GET /search":                  plain(ask("/search?q=shop")),
		"GET /search/options":          plain(ask("/search/options?q=shop")),
		"POST /me/tokens":              plain(m.send("/me/tokens", "name=%s&scope=read_api")),
		"POST /me/tokens/{token}/revoke": plain(func(who person, allowed bool) request {
			id := m.teamToken.ID
			if allowed {
				_, made, err := m.users.CreateToken(m.as(who), auth.TokenRequest{
					Kind: auth.Personal, Name: m.next("own"), Scopes: []auth.Scope{auth.ReadAPI},
				})
				id = must(made, err)(m.t).ID
			}
			return request{path: fmt.Sprintf("/me/tokens/%d/revoke", id)}
		}),
		"POST /me/sessions/{session}/end": plain(func(who person, allowed bool) request {
			if !allowed {
				return request{path: "/me/sessions/1/end"}
			}
			_, session, err := m.users.OpenSession(m.ctx, who.user.ID, auth.ProviderSession{})
			return request{path: fmt.Sprintf("/me/sessions/%d/end", must(session, err)(m.t).ID)}
		}),
		"POST /sign-out": plain(func(who person, allowed bool) request {
			r := request{path: "/sign-out"}
			if allowed {
				r.token = m.session(who)
			}
			return r
		}),
	}
	same(all, "/sign-in", "/me/tokens", "/me/sessions", "/groups", "/projects")
	return all
}

func (m *matrix) instancePages(all map[string][]example) {
	same(all, "/users", "/settings", "/service-tokens", "/audit", "/groups/new", "/clusters", "/clusters/new", "/eks", "/eks/bootstrap.yaml",
		"/eks/roles/new", "/eks/new")
	service := must(m.users.CreateUser(m.ctx, auth.NewUser{Profile: auth.Profile{Username: m.next("robot")}, Kind: auth.ServiceUser}))(m.t)
	made := func() int64 { return m.token(auth.TokenRequest{Kind: auth.ServiceToken, UserID: service.ID}).ID }
	all["POST /users"] = plain(m.send("/users", "username=%s"))
	all["GET /users/{user}"] = plain(ask("/users/1"))
	all["POST /users/{user}"] = plain(m.on("/users/%d", 1, func() int64 { return m.stranger().ID }, "action=block"))
	all["POST /settings"] = plain(m.anotherDay("/settings",
		"keep_operations_days=90&keep_audit_days=%d&default_token_days=90&longest_token_days=365&session_hours=12"))
	all["POST /service-tokens"] = plain(m.send("/service-tokens", "name=%s&scope=api&service="+service.Username))
	all["POST /service-tokens/{token}/revoke"] = plain(m.on("/service-tokens/%d/revoke", m.teamToken.ID, made, ""))
	all["POST /groups/new"] = plain(m.send("/groups/new", "slug=%s"))
}

func (m *matrix) groupPages(all map[string][]example) {
	const pattern = "/groups/{group}"
	path := fmt.Sprintf("/groups/%d", m.team.ID)
	for _, page := range []string{"", "/new-group", "/new-project", "/edit", "/delete"} {
		all["GET "+pattern+page] = plain(ask("%s", path+page))
	}
	all["POST "+pattern+"/new-group"] = plain(m.send(path+"/new-group", "slug=%s"))
	all["POST "+pattern+"/new-project"] = plain(m.send(path+"/new-project", "slug=%s"))
	all["POST "+pattern+"/edit"] = plain(m.send(path+"/edit", "slug=team&name=Team&description=%s"))
	all["POST "+pattern+"/delete"] = plain(func(_ person, allowed bool) request {
		group := m.team
		if allowed {
			group = m.group("acme/team/" + m.next("group"))
		}
		return request{path: fmt.Sprintf("/groups/%d/delete", group.ID), body: "confirm=" + group.Path}
	})
}

func (m *matrix) projectPages(all map[string][]example) {
	const pattern, one = "/projects/{project}", "/projects/{project}/environments/{environment}"
	path := fmt.Sprintf("/projects/%d", m.shop.ID)
	known := must(m.core.tenants.Environment(m.ctx, m.shop.ID, "production"))(m.t).ID
	started := func() int64 { return m.environment(m.next("env")).ID }
	stopped := func() int64 { return must(m.core.tenants.StopEnvironment(m.ctx, started()))(m.t).ID }
	for _, page := range []string{"", "/edit", "/delete", "/environments", "/explain"} {
		all["GET "+pattern+page] = plain(ask("%s", path+page))
	}
	all["POST "+pattern+"/edit"] = plain(m.send(path+"/edit", "slug=shop&name=Shop&description=%s"))
	all["POST "+pattern+"/delete"] = plain(func(who person, allowed bool) request {
		project := m.shop
		if allowed {
			project = m.likeShop(who)
		}
		return request{path: fmt.Sprintf("/projects/%d/delete", project.ID), body: "confirm=" + project.Path}
	})
	all["POST "+pattern+"/environments"] = plain(m.send(path+"/environments", "name=%s"))
	all["GET "+one] = plain(ask(path+"/environments/%d", known))
	all["POST "+one] = plain(m.on(path+"/environments/%d", known, started, "tier=other&url=https://new.example.com"))
	all["POST "+one+"/stop"] = plain(m.on(path+"/environments/%d/stop", known, started, ""))
	all["POST "+one+"/start"] = plain(m.on(path+"/environments/%d/start", known, stopped, ""))
	all["POST "+one+"/delete"] = plain(m.on(path+"/environments/%d/delete", known, stopped, ""))
	all["POST "+pattern+"/namespace"] = plain(m.send(path+"/namespace", "environment=%s"))
}

// sharedPages are those that groups and projects both have.
func (m *matrix) sharedPages(all map[string][]example, pattern string, at tenant.Place) {
	path, kind, level := fmt.Sprintf("/groups/%d", at.GroupID), auth.GroupToken, team
	if at.ProjectID != 0 {
		path, kind, level = fmt.Sprintf("/projects/%d", at.ProjectID), auth.ProjectToken, shop
	}
	member := func() int64 {
		user := m.stranger()
		m.member(at, user.ID, tenant.Guest)
		return user.ID
	}
	token := func() int64 {
		return m.token(auth.TokenRequest{Kind: kind, GroupID: at.GroupID, ProjectID: at.ProjectID, Role: tenant.Guest}).ID
	}
	known := member()
	for _, page := range []string{"/members", "/tokens", "/audit", "/clusters", "/clusters/new"} {
		all["GET "+pattern+page] = plain(ask("%s", path+page))
	}
	all["POST "+pattern+"/members"] = plain(func(_ person, allowed bool) request {
		name := "administrator"
		if allowed {
			name = m.stranger().Username
		}
		return request{path: path + "/members", body: "role=guest&username=" + name}
	})
	all["GET "+pattern+"/members/{user}"] = plain(ask(path+"/members/%d", known))
	all["POST "+pattern+"/members/{user}"] = plain(m.on(path+"/members/%d", known, member, "role=reporter"))
	all["POST "+pattern+"/members/{user}/remove"] = plain(m.on(path+"/members/%d/remove", known, member, ""))
	all["POST "+pattern+"/tokens"] = plain(m.send(path+"/tokens", "name=%s&scope=read_api&role=guest"))
	all["POST "+pattern+"/tokens/{token}/revoke"] = plain(m.on(path+"/tokens/%d/revoke", m.teamToken.ID, token, ""))
	all["POST "+pattern+"/clusters/new"] = plain(m.attachForm(level, path))
}

// attachForm attaches a cluster to what has the path.
func (m *matrix) attachForm(at about, path string) func(person, bool) request {
	return func(person, bool) request {
		wanted := m.wanted(at, m.next("scope"), "")
		return request{path: path + "/clusters/new", body: fmt.Sprintf(
			"name=%s&scope=%s&api_url=%s&token=t&managed=true&per_environment=true", wanted.Name, wanted.EnvironmentScope, wanted.APIURL)}
	}
}

func (m *matrix) clusterPages(all map[string][]example) {
	const pattern, one = "/clusters/{cluster}", "/clusters/%d"
	granted := func() int64 {
		group := m.group("acme/team/" + m.next("group"))
		must(m.core.clusters.Grant(m.ctx, m.clusters[team], group.ID))(m.t)
		return group.ID
	}
	grants := fmt.Sprintf("/clusters/%d/grants", m.clusters[team])
	for _, page := range []string{"", "/edit", "/grants", "/detach", "/identity"} {
		all["GET "+pattern+page] = m.onCluster("", one+page)
	}
	for _, page := range []string{"/save", "/discard"} {
		all["POST "+pattern+page] = m.at("", func(at about) func(person, bool) request {
			return m.onDraft(one+page, at)
		})
	}
	all["POST /clusters/new"] = plain(m.attachForm(hidden, ""))
	all["POST "+pattern+"/check"] = silent("it only asks for a look at the cluster", m.onFresh("", one+"/check", ""))
	all["POST "+pattern+"/edit"] = m.at("", func(at about) func(person, bool) request {
		return func(_ person, allowed bool) request {
			id := m.clusters[at]
			if allowed {
				id = m.fresh(at)
			}
			name := m.next("renamed")
			return request{path: fmt.Sprintf(one+"/edit", id), body: "name=" + name + "&scope=" + name + "&managed=true&per_environment=true"}
		}
	})
	all["POST "+pattern+"/enable"] = m.onFresh("", one+"/enable", "enabled=false")
	all["POST "+pattern+"/grants"] = []example{
		{about: hidden, ask: ask("/clusters/%d/grants", m.clusters[hidden])},
		{about: team, ask: func(_ person, allowed bool) request {
			path := "acme/team"
			if allowed {
				path = m.group("acme/team/" + m.next("group")).Path
			}
			return request{path: grants, body: "group=" + path}
		}},
		{about: shop, ask: ask("/clusters/%d/grants", m.clusters[shop])},
	}
	all["GET "+pattern+"/grants/{group}"] = []example{{about: team, ask: m.on(grants+"/%d", m.other.ID, granted, "")}}
	all["POST "+pattern+"/grants/{group}"] = []example{{about: team, ask: m.on(grants+"/%d", m.other.ID, granted, "remains=refuse")}}
	all["POST "+pattern+"/detach"] = m.at("", func(at about) func(person, bool) request {
		return func(_ person, allowed bool) request {
			id, name := m.clusters[at], "shared"
			if allowed {
				made := m.attach(at, m.next("scope"), "")
				id, name = made.ID, made.Name
			}
			return request{path: fmt.Sprintf(one+"/detach", id), body: "mode=leave&confirm=" + name}
		}
	})
	all["POST "+pattern+"/identity"] = m.onFresh("", one+"/identity", "")
	const app = "/applications/prometheus"
	all["POST "+pattern+"/applications/{name}/install"] = m.onFresh("", one+app+"/install", "admin=true")
	all["POST "+pattern+"/applications/{name}/uninstall"] = m.at("", func(at about) func(person, bool) request {
		return m.on(one+app+"/uninstall", m.clusters[at], func() int64 { return m.installed(at) }, "admin=true")
	})
	for _, page := range []string{"", "/log"} {
		all["GET /operations/{operation}"+page] = m.at("", func(at about) func(person, bool) request {
			return ask("/operations/%d"+page, m.ops[at])
		})
	}
}

func (m *matrix) cloudPages(all map[string][]example) {
	const spec = "name=%s&scope=*&region=eu-west-1&version=1.35&network=new&cidr=10.0.0.0/16&" +
		"architecture=amd64&instance_type=m7i.large&count=2&disk=50&accept_cost=true"
	all["POST /eks/roles/new"] = plain(m.send("/eks/roles/new", "name=%s&region=eu-west-1"))
	verified := m.roles[hidden]
	m.verify(verified)
	all["POST /eks/new"] = plain(m.send("/eks/new", spec+fmt.Sprintf("&role=%d", verified)))
	for _, at := range []about{hidden, team} {
		add := func(pattern string, ask func(person, bool) request) {
			all[pattern] = append(all[pattern], example{about: at, ask: ask})
		}
		role := func() int64 { return m.role(at).ID }
		const roles, arn = "/eks/roles/%d", "arn:aws:iam::123456789012:role/roadstead/"
		registered := func() int64 {
			id := role()
			must(m.core.provisions.RegisterRole(m.ctx, id, provision.Registration{ARN: arn + m.next("role")}))(m.t)
			return id
		}
		add("GET /eks/roles/{role}", ask(roles, m.roles[at]))
		add("POST /eks/roles/{role}", func(_ person, allowed bool) request {
			id := m.roles[at]
			if allowed {
				id = role()
			}
			return request{path: fmt.Sprintf(roles, id), body: "region=eu-west-1&arn=" + arn + m.next("role")}
		})
		add("POST /eks/roles/{role}/verify", m.on(roles+"/verify", m.roles[at], registered, ""))
		add("POST /eks/roles/{role}/remove", m.on(roles+"/remove", m.roles[at], role, ""))
		const pattern = "/eks/clusters/{run}"
		add("GET "+pattern, ask("/eks/clusters/%d", m.runs[at]))
		add("GET "+pattern+"/delete", ask("/eks/clusters/%d/delete", m.runs[at]))
		add("POST "+pattern+"/cancel", m.onRunIn(at, "/cancel", provision.Pending, ""))
		add("POST "+pattern+"/retry", m.onRunIn(at, "/retry", provision.Failed, ""))
		add("POST "+pattern+"/upgrade", m.onRunIn(at, "/upgrade", provision.Ready, "version=1.36"))
		add("POST "+pattern+"/delete", m.onRunIn(at, "/delete", provision.Ready, "confirm="))
		add("POST "+pattern+"/forget", m.onRunIn(at, "/forget", provision.Failed, "confirm="))
	}
}

// onRunIn changes a run that is in a state. A body that ends in = ends in the name of the cluster.
func (m *matrix) onRunIn(at about, page string, state provision.State, body string) func(person, bool) request {
	return func(_ person, allowed bool) request {
		id, name := m.runs[at], ""
		if allowed {
			id = m.run(at)
			name = m.changeRun(id, func(r *provision.Run) { r.State, r.Spec.KubernetesVersion = state, "1.35" }).Spec.Name
		}
		if body != "" && body[len(body)-1] != '=' {
			name = ""
		}
		return request{path: fmt.Sprintf("/eks/clusters/%d%s", id, page), body: body + name}
	}
}

func (m *matrix) changeRun(id int64, change func(*provision.Run)) (run provision.Run) {
	err := m.core.db.Provision().Atomically(m.ctx, func(tx provision.Tx) (err error) {
		if run, err = tx.Run(m.ctx, id); err != nil {
			return err
		}
		change(&run)
		return tx.UpdateRun(m.ctx, run)
	})
	return must(run, err)(m.t)
}

// verify marks a role as one that lets us in, as a worker would.
func (m *matrix) verify(id int64) {
	m.execute("UPDATE provision_roles SET state = 'verified' WHERE id = ?", id)
}

// installed is a new cluster in which an application is, as a worker would have put it there.
func (m *matrix) installed(at about) int64 {
	id := m.fresh(at)
	must(m.core.applications.Install(m.ctx, application.InstallRequest{ClusterID: id, Name: "prometheus", Admin: true}))(m.t)
	m.execute("UPDATE applications SET state = 'installed' WHERE cluster_id = ?", id)
	return id
}

// execute changes the database in the place of a worker.
func (m *matrix) execute(query string, args ...any) {
	sqlite, _ := m.core.db.Handles()
	if _, err := sqlite.ExecContext(context.WithoutCancel(m.ctx), query, args...); err != nil {
		m.t.Fatal(err)
	}
}
