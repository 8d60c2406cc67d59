package storetest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// TestClustersThatSomebodyMayLookInto holds lists to who is a maintainer where.
func TestClustersThatSomebodyMayLookInto(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			below := must(w.tenants.CreateGroup(t.Context(), tenant.NewGroup{Path: "acme/team"}))(t)
			w.addCluster(t, cluster.Cluster{Name: "grouped", Level: cluster.Group, GroupID: below.ID})
			w.addCluster(t, cluster.Cluster{Name: "guarded", Level: cluster.Project, ProjectID: w.project.ID})
			users := &auth.Service{Store: w.Auth(), Now: instant}
			viewer := func(username string, at tenant.Place, role tenant.Role) tenant.Viewer {
				user := must(users.CreateUser(t.Context(), auth.NewUser{Profile: auth.Profile{Username: username}}))(t)
				if role != tenant.NoRole {
					must(w.tenants.AddMember(t.Context(), tenant.Granter{Admin: true}, tenant.NewMember{Place: at, UserID: user.ID, Role: role}))(t)
				}
				return tenant.Viewer{UserID: user.ID}
			}
			tests := map[string]struct {
				viewer tenant.Viewer
				search string
				want   []string
			}{
				"administrators see all":       {tenant.Viewer{All: true}, "", []string{"main", "grouped", "guarded"}},
				"administrators search":        {tenant.Viewer{All: true}, "g", []string{"grouped", "guarded"}},
				"from the group above":         {viewer("a", tenant.Place{GroupID: w.group.ID}, tenant.Maintainer), "", []string{"grouped", "guarded"}},
				"from above, searched":         {viewer("b", tenant.Place{GroupID: w.group.ID}, tenant.Owner), "gu", []string{"guarded"}},
				"of the group":                 {viewer("c", tenant.Place{GroupID: below.ID}, tenant.Maintainer), "", []string{"grouped"}},
				"of the project":               {viewer("d", tenant.Place{ProjectID: w.project.ID}, tenant.Owner), "", []string{"guarded"}},
				"developers look into none":    {viewer("e", tenant.Place{GroupID: w.group.ID}, tenant.Developer), "", nil},
				"strangers, whatever they say": {viewer("f", tenant.Place{}, tenant.NoRole), "g", nil},
			}
			for name, test := range tests {
				var got []string
				for _, c := range must(w.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{
					Viewer: test.viewer, Search: test.search, Limit: 10,
				}))(t) {
					got = append(got, c.Name)
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", name, diff)
				}
			}
			page := must(w.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{
				Viewer: tests["from the group above"].viewer, After: w.cluster.ID + 1, Limit: 1,
			}))(t)
			if len(page) != 1 || page[0].Name != "guarded" {
				t.Errorf("after the first: %+v", page)
			}
		})
	}
}
