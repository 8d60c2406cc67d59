package web

import (
	"slices"

	"github.com/roadstead/roadstead/internal/auth"
)

// tab is a page of a place that its other pages lead to.
type tab struct {
	Name    string
	Href    string
	Current bool
}

// tabRule says which tab there is at a place, for whom, and which pages stand behind it.
type tabRule struct {
	name    string
	path    string
	ability auth.Ability // empty: for everybody who sees the place
	pages   []string
}

// tabs are those of a place that its reader may open.
func (p place) tabs(page string) []tab {
	rules, base := instanceTabs(), ""
	switch {
	case p.Own && page != "home" && page != "search":
		rules = ownTabs()
	case p.Subject.ProjectID != 0:
		rules, base = projectTabs(), p.Path()
	case p.Subject.GroupID != 0:
		rules, base = groupTabs(), p.Path()
	}
	var tabs []tab
	for _, rule := range rules {
		if rule.ability == "" || p.may(rule.ability) {
			tabs = append(tabs, tab{Name: rule.name, Href: base + rule.path, Current: rule.leadsTo(page)})
		}
	}
	return tabs
}

func (t tabRule) leadsTo(page string) bool {
	return slices.Contains(t.pages, page)
}

// clusterPages stand behind the clusters of whatever place a cluster belongs to.
func clusterPages() []string {
	return []string{
		"clusters", "add", "draft", "cluster", "cluster-settings", "grants", "revoke", "detach", "detaching", "identity", "operation",
	}
}

func instanceTabs() []tabRule {
	clusters := append(clusterPages(), "eks", "eks-role-new", "eks-role", "eks-new", "eks-run", "eks-delete")
	return []tabRule{
		{"Home", "/", "", []string{"home"}},
		{"Groups", "/groups", "", []string{"groups", "tenancy"}},
		{"Projects", "/projects", "", []string{"projects"}},
		{"Clusters", "/clusters", auth.ReadCluster, clusters},
		{"Users", "/users", auth.ManageUsers, []string{"users", "user"}},
		{"Service tokens", "/service-tokens", auth.ManageServiceTokens, []string{"tokens"}},
		{"Audit", "/audit", auth.ReadAudit, []string{"audit"}},
		{"Settings", "/settings", auth.ReadSettings, []string{"settings"}},
	}
}

func ownTabs() []tabRule {
	return []tabRule{
		{"Access tokens", "/me/tokens", "", []string{"tokens"}},
		{"Sessions", "/me/sessions", "", []string{"sessions"}},
	}
}

func groupTabs() []tabRule {
	return []tabRule{
		{"Overview", "", "", []string{"group"}},
		{"Clusters", "/clusters", auth.ReadCluster, clusterPages()},
		{"Members", "/members", auth.ReadMembers, []string{"members", "member"}},
		{"Access tokens", "/tokens", auth.ReadTokens, []string{"tokens"}},
		{"Audit", "/audit", auth.ReadAudit, []string{"audit"}},
		{"Settings", "/edit", auth.UpdateGroup, []string{"tenancy", "tenancy-delete"}},
	}
}

func projectTabs() []tabRule {
	return []tabRule{
		{"Overview", "", "", []string{"project"}},
		{"Environments", "/environments", auth.ReadEnvironment, []string{"environments", "environment"}},
		{"Clusters", "/clusters", auth.ReadCluster, clusterPages()},
		{"Which cluster", "/explain", auth.ExplainCluster, []string{"explain"}},
		{"Members", "/members", auth.ReadMembers, []string{"members", "member"}},
		{"Access tokens", "/tokens", auth.ReadTokens, []string{"tokens"}},
		{"Audit", "/audit", auth.ReadAudit, []string{"audit"}},
		{"Settings", "/edit", auth.UpdateProject, []string{"tenancy", "tenancy-delete"}},
	}
}
