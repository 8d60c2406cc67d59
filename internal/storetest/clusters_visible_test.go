package storetest_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/roadstead/roadstead/internal/auth"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store"
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
				"administrators search":        {tenant.Viewer{All: true}, "UAR ", []string{"guarded"}},
				"by the host of the API":       {tenant.Viewer{All: true}, "10.0.0", []string{"main", "grouped", "guarded"}},
				"not by its port":              {tenant.Viewer{All: true}, "6443", nil},
				"a percent sign is a letter":   {tenant.Viewer{All: true}, "%", nil},
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
			w.renamed(t)
			page := must(w.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{
				Viewer: tests["from the group above"].viewer, After: w.cluster.ID + 1, Limit: 1,
			}))(t)
			if len(page) != 1 || page[0].Name != "guarded" {
				t.Errorf("after the first: %+v", page)
			}
		})
	}
}

// renamed gives a cluster another name and address, under which it is found from then on.
func (w world) renamed(t *testing.T) {
	t.Helper()
	c := w.cluster
	c.Name, c.Platform.APIURL, c.Generation = strings.Repeat("\u00c4", 50)+"end", "https://[fd00::1]:6443", c.Generation+1
	check(t, w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error { return tx.UpdateCluster(t.Context(), c) }))
	for text, want := range map[string]int{
		"main": 0, "10.0.0": 2, "fd00::": 1, "\u00c4END": 1, "\u00e4end": 1, c.Name[:90] + "other": 1, // what is typed is cut, too
	} {
		found := must(w.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{Viewer: tenant.Viewer{All: true}, Search: text, Limit: 10}))(t)
		if len(found) != want {
			t.Errorf("after its change %q finds %d clusters, want %d", text, len(found), want)
		}
	}
}

// TestClustersAreFoundByWhoMayLookIntoThem holds what a search finds to the role that one has by going up from each cluster.
func TestClustersAreFoundByWhoMayLookIntoThem(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, config(t))
			var round atomic.Int64
			rapid.Check(t, func(rt *rapid.T) {
				prefix := fmt.Sprintf("r%d-", round.Add(1))
				users := []int64{addUser(t, w.DB, prefix+"ann"), addUser(t, w.DB, prefix+"bob")}
				f := drawForest(rt, prefix, users)
				check(t, w.Tenant().Atomically(t.Context(), func(tx tenant.Tx) error { return f.plant(t.Context(), tx) }))
				w.addCluster(t, cluster.Cluster{Name: prefix + "shared", Level: cluster.Instance})
				want := map[int64][]int64{}
				for i := range len(f.groups) + len(f.projects) {
					c := cluster.Cluster{Name: fmt.Sprintf("%sc%d", prefix, i), Level: cluster.Group}
					if i < len(f.groups) {
						c.GroupID = f.groups[i].ID
					} else {
						c.Level, c.ProjectID = cluster.Project, f.projects[i-len(f.groups)].ID
					}
					c = w.addCluster(t, c)
					for _, user := range users {
						if f.role(user, tenant.Place{GroupID: c.GroupID, ProjectID: c.ProjectID}) >= tenant.Maintainer {
							want[user] = append(want[user], c.ID)
						}
					}
				}
				for _, user := range users {
					var got []int64
					for _, c := range must(w.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{
						Viewer: tenant.Viewer{UserID: user}, Search: prefix[1:], Limit: 100,
					}))(t) {
						if strings.HasPrefix(c.Name, prefix) { // the end of another round's may be the same
							got = append(got, c.ID)
						}
					}
					if diff := cmp.Diff(want[user], got); diff != "" {
						rt.Errorf("found (-want +got):\n%s", diff)
					}
				}
			})
		})
	}
}

// TestClustersAreFoundByAnIndex searches a thousand clusters of a large organisation.
func TestClustersAreFoundByAnIndex(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, org, one := large(t, config(t))
			attachMany(t, db, org)
			for who, v := range map[string]tenant.Viewer{
				"everything": {UserID: 1, All: true}, "a tenth": {UserID: org.Users[0]}, "one project": {UserID: one}, "all as a member": {UserID: org.Users[1]},
			} {
				for _, text := range []string{"", "c", "lust", "cluster-0999", "k8s.", "no such"} {
					explained, scans := storetest.Explain(t, db)
					must(explained.Clusters().VisibleClusters(t.Context(), cluster.VisibleQuery{Viewer: v, Search: text, Limit: 21}))(t)
					found, reads := scans.Of("clusters", "cluster_words", "members", "group_tree", "projects", "groups")
					if reads == 0 || len(found) > 0 {
						t.Errorf("%s, %q: %d reads, full scans %+v", who, text, reads, found)
					}
				}
			}
		})
	}
}

// attachMany spreads a thousand clusters over the groups and projects of an organisation.
func attachMany(t testing.TB, db *store.DB, org storetest.Organisation) {
	t.Helper()
	ctx := t.Context()
	err := db.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
		for i := range 1000 {
			id, err := tx.NextClusterID(ctx)
			if err != nil {
				return err
			}
			c := cluster.Cluster{
				ID: id, Name: fmt.Sprintf("cluster-%04d", i), Level: cluster.Group, GroupID: org.Groups[i%len(org.Groups)].ID,
				EnvironmentScope: fmt.Sprintf("stage-%d", i), State: cluster.Attached, Generation: 1, Enabled: true,
				Provider: cluster.ByUser, AuthorizationType: cluster.RBAC,
				Platform: cluster.Platform{APIURL: fmt.Sprintf("https://k8s.example.com:%d", 6000+i)},
			}
			if i%2 == 1 {
				c.Level, c.GroupID, c.ProjectID = cluster.Project, 0, org.Projects[i].ID
			}
			if err := tx.InsertCluster(ctx, c, []byte("token")); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkClustersAreFound searches a thousand clusters as people who may look into all, some and none of them.
func BenchmarkClustersAreFound(b *testing.B) {
	for name, config := range storetest.Databases() {
		db, org, one := large(b, config(b))
		attachMany(b, db, org)
		for who, v := range map[string]tenant.Viewer{
			"everything": {UserID: 1, All: true}, "all as a member": {UserID: org.Users[1]}, "one project": {UserID: one},
		} {
			b.Run(name+"/"+who, func(b *testing.B) {
				for b.Loop() {
					query := cluster.VisibleQuery{Viewer: v, Search: "cluster", Limit: 20}
					if _, err := db.Clusters().VisibleClusters(b.Context(), query); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
