package app

import "slices"

// change is a call of the API that succeeds, in the order of the list.
type change struct {
	route string // as the API names it, without its prefix
	path  string // empty: that of the route
	body  string
	// before is done to the database first: what a worker would have done.
	before string
	// unanswered calls wait for a worker, which is not there.
	unanswered bool
}

// changes calls every route that changes something, the way that things come to be and go.
func changes() []change {
	return slices.Concat(tenantChanges(), clusterChanges(), cloudChanges(), tokenChanges(), []change{
		{route: "DELETE /projects/{project}", path: "/projects/1"},
		{route: "DELETE /groups/{group}", path: "/groups/other"},
	})
}

func tenantChanges() []change {
	return []change{
		{route: "POST /groups", body: `{"path":"acme"}`},
		{route: "POST /groups", body: `{"path":"other"}`},
		{route: "PATCH /groups/{group}", path: "/groups/acme", body: `{"description":"us"}`},
		{route: "PATCH /settings", body: `{"session_hours":8}`},
		{route: "POST /users", body: `{"username":"ada","email":"ada@example.com"}`},
		{route: "PATCH /users/{user}", path: "/users/ada", body: `{"admin":true}`},
		{route: "POST /users/{user}/identities", path: "/users/ada/identities", body: `{"issuer":"https://login.example.com","subject":"1"}`},
		{route: "DELETE /users/{user}/identities", path: "/users/ada/identities?issuer=https://login.example.com&subject=1"},
		{route: "POST /groups/{group}/members", path: "/groups/acme/members", body: `{"user":"ada","role":"developer"}`},
		{route: "PATCH /groups/{group}/members/{user}", path: "/groups/acme/members/ada", body: `{"role":"owner"}`},
		{route: "DELETE /groups/{group}/members/{user}", path: "/groups/acme/members/ada"},
		{route: "POST /projects", body: `{"path":"acme/shop"}`},
		{route: "PATCH /projects/{project}", path: "/projects/acme%2Fshop", body: `{"description":"sells"}`},
		{route: "POST /projects/{project}/members", path: "/projects/1/members", body: `{"user":"ada","role":"developer"}`},
		{route: "PATCH /projects/{project}/members/{user}", path: "/projects/1/members/ada", body: `{"role":"maintainer"}`},
		{route: "DELETE /projects/{project}/members/{user}", path: "/projects/1/members/ada"},
		{route: "POST /projects/{project}/environments", path: "/projects/1/environments", body: `{"name":"test"}`},
		{route: "PATCH /projects/{project}/environments/{environment}", path: "/projects/1/environments/test", body: `{"tier":"other"}`},
		{route: "POST /projects/{project}/environments/{environment}/stop", path: "/projects/1/environments/test/stop"},
		{route: "POST /projects/{project}/environments/{environment}/start", path: "/projects/1/environments/test/start"},
		{route: "POST /projects/{project}/environments/{environment}/stop", path: "/projects/1/environments/test/stop"},
		{route: "DELETE /projects/{project}/environments/{environment}", path: "/projects/1/environments/test"},
	}
}

func clusterChanges() []change {
	const server = `"api_url":"https://203.0.114.1:6443","token":"a-token-of-the-cluster"`
	return []change{
		{route: "POST /clusters", body: `{"name":"main","level":"instance",` + server + `}`},
		{route: "PATCH /clusters/{cluster}", path: "/clusters/main", body: `{"domain":"apps.example.com"}`},
		{route: "POST /clusters", body: `{"name":"draft","level":"instance","draft":true,"environment_scope":"x/*",` + server + `}`},
		{route: "POST /clusters/{cluster}/save", path: "/clusters/2/save"},
		{route: "POST /clusters/{cluster}/grants", path: "/clusters/main/grants", body: `{"group":"acme"}`},
		{route: "DELETE /clusters/{cluster}/grants/{group}", path: "/clusters/main/grants/acme"},
		{route: "POST /clusters/{cluster}/identity", path: "/clusters/main/identity", body: `{}`},
		{route: "PUT /projects/{project}/environments/{environment}/namespace", path: "/projects/1/environments/production/namespace", body: `{}`},
		{
			route: "POST /projects/{project}/environments/{environment}/kubeconfig", path: "/projects/1/environments/production/kubeconfig",
			body: `{}`, before: "UPDATE namespaces SET state = 'ready'", unanswered: true,
		},
		{route: "DELETE /projects/{project}/environments/{environment}/namespace", path: "/projects/1/environments/production/namespace"},
		{route: "POST /clusters/{cluster}/applications/{name}/install", path: "/clusters/main/applications/prometheus/install", body: `{"admin":true}`},
		{
			route: "POST /clusters/{cluster}/applications/{name}/uninstall", path: "/clusters/main/applications/prometheus/uninstall", body: `{"admin":true}`,
			before: "UPDATE applications SET state = 'installed'",
		},
		{route: "PUT /catalog/{name}", path: "/catalog/web", body: storedEntry("web")},
		{route: "DELETE /catalog/{name}", path: "/catalog/web"},
		{route: "DELETE /clusters/{cluster}", path: "/clusters/2"},
	}
}

func cloudChanges() []change {
	const spec = `{"version":1,"name":"made","environment_scope":"*","region":"eu-west-1","kubernetes_version":"1.35",
		"network":{"create":true,"cidr":"10.0.0.0/16"},"nodes":{"architecture":"amd64","instance_type":"m7i.large","count":2,"disk_gb":50}}`
	return []change{
		{route: "POST /aws/roles", body: `{"name":"builder","region":"eu-west-1"}`},
		{route: "PUT /aws/roles/{role}", path: "/aws/roles/builder", body: `{"arn":"arn:aws:iam::123456789012:role/roadstead/provision"}`},
		{route: "POST /aws/roles/{role}/verify", path: "/aws/roles/builder/verify"},
		{route: "POST /aws/clusters", body: `{"role":"builder","accept_cost":true,"spec":` + spec + `}`, before: "UPDATE provision_roles SET state = 'verified'"},
		{route: "POST /aws/clusters/{run}/cancel", path: "/aws/clusters/made/cancel"},
		{route: "POST /aws/clusters/{run}/retry", path: "/aws/clusters/made/retry", before: "UPDATE provision_runs SET state = 'failed'"},
		{route: "POST /aws/clusters/{run}/upgrade", path: "/aws/clusters/made/upgrade", body: `{"version":"1.36"}`, before: "UPDATE provision_runs SET state = 'ready'"},
		{route: "DELETE /aws/clusters/{run}", path: "/aws/clusters/made?confirm=made", before: "UPDATE provision_runs SET state = 'ready'"},
		{route: "DELETE /aws/clusters/{run}", path: "/aws/clusters/made?confirm=made&forget=true", before: "UPDATE provision_runs SET state = 'failed'"},
		{route: "DELETE /aws/roles/{role}", path: "/aws/roles/builder"},
	}
}

func tokenChanges() []change {
	return []change{
		{route: "POST /tokens", body: `{"name":"ci","scopes":["api"]}`},
		{route: "POST /tokens/{token}/rotate", path: "/tokens/1/rotate", body: `{}`},
		{route: "DELETE /tokens/{token}", path: "/tokens/2"},
		{route: "POST /tokens", body: `{"name":"leaked","scopes":["api"]}`},
		{route: "POST /tokens/revoke-leaked", body: `{"token":"{secret}"}`},
		{
			route: "DELETE /user/sessions/{session}", path: "/user/sessions/1",
			before: "INSERT INTO sessions (id, hash, user_id, ip, created_at, seen_at, expires_at) VALUES (1, 'h', 1, '', 1, 9000000000000000, 9000000000000000)",
		},
	}
}

// unrecorded are the routes that change nothing, and why.
func unrecorded() map[string]string {
	return map[string]string{
		"POST /clusters/{cluster}/check": "it asks for news of the connection; the worker that opens the credential is recorded",
	}
}
