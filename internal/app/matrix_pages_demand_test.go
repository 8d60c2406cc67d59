package app

import (
	"maps"

	"github.com/roadstead/roadstead/internal/tenant"
)

// pageDemands are what the JSON API demands for the same. Pages that show a form demand what sending it takes.
func pageDemands() demands {
	all := demands{}
	all.of(ofAnybody(), "GET /static/", "GET /sign-in", "POST /sign-in", "GET /sign-in/oidc", "GET /sign-in/oidc/callback",
		"GET /sign-in/oidc/sign-out", "GET /sign-in/oidc/signed-out", "POST /sign-in/oidc/logout")
	all.of(ofEveryone(), "POST /sign-out", "GET /{$}", "GET /live", "GET /me/tokens", "POST /me/tokens", "POST /me/tokens/{token}/revoke",
		"GET /me/sessions", "POST /me/sessions/{session}/end", "GET /search", "GET /search/options", "GET /groups", "GET /projects",
		"GET /eks/bootstrap.yaml")
	all.of(ofAdministrators(), "GET /users", "POST /users", "GET /users/{user}", "POST /users/{user}", "GET /service-tokens",
		"POST /service-tokens", "POST /service-tokens/{token}/revoke", "GET /audit", "GET /settings", "POST /settings",
		"GET /groups/new", "POST /groups/new",
		"GET /clusters", "GET /clusters/new", "POST /clusters/new")
	maps.Copy(all, groupDemands())
	maps.Copy(all, projectDemands())
	maps.Copy(all, clusterDemands())
	return all
}

func groupDemands() demands {
	all := demands{}
	all.of(inGroup(tenant.Guest), "GET /groups/{group}", "GET /groups/{group}/members")
	all.of(inGroup(tenant.Maintainer), "GET /groups/{group}/new-group", "POST /groups/{group}/new-group", "GET /groups/{group}/new-project",
		"POST /groups/{group}/new-project", "GET /groups/{group}/clusters", "GET /groups/{group}/clusters/new",
		"POST /groups/{group}/clusters/new")
	all.of(inGroup(tenant.Owner), "GET /groups/{group}/edit", "POST /groups/{group}/edit", "GET /groups/{group}/delete",
		"POST /groups/{group}/delete", "POST /groups/{group}/members", "GET /groups/{group}/members/{user}",
		"POST /groups/{group}/members/{user}", "POST /groups/{group}/members/{user}/remove", "GET /groups/{group}/tokens",
		"POST /groups/{group}/tokens", "POST /groups/{group}/tokens/{token}/revoke", "GET /groups/{group}/audit")
	return all
}

func projectDemands() demands {
	all := demands{}
	const one = "/projects/{project}/environments/{environment}"
	all.of(inProject(tenant.Guest), "GET /projects/{project}", "GET /projects/{project}/members")
	all.of(inProject(tenant.Reporter), "GET /projects/{project}/environments")
	all.of(inProject(tenant.Developer), "POST /projects/{project}/environments", "GET "+one, "POST "+one, "POST "+one+"/stop",
		"POST "+one+"/start", "POST "+one+"/delete", "POST /projects/{project}/namespace", "GET /projects/{project}/explain")
	all.of(inProject(tenant.Maintainer), "GET /projects/{project}/edit", "POST /projects/{project}/edit",
		"POST /projects/{project}/members", "GET /projects/{project}/members/{user}", "POST /projects/{project}/members/{user}",
		"POST /projects/{project}/members/{user}/remove", "GET /projects/{project}/tokens", "POST /projects/{project}/tokens",
		"POST /projects/{project}/tokens/{token}/revoke", "GET /projects/{project}/clusters", "GET /projects/{project}/clusters/new",
		"POST /projects/{project}/clusters/new")
	all.of(inProject(tenant.Owner), "GET /projects/{project}/delete", "POST /projects/{project}/delete", "GET /projects/{project}/audit")
	return all
}

// clusterDemands are those of clusters at every level. A cluster of a project cannot be granted, and its project has no
// account at AWS.
func clusterDemands() demands {
	all := demands{}
	const one = "/clusters/{cluster}"
	all.of(inPlace(tenant.Maintainer, tenant.Maintainer), "GET "+one, "POST "+one+"/save", "POST "+one+"/discard", "POST "+one+"/check",
		"GET "+one+"/edit", "POST "+one+"/edit", "POST "+one+"/enable", "GET "+one+"/detach", "POST "+one+"/detach",
		"GET "+one+"/identity", "POST "+one+"/identity", "POST "+one+"/applications/{name}/install",
		"POST "+one+"/applications/{name}/uninstall", "GET /operations/{operation}", "GET /operations/{operation}/log")
	all.of(inPlace(tenant.Maintainer, tenant.NoRole), "GET "+one+"/grants", "POST "+one+"/grants", "GET "+one+"/grants/{group}",
		"POST "+one+"/grants/{group}", "GET /eks/roles/{role}", "POST /eks/roles/{role}", "POST /eks/roles/{role}/verify",
		"POST /eks/roles/{role}/remove", "GET /eks/clusters/{run}", "POST /eks/clusters/{run}/cancel", "POST /eks/clusters/{run}/retry",
		"POST /eks/clusters/{run}/upgrade", "GET /eks/clusters/{run}/delete", "POST /eks/clusters/{run}/delete",
		"POST /eks/clusters/{run}/forget")
	all.of(ofAdministrators(), "GET /eks", "GET /eks/roles/new", "POST /eks/roles/new", "GET /eks/new", "POST /eks/new")
	return all
}
