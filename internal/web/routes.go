package web

import (
	"net/http"
	"slices"
	"strings"

	"github.com/roadstead/roadstead/internal/auth"
)

// Route is a page, or what a form of one sends, and who may have it.
type Route struct {
	Method  string
	Pattern string
	// Ability is what it takes. Empty: to have signed in, or nothing at all where Public is set.
	Ability auth.Ability
	Public  bool
}

// route says how one page is served: to whom, about what, by which handler.
type route struct {
	pattern string
	ability auth.Ability
	about   locate
	page    page
}

// Routes lists all pages, with what each takes.
func (h *Handler) Routes() []Route {
	all := []Route{
		{Method: http.MethodGet, Pattern: "/static/", Public: true},
		{Method: http.MethodGet, Pattern: "/sign-in", Public: true},
		{Method: http.MethodPost, Pattern: "/sign-in", Public: true},
		{Method: http.MethodGet, Pattern: "/sign-in/oidc", Public: true},
		{Method: http.MethodGet, Pattern: "/sign-in/oidc/callback", Public: true},
		{Method: http.MethodGet, Pattern: "/sign-in/oidc/sign-out", Public: true},
		{Method: http.MethodGet, Pattern: "/sign-in/oidc/signed-out", Public: true},
		{Method: http.MethodPost, Pattern: "/sign-in/oidc/logout", Public: true},
	}
	for _, r := range h.routes() {
		method, pattern, _ := strings.Cut(r.pattern, " ")
		all = append(all, Route{Method: method, Pattern: pattern, Ability: r.ability})
	}
	return all
}

// routes are the pages for people who signed in.
func (h *Handler) routes() []route {
	return slices.Concat(h.ownRoutes(), h.instanceRoutes(), h.groupRoutes(), h.projectRoutes(), h.clusterRoutes(), h.cloudRoutes())
}

// ownRoutes are the pages that everybody has who signed in. They show what their reader may see.
func (h *Handler) ownRoutes() []route {
	return []route{
		{"POST /sign-out", "", h.atOwn, h.signOut},
		{"GET /{$}", "", h.atOwn, h.home},
		{"GET /live", "", h.atOwn, h.live},
		{"GET /me/tokens", "", h.atOwn, h.tokens(auth.Personal)},
		{"POST /me/tokens", "", h.atOwn, h.addToken(auth.Personal)},
		{"POST /me/tokens/{token}/revoke", "", h.atOwn, h.revokeToken(auth.Personal)},
		{"GET /me/sessions", "", h.atOwn, h.sessions},
		{"POST /me/sessions/{session}/end", "", h.atOwn, h.closeSession},
		{"GET /search", "", h.atInstance, h.search},
		{"GET /search/options", "", h.atInstance, h.searchOptions},
		{"GET /groups", "", h.atInstance, h.groups},
		{"GET /projects", "", h.atInstance, h.projects},
	}
}

func (h *Handler) clusterRoutes() []route {
	return []route{
		{"GET /clusters", auth.ReadCluster, h.atInstance, h.allClusters},
		{"GET /clusters/new", auth.AddCluster, h.atInstance, h.addCluster},
		{"POST /clusters/new", auth.AddCluster, h.atInstance, h.attachDraft},
		{"GET /groups/{group}/clusters", auth.ReadCluster, h.atGroup, h.clusters},
		{"GET /groups/{group}/clusters/new", auth.AddCluster, h.atGroup, h.addCluster},
		{"POST /groups/{group}/clusters/new", auth.AddCluster, h.atGroup, h.attachDraft},
		{"GET /projects/{project}/clusters", auth.ReadCluster, h.atProject, h.clusters},
		{"GET /projects/{project}/clusters/new", auth.AddCluster, h.atProject, h.addCluster},
		{"POST /projects/{project}/clusters/new", auth.AddCluster, h.atProject, h.attachDraft},
		{"GET /projects/{project}/explain", auth.ExplainCluster, h.atProject, h.explain},
		{"GET /clusters/{cluster}", auth.ReadCluster, h.atCluster, h.cluster},
		{"POST /clusters/{cluster}/save", auth.AddCluster, h.atCluster, h.saveDraft},
		{"POST /clusters/{cluster}/discard", auth.AddCluster, h.atCluster, h.discardDraft},
		{"POST /clusters/{cluster}/check", auth.UpdateCluster, h.atCluster, h.checkCluster},
		{"GET /clusters/{cluster}/edit", auth.UpdateCluster, h.atCluster, h.clusterSettings},
		{"POST /clusters/{cluster}/edit", auth.UpdateCluster, h.atCluster, h.editCluster},
		{"POST /clusters/{cluster}/enable", auth.UpdateCluster, h.atCluster, h.enableCluster},
		{"GET /clusters/{cluster}/grants", auth.GrantCluster, h.atCluster, h.grants},
		{"POST /clusters/{cluster}/grants", auth.GrantCluster, h.atCluster, h.grant},
		{"GET /clusters/{cluster}/grants/{group}", auth.GrantCluster, h.atCluster, h.revocation},
		{"POST /clusters/{cluster}/grants/{group}", auth.GrantCluster, h.atCluster, h.revoke},
		{"GET /clusters/{cluster}/detach", auth.AdminCluster, h.atCluster, h.detachment},
		{"POST /clusters/{cluster}/detach", auth.AdminCluster, h.atCluster, h.detach},
		{"GET /clusters/{cluster}/identity", auth.AdminCluster, h.atCluster, h.identity},
		{"POST /clusters/{cluster}/identity", auth.AdminCluster, h.atCluster, h.changeIdentity},
		{"POST /clusters/{cluster}/applications/{name}/install", auth.ManageApplication, h.atCluster, h.install},
		{"POST /clusters/{cluster}/applications/{name}/uninstall", auth.ManageApplication, h.atCluster, h.uninstall},
		{"GET /operations/{operation}", auth.ReadApplication, h.atOperation, h.operation},
		{"GET /operations/{operation}/log", auth.ReadApplication, h.atOperation, h.operationLog},
	}
}

// instanceRoutes are the pages of administrators.
func (h *Handler) instanceRoutes() []route {
	return []route{
		{"GET /users", auth.ManageUsers, h.atInstance, h.users},
		{"POST /users", auth.ManageUsers, h.atInstance, h.addUser},
		{"GET /users/{user}", auth.ManageUsers, h.atInstance, h.user},
		{"POST /users/{user}", auth.ManageUsers, h.atInstance, h.changeUser},
		{"GET /service-tokens", auth.ManageServiceTokens, h.atInstance, h.tokens(auth.ServiceToken)},
		{"POST /service-tokens", auth.ManageServiceTokens, h.atInstance, h.addToken(auth.ServiceToken)},
		{"POST /service-tokens/{token}/revoke", auth.ManageServiceTokens, h.atInstance, h.revokeToken(auth.ServiceToken)},
		{"GET /audit", auth.ReadAudit, h.atInstance, h.auditPage},
		{"GET /settings", auth.ReadSettings, h.atInstance, h.settings},
		{"POST /settings", auth.ManageInstance, h.atInstance, h.changeSettings},
	}
}

func (h *Handler) groupRoutes() []route {
	return []route{
		{"GET /groups/new", auth.CreateGroup, h.atInstance, h.newGroup},
		{"POST /groups/new", auth.CreateGroup, h.atInstance, h.addGroup},
		{"GET /groups/{group}", auth.ReadGroup, h.atGroup, h.group},
		{"GET /groups/{group}/new-group", auth.CreateGroup, h.atGroup, h.newGroup},
		{"POST /groups/{group}/new-group", auth.CreateGroup, h.atGroup, h.addGroup},
		{"GET /groups/{group}/new-project", auth.CreateProject, h.atGroup, h.newProject},
		{"POST /groups/{group}/new-project", auth.CreateProject, h.atGroup, h.addProject},
		{"GET /groups/{group}/edit", auth.UpdateGroup, h.atGroup, h.editGroup},
		{"POST /groups/{group}/edit", auth.UpdateGroup, h.atGroup, h.changeGroup},
		{"GET /groups/{group}/delete", auth.DeleteGroup, h.atGroup, h.groupDeletion},
		{"POST /groups/{group}/delete", auth.DeleteGroup, h.atGroup, h.deleteGroup},
		{"GET /groups/{group}/members", auth.ReadMembers, h.atGroup, h.members},
		{"POST /groups/{group}/members", auth.AdminMembers, h.atGroup, h.addMember},
		{"GET /groups/{group}/members/{user}", auth.AdminMembers, h.atGroup, h.member},
		{"POST /groups/{group}/members/{user}", auth.AdminMembers, h.atGroup, h.changeMember},
		{"POST /groups/{group}/members/{user}/remove", auth.AdminMembers, h.atGroup, h.removeMember},
		{"GET /groups/{group}/tokens", auth.ReadTokens, h.atGroup, h.tokens(auth.GroupToken)},
		{"POST /groups/{group}/tokens", auth.ManageTokens, h.atGroup, h.addToken(auth.GroupToken)},
		{"POST /groups/{group}/tokens/{token}/revoke", auth.ManageTokens, h.atGroup, h.revokeToken(auth.GroupToken)},
		{"GET /groups/{group}/audit", auth.ReadAudit, h.atGroup, h.auditPage},
	}
}

func (h *Handler) projectRoutes() []route {
	return []route{
		{"GET /projects/{project}", auth.ReadProject, h.atProject, h.project},
		{"GET /projects/{project}/edit", auth.UpdateProject, h.atProject, h.editProject},
		{"POST /projects/{project}/edit", auth.UpdateProject, h.atProject, h.changeProject},
		{"GET /projects/{project}/delete", auth.DeleteProject, h.atProject, h.projectDeletion},
		{"POST /projects/{project}/delete", auth.DeleteProject, h.atProject, h.deleteProject},
		{"GET /projects/{project}/members", auth.ReadMembers, h.atProject, h.members},
		{"POST /projects/{project}/members", auth.AdminMembers, h.atProject, h.addMember},
		{"GET /projects/{project}/members/{user}", auth.AdminMembers, h.atProject, h.member},
		{"POST /projects/{project}/members/{user}", auth.AdminMembers, h.atProject, h.changeMember},
		{"POST /projects/{project}/members/{user}/remove", auth.AdminMembers, h.atProject, h.removeMember},
		{"GET /projects/{project}/tokens", auth.ReadTokens, h.atProject, h.tokens(auth.ProjectToken)},
		{"POST /projects/{project}/tokens", auth.ManageTokens, h.atProject, h.addToken(auth.ProjectToken)},
		{"POST /projects/{project}/tokens/{token}/revoke", auth.ManageTokens, h.atProject, h.revokeToken(auth.ProjectToken)},
		{"GET /projects/{project}/audit", auth.ReadAudit, h.atProject, h.auditPage},
		{"GET /projects/{project}/environments", auth.ReadEnvironment, h.atProject, h.environments},
		{"POST /projects/{project}/environments", auth.CreateEnvironment, h.atProject, h.addEnvironment},
		{"GET /projects/{project}/environments/{environment}", auth.UpdateEnvironment, h.atProject, h.environmentForm},
		{"POST /projects/{project}/environments/{environment}", auth.UpdateEnvironment, h.atProject, h.changeEnvironment},
		{"POST /projects/{project}/environments/{environment}/stop", auth.StopEnvironment, h.atProject, h.stopEnvironment},
		{"POST /projects/{project}/environments/{environment}/start", auth.StopEnvironment, h.atProject, h.startEnvironment},
		{"POST /projects/{project}/environments/{environment}/delete", auth.DeleteEnvironment, h.atProject, h.deleteEnvironment},
		{"POST /projects/{project}/namespace", auth.CreateNamespace, h.atProject, h.ensureNamespace},
	}
}

// cloudRoutes are the pages of clusters on Amazon EKS.
func (h *Handler) cloudRoutes() []route {
	return []route{
		{"GET /eks", auth.ReadRun, h.atInstance, h.eks},
		{"GET /eks/bootstrap.yaml", auth.ReadInstance, h.atInstance, h.bootstrap},
		{"GET /eks/roles/new", auth.ManageRole, h.atInstance, h.newRole},
		{"POST /eks/roles/new", auth.ManageRole, h.atInstance, h.addRole},
		{"GET /eks/roles/{role}", auth.ReadRole, h.atAccount, h.role},
		{"POST /eks/roles/{role}", auth.ManageRole, h.atAccount, h.registerRole},
		{"POST /eks/roles/{role}/verify", auth.ManageRole, h.atAccount, h.verifyRole},
		{"POST /eks/roles/{role}/remove", auth.ManageRole, h.atAccount, h.removeRole},
		{"GET /eks/new", auth.ManageRun, h.atInstance, h.wizard},
		{"POST /eks/new", auth.ManageRun, h.atInstance, h.order},
		{"GET /eks/clusters/{run}", auth.ReadRun, h.atRun, h.run},
		{"POST /eks/clusters/{run}/cancel", auth.ManageRun, h.atRun, h.changeRun(h.Provisions.Cancel)},
		{"POST /eks/clusters/{run}/retry", auth.ManageRun, h.atRun, h.changeRun(h.Provisions.Retry)},
		{"POST /eks/clusters/{run}/upgrade", auth.ManageRun, h.atRun, h.upgradeRun},
		{"GET /eks/clusters/{run}/delete", auth.ManageRun, h.atRun, h.demolition},
		{"POST /eks/clusters/{run}/delete", auth.ManageRun, h.atRun, h.deleteRun},
		{"POST /eks/clusters/{run}/forget", auth.ManageRun, h.atRun, h.forgetRun},
	}
}
