package storetest_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
	"github.com/roadstead/roadstead/internal/work"
)

func TestClusterCandidates(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			own := w.addCluster(t, cluster.Cluster{Name: "own", Level: cluster.Project, ProjectID: w.project.ID})
			grouped := w.addCluster(t, cluster.Cluster{Name: "grouped", Level: cluster.Group, GroupID: w.group.ID})
			managed := w.addCluster(t, cluster.Cluster{Name: "managed", Level: cluster.Instance, ManagementProjectID: w.project.ID})
			leaving := w.addCluster(t, cluster.Cluster{Name: "leaving", Level: cluster.Instance, State: cluster.Removing})
			draft := w.addCluster(t, cluster.Cluster{Name: "draft", Level: cluster.Instance, State: cluster.Draft, CreatedBy: 1})
			w.addCluster(t, cluster.Cluster{Name: "forgotten", Level: cluster.Instance, State: cluster.Forgotten})
			other := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other"}))(t)
			below := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other/below"}))(t)
			w.grant(t, grouped, other.ID)

			at := func(c cluster.Cluster, place cluster.Place) cluster.Candidate {
				return cluster.Candidate{
					ID: c.ID, Name: c.Name, Level: c.Level, GroupID: c.GroupID, ProjectID: c.ProjectID,
					EnvironmentScope: c.EnvironmentScope, Enabled: c.Enabled, State: c.State, CreatedBy: c.CreatedBy, Place: place,
				}
			}
			in := func(c cluster.Candidate, group int64, depth int, granted bool) cluster.Candidate {
				c.At, c.Depth, c.Granted = group, depth, granted
				return c
			}
			shared := []cluster.Candidate{
				at(w.cluster, cluster.AtInstance), at(managed, cluster.AtInstance), at(leaving, cluster.AtInstance), at(draft, cluster.AtInstance),
			}
			for name, test := range map[string]struct {
				project int64
				group   int64
				want    []cluster.Candidate
			}{
				"a project": {w.project.ID, w.group.ID, []cluster.Candidate{
					at(managed, cluster.AtManagement), at(own, cluster.AtProject), in(at(grouped, cluster.AtGroup), w.group.ID, 0, false),
				}},
				"a group below one that it is granted to": {0, below.ID, []cluster.Candidate{
					in(at(grouped, cluster.AtGroup), other.ID, 1, true),
				}},
				"another project": {99, 98, nil},
			} {
				t.Run(name, func(t *testing.T) {
					got := must(w.Clusters().Candidates(ctx, test.project, test.group))(t)
					if diff := cmp.Diff(append(test.want, shared...), got); diff != "" {
						t.Errorf("candidates (-want +got):\n%s", diff)
					}
				})
			}
		})
	}
}

func (w world) grant(t *testing.T, c cluster.Cluster, groupID int64) cluster.Grant {
	t.Helper()
	g := cluster.Grant{ClusterID: c.ID, GroupID: groupID, CreatedAt: instant(), CreatedBy: 7}
	check(t, w.Clusters().Atomically(t.Context(), func(tx cluster.Tx) error {
		fresh, err := tx.InsertGrant(t.Context(), g)
		if err == nil && !fresh {
			t.Errorf("cluster %d is granted to group %d already", c.ID, groupID)
		}
		return err
	}))
	return g
}

func TestGrants(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			first := w.grant(t, w.cluster, w.group.ID)
			second := w.addCluster(t, cluster.Cluster{Name: "second", Level: cluster.Instance})
			later := w.grant(t, second, w.group.ID)
			if diff := cmp.Diff([]cluster.Grant{first}, must(w.Clusters().Grants(ctx, w.cluster.ID))(t)); diff != "" {
				t.Errorf("of the cluster (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]cluster.Grant{first, later}, must(w.Clusters().GrantsTo(ctx, w.group.ID))(t)); diff != "" {
				t.Errorf("to the group (-want +got):\n%s", diff)
			}
			again := func(tx cluster.Tx) error {
				g := first
				g.CreatedAt = g.CreatedAt.Add(time.Hour)
				fresh, err := tx.InsertGrant(ctx, g)
				if fresh {
					t.Error("a grant is new twice")
				}
				return err
			}
			check(t, w.Clusters().Atomically(ctx, again))
			remove := func(tx cluster.Tx) error { return tx.DeleteGrant(ctx, w.cluster.ID, w.group.ID) }
			check(t, w.Clusters().Atomically(ctx, remove))
			wantCode(t, w.Clusters().Atomically(ctx, remove), apperr.NotFound)
			nobody := func(tx cluster.Tx) error {
				_, err := tx.InsertGrant(ctx, cluster.Grant{ClusterID: w.cluster.ID, GroupID: 99, CreatedAt: instant()})
				return err
			}
			wantCode(t, w.Clusters().Atomically(ctx, nobody), apperr.NotFound)
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.DeleteCluster(ctx, second.ID) }))
			if got := must(w.Clusters().GrantsTo(ctx, w.group.ID))(t); len(got) != 0 {
				t.Errorf("a deleted cluster is still granted: %+v", got)
			}
		})
	}
}

// A namespace is stranded when no other way leads from its project to the
// cluster.
func TestStrandedNamespaces(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			other := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other"}))(t)
			sub := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other/sub"}))(t)
			project := must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "other/sub/cart"}))(t)
			grouped := w.addCluster(t, cluster.Cluster{Name: "grouped", Level: cluster.Group, GroupID: w.group.ID})
			w.cluster, w.project = grouped, project
			w.environment = must(w.tenants.EnsureEnvironment(ctx, project.ID, "production"))(t)
			n := w.addNamespace(t)
			stranded := func(from int64) (ids []int64) {
				check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) (err error) {
					ids, err = tx.Stranded(ctx, grouped.ID, from)
					return err
				}))
				return ids
			}
			if got := stranded(other.ID); len(got) != 1 || got[0] != n.ID {
				t.Errorf("without any grant %v are stranded, want %d", got, n.ID)
			}
			if got := stranded(w.group.ID); len(got) != 0 {
				t.Errorf("of a group that has none %v are stranded", got)
			}
			w.grant(t, grouped, sub.ID)
			if got := stranded(other.ID); len(got) != 0 {
				t.Errorf("beside a grant to the group below %v are stranded", got)
			}
			managed := grouped
			managed.ManagementProjectID = project.ID
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error { return tx.DeleteGrant(ctx, grouped.ID, sub.ID) }))
			check(t, w.updateCluster(t, managed))
			if got := stranded(other.ID); len(got) != 0 {
				t.Errorf("of the project that manages it %v are stranded", got)
			}
		})
	}
}

// A grant ends together with what it leaves behind: neither without the other.
func TestRevokeRemovesInOneTransaction(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			other := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other"}))(t)
			grouped := w.addCluster(t, cluster.Cluster{Name: "grouped", Level: cluster.Group, GroupID: w.group.ID})
			w.cluster, w.project = grouped, must(w.tenants.CreateProject(ctx, tenant.NewProject{Path: "other/cart"}))(t)
			w.environment = must(w.tenants.EnsureEnvironment(ctx, w.project.ID, "production"))(t)
			n := w.addNamespace(t)
			w.grant(t, grouped, other.ID)

			killed := errors.New("killed")
			err := w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				check(t, tx.DeleteGrant(ctx, grouped.ID, other.ID))
				check(t, tx.RemoveNamespace(ctx, n.ID, instant()))
				return killed
			})
			if !errors.Is(err, killed) {
				t.Fatal(err)
			}
			ref := work.Ref{Kind: namespace.Kind, Object: n.ID, Cluster: grouped.ID}
			w.wantNothingDue(t, ref)
			grants := must(w.Clusters().Grants(ctx, grouped.ID))(t)
			if got := must(w.Namespaces().Namespace(ctx, n.ID))(t); got.State == namespace.Removing || len(grants) != 1 {
				t.Errorf("taken back: state %s, grants %+v", got.State, grants)
			}

			s := &cluster.Service{Store: w.Clusters(), Now: instant}
			check(t, s.Revoke(ctx, grouped.ID, other.ID, cluster.CleanUp))
			if got := must(w.Namespaces().Namespace(ctx, n.ID))(t); got.State != namespace.Removing {
				t.Errorf("the namespace is %s", got.State)
			}
			w.claim(t, ref, "worker", time.Minute)
		})
	}
}

func TestClustersBeyondTheLastPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, storetest.SQLiteConfig(t))
	s := &cluster.Service{Store: w.Clusters(), Tenants: w.tenants}
	for _, offset := range []int{1, 1 << 20, math.MaxInt} {
		list, total, err := s.ClustersFor(t.Context(), 0, w.project.ID, cluster.Page{Offset: offset, Limit: 50})
		if err != nil || len(list) != 0 || total != 1 {
			t.Errorf("after %d: %d of %d clusters, %v", offset, len(list), total, err)
		}
	}
}
