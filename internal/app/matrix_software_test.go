package app

import (
	"fmt"

	"github.com/roadstead/roadstead/internal/auth"
)

// software are applications, their operations, and what can be followed.
func (m *matrix) software() map[string][]example {
	const app = "/clusters/%d/applications/prometheus"
	operation := func(suffix string) []example {
		return m.at(auth.ReadApplication, func(at about) func(person, bool) request { return ask("/operations/%d"+suffix, m.ops[at]) })
	}
	catalog := []example{{about: everyone, ask: ask("/catalog/prometheus/manifest")}}
	return map[string][]example{
		"GET /catalog":                                           {{about: instance, ability: auth.ReadInstance, ask: ask("/catalog")}},
		"GET /catalog/{name}":                                    {{about: instance, ability: auth.ReadInstance, ask: ask("/catalog/prometheus")}},
		"PUT /catalog/{name}":                                    {{about: instance, ability: auth.ManageInstance, ask: m.stored(false)}},
		"DELETE /catalog/{name}":                                 {{about: instance, ability: auth.ManageInstance, ask: m.stored(true)}},
		"GET /catalog/{name}/manifest":                           append(catalog, m.onCluster(auth.ReadCluster, "/catalog/prometheus/manifest?cluster=%d")...),
		"GET /clusters/{cluster}/applications":                   m.onCluster(auth.ReadApplication, "/clusters/%d/applications"),
		"GET /clusters/{cluster}/applications/{name}":            m.onCluster(auth.ReadApplication, app),
		"POST /clusters/{cluster}/applications/{name}/install":   m.onFresh(auth.ManageApplication, app+"/install", `{"admin": true}`),
		"POST /clusters/{cluster}/applications/{name}/uninstall": m.onFresh(auth.ManageApplication, app+"/uninstall", `{}`),
		"GET /operations/{operation}":                            operation(""),
		"GET /operations/{operation}/log":                        operation("/log"),
		"GET /events": append(m.onCluster(auth.ReadCluster, "/events?topics=cluster/%d"),
			example{about: shop, ability: auth.ReadProject, ask: ask("/events?topics=project/%d", m.shop.ID)},
			example{about: shop, ability: auth.ReadNamespace, ask: ask("/events?topics=namespace/1")},
			example{about: hidden, ask: ask("/events?topics=provision/%d", m.runs[hidden])},
			example{about: team, ability: auth.ReadRun, ask: ask("/events?topics=provision/%d", m.runs[team])}),
	}
}

// stored names a new entry of the catalog with its text, and stores it first for those who may remove it.
func (m *matrix) stored(there bool) func(person, bool) request {
	return func(_ person, allowed bool) request {
		name := m.next("entry")
		text := storedEntry(name)
		if there && allowed {
			must(m.core.applications.StoreEntry(m.ctx, name, []byte(text)))(m.t)
		}
		return request{path: "/catalog/" + name, body: text}
	}
}

// storedEntry is an entry of the catalog as JSON.
func storedEntry(name string) string {
	return fmt.Sprintf(`{"name": %[1]q, "title": "Sample", "namespace": %[1]q, "podSecurity": "restricted",
		"chart": {"repository": "https://charts.example.com", "name": "web", "version": "1.0.0"},
		"rights": {"level": "namespaced", "rules": [{"groups": [""], "resources": ["services"], "verbs": ["get"]}]}}`, name)
}

// cloud are roles at AWS and the clusters that are made there.
func (m *matrix) cloud() map[string][]example {
	onRole := func(ability auth.Ability, path, body string, fresh bool) []example {
		var all []example
		for _, at := range []about{hidden, team} {
			made := func() int64 { return m.role(at).ID }
			if !fresh {
				made = func() int64 { return m.roles[at] }
			}
			all = append(all, example{about: at, ability: ability, ask: m.on("/aws/roles/%d"+path, m.roles[at], made, body)})
		}
		return all
	}
	onRun := func(ability auth.Ability, path, body string, fresh bool) []example {
		var all []example
		for _, at := range []about{hidden, team} {
			made := func() int64 { return m.run(at) }
			if !fresh {
				made = func() int64 { return m.runs[at] }
			}
			all = append(all, example{about: at, ability: ability, ask: m.on("/aws/clusters/%d"+path, m.runs[at], made, body)})
		}
		return all
	}
	role := func(at about, owner string) example {
		return example{about: at, ability: auth.ManageRole, ask: m.send("/aws/roles", `{"name": "%s", "region": "eu-west-1", `+owner+`}`)}
	}
	order := func(at about) example {
		body := fmt.Sprintf(`{"role": "%d", "accept_cost": false, "spec": {"version": 1, "name": "c", "environment_scope": "*", `+
			`"region": "eu-west-1", "kubernetes_version": "1.36", "network": {}, `+
			`"nodes": {"architecture": "amd64", "instance_type": "m7i.large", "count": 1, "disk_gb": 20}}}`, m.roles[at])
		return example{about: at, ability: auth.ManageRun, ask: func(person, bool) request { return request{path: "/aws/clusters", body: body} }}
	}
	arn := `{"arn": "arn:aws:iam::123456789012:role/roadstead/provision"}`
	return map[string][]example{
		"GET /aws/bootstrap":                {{about: everyone, ask: ask("/aws/bootstrap")}},
		"GET /aws/roles":                    {{about: everyone, ask: ask("/aws/roles")}},
		"POST /aws/roles":                   {role(instance, `"level": "instance"`), role(team, fmt.Sprintf(`"level": "group", "group": "%d"`, m.team.ID))},
		"GET /aws/roles/{role}":             onRole(auth.ReadRole, "", "", false),
		"PUT /aws/roles/{role}":             onRole(auth.ManageRole, "", arn, true),
		"POST /aws/roles/{role}/verify":     onRole(auth.ManageRole, "/verify", "", true),
		"DELETE /aws/roles/{role}":          onRole(auth.ManageRole, "", "", true),
		"GET /aws/roles/{role}/offers":      onRole(auth.ReadRole, "/offers", "", false),
		"GET /aws/clusters":                 {{about: everyone, ask: ask("/aws/clusters")}},
		"POST /aws/clusters":                {order(hidden), order(team)},
		"GET /aws/clusters/{run}":           onRun(auth.ReadRun, "", "", false),
		"GET /aws/clusters/{run}/events":    onRun(auth.ReadRun, "/events", "", false),
		"GET /aws/clusters/{run}/inventory": onRun(auth.ReadRun, "/inventory", "", false),
		"POST /aws/clusters/{run}/cancel":   onRun(auth.ManageRun, "/cancel", "", true),
		"POST /aws/clusters/{run}/retry":    onRun(auth.ManageRun, "/retry", "", true),
		"POST /aws/clusters/{run}/upgrade":  onRun(auth.ManageRun, "/upgrade", `{"version": "1.37"}`, true),
		"DELETE /aws/clusters/{run}":        onRun(auth.ManageRun, "?confirm=other", "", true),
	}
}
