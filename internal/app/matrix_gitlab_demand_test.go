package app

import "github.com/roadstead/roadstead/internal/tenant"

// gitlabDemands are what GitLab documents for private groups and projects. It asks less in two places, where we are
// stricter on purpose: everybody may make a top-level group there, and developers a project.
func gitlabDemands() demands {
	all := demands{}
	all.of(ofEveryone(), "GET /version", "GET /metadata", "GET /user", "GET /users", "GET /users/:user_id", "GET /groups", "GET /projects",
		"GET /personal_access_tokens", "GET /personal_access_tokens/self", "DELETE /personal_access_tokens/self",
		"GET /personal_access_tokens/:token_id", "DELETE /personal_access_tokens/:token_id")

	all.of(inGroup(tenant.Guest), "GET /groups/:id", "GET /groups/:id/subgroups", "GET /groups/:id/descendant_groups",
		"GET /groups/:id/projects", "GET /groups/:id/members", "GET /groups/:id/members/all", "GET /groups/:id/members/:user_id",
		"GET /groups/:id/members/all/:user_id")
	all.of(inGroup(tenant.Maintainer), "POST /groups", "POST /projects")
	all.of(inGroup(tenant.Owner), "PUT /groups/:id", "DELETE /groups/:id", "POST /groups/:id/members",
		"PUT /groups/:id/members/:user_id", "DELETE /groups/:id/members/:user_id")

	all.of(inProject(tenant.Guest), "GET /projects/:id", "GET /projects/:id/members", "GET /projects/:id/members/all",
		"GET /projects/:id/members/:user_id", "GET /projects/:id/members/all/:user_id")
	all.of(inProject(tenant.Maintainer), "PUT /projects/:id", "POST /projects/:id/members",
		"PUT /projects/:id/members/:user_id", "DELETE /projects/:id/members/:user_id")
	all.of(inProject(tenant.Owner), "DELETE /projects/:id")

	all.of(inProject(tenant.Reporter), "GET /projects/:id/environments", "GET /projects/:id/environments/:environment_id")
	all.of(inProject(tenant.Developer), "POST /projects/:id/environments", "PUT /projects/:id/environments/:environment_id",
		"DELETE /projects/:id/environments/:environment_id", "POST /projects/:id/environments/:environment_id/stop")

	all.of(inGroup(tenant.Maintainer), "GET /groups/:id/clusters", "GET /groups/:id/clusters/:cluster_id",
		"POST /groups/:id/clusters/user", "PUT /groups/:id/clusters/:cluster_id", "DELETE /groups/:id/clusters/:cluster_id")
	all.of(inProject(tenant.Maintainer), "GET /projects/:id/clusters", "GET /projects/:id/clusters/:cluster_id",
		"POST /projects/:id/clusters/user", "PUT /projects/:id/clusters/:cluster_id", "DELETE /projects/:id/clusters/:cluster_id")
	all.of(ofAdministrators(), "GET /admin/clusters", "GET /admin/clusters/:cluster_id", "POST /admin/clusters/add",
		"PUT /admin/clusters/:cluster_id", "DELETE /admin/clusters/:cluster_id")
	return all
}
