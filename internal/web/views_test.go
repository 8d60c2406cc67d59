package web

import (
	"net/netip"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/audit"
	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/setting"
	"github.com/roadstead/roadstead/internal/tenant"
)

// hostilePlace is a project whose every name is hostile, read by somebody who may do everything there.
func hostilePlace() place {
	return place{
		Who: auth.Identity{UserID: 7, Name: hostile, Admin: true, SessionID: 3, Scopes: []auth.Scope{auth.API}}, Role: tenant.Owner,
		Subject: auth.Project(1), Group: tenant.Group{ID: 2, Name: hostile, Path: hostile, Description: hostile},
		Project: tenant.Project{ID: 1, GroupID: 2, Name: hostile, Path: hostile, Description: hostile},
		Above:   []tenant.Group{{ID: 2, Name: hostile, Path: hostile}}, access: auth.NewAccess(nil),
		Cluster: cluster.Cluster{
			ID: 1, Name: hostile, Level: cluster.Group, EnvironmentScope: hostile, Domain: hostile,
			Platform: cluster.Platform{APIURL: hostile}, Removal: &cluster.Removal{Code: apperr.ClusterTimeout},
		},
	}
}

func hostileTenancy(now time.Time) map[string]any {
	at, bad := hostilePlace(), wrong{Field: "path", Error: apperr.Of(apperr.ValidationFailed)}
	groups, projects := []tenant.Group{{ID: 2, Name: hostile, Path: hostile, Description: hostile}}, []tenant.Project{at.Project}
	turned := pager{Prev: hostile, Next: hostile}
	member := tenant.ListedMember{Member: tenant.Member{UserID: 7, Role: tenant.Owner, ExpiresAt: now}, Username: hostile, Name: hostile, Path: hostile}
	environment := tenant.Environment{ID: 5, Name: hostile, Slug: hostile, Tier: tenant.Production, State: tenant.Stopped, ExternalURL: hostile}
	form := tenancyView{place: at, Kind: "group", Parent: hostile, Name: hostile, Slug: hostile, Description: hostile, Confirm: hostile, Wrong: bad}
	return map[string]any{
		"home":           homeView{at, groups, projects},
		"search":         searchView{hostile, []section{{Name: hostile, All: hostile, Options: []option{{1, hostile, hostile, hostile}}}}},
		"options":        []section{{Name: hostile, Options: []option{{1, hostile, hostile, hostile}}}},
		"groups":         groupsView{at, hostile, groups, turned},
		"group":          groupView{at, hostile, groups, projects, turned, turned},
		"projects":       projectsView{at, hostile, projects, turned},
		"tenancy":        form,
		"tenancy-delete": form,
		"members": membersView{
			place: at, Search: hostile, Rows: []memberRow{{member, true, false}, {member, false, true}}, Pager: turned, Username: hostile,
			Expires: hostile, Wrong: bad,
		},
		"member":       memberView{at, member, tenant.Owner, hostile, bad},
		"environments": environmentsView{at, hostile, tenant.Stopped, []tenant.Environment{environment}, turned, hostile, hostile, hostile, bad},
		"environment":  environmentPage{at, environment, hostile, hostile, bad},
	}
}

func hostileClusters(now time.Time) map[string]any {
	at := hostilePlace()
	bad := wrong{Error: apperr.Of(apperr.ValidationFailed), Problems: cluster.Problems{{Attribute: cluster.AttributeAPIURL, Messages: []string{hostile}}}}
	form := clusterForm{Name: hostile, Scope: hostile, Domain: hostile, URL: hostile, CA: hostile, Namespace: hostile, Manager: hostile, Managed: true, Wrong: bad}
	view := clusterView{
		place: at, Failure: apperr.ClusterTimeout, Connection: aged{status{"good", hostile}, now},
		Findings: []findingView{{Tone: "bad", Title: hostile, Text: hostile, Hint: hostile, Code: apperr.ClusterForbidden, Detail: []string{hostile}}},
		Left:     []itemView{{cluster.Item{Kind: cluster.ItemApplication, Name: hostile, Version: hostile}, hostile, status{"bad", hostile}}},
	}
	return map[string]any{
		"clusters": clustersView{at, []clusterRow{{
			ID: 1, Name: hostile, Scope: hostile, Host: hostile, Version: hostile, Connection: aged{status{"good", hostile}, now}, From: hostile, Href: hostile,
		}}, pager{Next: hostile}},
		"add":              newClusterView{at, form},
		"draft":            view,
		"detaching":        view,
		"cluster-settings": clusterSettings{at, form, false},
		"grants":           grantsView{at, []grantRow{{2, hostile, now}}, hostile, bad},
		"revoke":           revokeView{at, 2, hostile, cluster.Leave, bad},
		"detach":           detachView{at, view.Left, cluster.ForgetNow, true, true, hostile, bad},
		"explain": explainView{at, hostile, []string{hostile}, []verdictView{{
			cluster.Verdict{Candidate: cluster.Candidate{ID: 1, Name: hostile, EnvironmentScope: hostile}}, status{"good", hostile}, hostile, hostile, hostile,
		}}, false},
	}
}

func hostileAccess(now time.Time) map[string]any {
	at, bad := hostilePlace(), wrong{Field: "name", Error: apperr.Of(apperr.ValidationFailed)}
	token := auth.Token{ID: 4, Name: hostile, Scopes: []auth.Scope{hostile}, Role: tenant.Owner, ExpiresAt: now, CreatedAt: now}
	user := auth.User{ID: 7, Username: hostile, Name: hostile, Email: hostile, Admin: true, State: auth.Blocked}
	return map[string]any{
		"tokens": tokensView{
			place: at, Kind: auth.ServiceToken, Rows: []tokenRow{{token, tokenStatus(token, now), hostile}}, Next: hostile, Secret: hostile, Made: token,
			Name: hostile, Service: hostile, Expires: hostile, Wrong: bad,
		},
		"sessions": sessionsView{at, []auth.Session{{ID: 3, IP: netip.MustParseAddr("192.0.2.1"), CreatedAt: now, SeenAt: now}}, 12},
		"users":    usersView{at, hostile, auth.Bot, []auth.User{user}, hostile, hostile, hostile, hostile, bad},
		"user":     userView{at, user, bad, hostile, []auth.Link{{Issuer: hostile, Subject: hostile}}, hostile, hostile},
		"settings": settingsView{at, setting.Default(), map[string]string{"session_hours": hostile}, bad},
		"audit": auditView{place: at, Actor: hostile, Action: hostile, Since: hostile, Until: hostile, Next: hostile, Wrong: bad, Rows: []auditRow{{
			audit.Row{Event: audit.Event{At: now, Actor: audit.Actor{Kind: audit.User, Name: hostile, IP: netip.MustParseAddr("192.0.2.1")}, Entry: audit.Entry{
				Action: hostile, Object: audit.Object{Kind: hostile, ID: 1, Name: hostile},
			}}}, hostile, []detail{{hostile, hostile}}, hostile, hostile,
		}}},
	}
}
