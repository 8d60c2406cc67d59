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
	}
	for _, r := range h.routes() {
		method, pattern, _ := strings.Cut(r.pattern, " ")
		all = append(all, Route{Method: method, Pattern: pattern, Ability: r.ability})
	}
	return all
}

// routes are the pages for people who signed in.
func (h *Handler) routes() []route {
	return slices.Concat(h.ownRoutes(), h.clusterRoutes(), h.projectRoutes(), h.cloudRoutes())
}

// ownRoutes are the pages that everybody has who signed in. They show what their reader may see.
func (h *Handler) ownRoutes() []route {
	return []route{
		{"POST /sign-out", "", h.atOwn, h.signOut},
		{"GET /{$}", "", h.atOwn, h.home},
		{"GET /live", "", h.atOwn, h.live},
		{"GET /projects", "", h.atInstance, h.projects},
	}
}

func (h *Handler) clusterRoutes() []route {
	return []route{
		{"GET /clusters", auth.ReadCluster, h.atInstance, h.clusters},
		{"GET /clusters/new", auth.AddCluster, h.atInstance, h.addCluster},
		{"GET /clusters/{cluster}", auth.ReadCluster, h.atCluster, h.cluster},
		{"POST /clusters/{cluster}/check", auth.UpdateCluster, h.atCluster, h.checkCluster},
		{"POST /clusters/{cluster}/edit", auth.UpdateCluster, h.atCluster, h.editCluster},
		{"GET /clusters/{cluster}/identity", auth.AdminCluster, h.atCluster, h.identity},
		{"POST /clusters/{cluster}/identity", auth.AdminCluster, h.atCluster, h.changeIdentity},
		{"POST /clusters/{cluster}/applications/{name}/install", auth.ManageApplication, h.atCluster, h.install},
		{"POST /clusters/{cluster}/applications/{name}/uninstall", auth.ManageApplication, h.atCluster, h.uninstall},
		{"GET /operations/{operation}", auth.ReadApplication, h.atOperation, h.operation},
		{"GET /operations/{operation}/log", auth.ReadApplication, h.atOperation, h.operationLog},
	}
}

func (h *Handler) projectRoutes() []route {
	return []route{
		{"GET /projects/{project}", auth.ReadProject, h.atProject, h.project},
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
