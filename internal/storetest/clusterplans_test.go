package storetest_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// clusterReads are the queries that pages and endpoints ask about clusters.
func clusterReads() []string {
	return []string{
		"Cluster", "ClustersByName", "Clusters", "InstanceClusters", "ProjectClusters", "GroupClusters", "CountInstanceClusters",
		"CountProjectClusters", "CountGroupClusters", "ManagementCandidates", "ProjectCandidates", "GroupCandidates",
		"GrantedCandidates", "InstanceCandidates", "Grants", "GrantsTo", "DraftsBefore", "StrandedNamespaces",
	}
}

var (
	parameter = regexp.MustCompile(`\$[0-9]+|sqlc\.arg\([a-z_]+\)`)
	// scan is a walk through a whole table: by no index, or by one that only
	// saves the look at the table.
	scan = regexp.MustCompile(`\bSCAN (clusters|c|n|namespaces|g|cluster_grants|p|projects|t|group_tree)\b`)
)

// TestClusterReadsHavePlans asks SQLite, whose plans depend on the schema alone,
// how it would answer: nothing but by an index.
func TestClusterReadsHavePlans(t *testing.T) {
	t.Parallel()
	db, _ := storetest.Open(t, storetest.SQLiteConfig(t)).Handles()
	text := string(must(os.ReadFile(filepath.Join("..", "store", "queries", "clusters.sql")))(t))
	for _, name := range clusterReads() {
		_, query, found := strings.Cut(text, "-- name: "+name+" :")
		if !found {
			t.Errorf("there is no query %s", name)
			continue
		}
		_, query, _ = strings.Cut(query, "\n")
		query, _, _ = strings.Cut(query, ";")
		plan := planOf(t, db, parameter.ReplaceAllString(query, "1"))
		steps := strings.Join(plan, "\n")
		if len(plan) == 0 || scan.MatchString(steps) || strings.Contains(steps, "TEMP B-TREE FOR ORDER BY") && sorted(name) {
			t.Errorf("%s:\n%s", name, steps)
		}
	}
}

func planOf(t *testing.T, db *sql.DB, query string) (plan []string) {
	t.Helper()
	rows := must(db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query))(t)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		check(t, rows.Scan(&id, &parent, &unused, &detail))
		plan = append(plan, detail)
	}
	check(t, rows.Err())
	return plan
}

// sorted says which queries must come in their order from an index: the lists
// that may be long.
func sorted(name string) bool { return strings.HasSuffix(name, "Clusters") }

// A thousand clusters are counted and listed exactly where they are.
func TestAThousandClusters(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, ctx := newWorld(t, config(t)), t.Context()
			other := must(w.tenants.CreateGroup(ctx, tenant.NewGroup{Path: "other"}))(t)
			const many = 1000
			base := w.cluster
			check(t, w.Clusters().Atomically(ctx, func(tx cluster.Tx) error {
				for i := range many {
					c := base
					c.Level, c.GroupID, c.Name = cluster.Group, other.ID, fmt.Sprintf("c%d", i)
					c.EnvironmentScope = c.Name + "/*"
					if i == 0 {
						c.State = cluster.Draft
					}
					id, err := tx.NextClusterID(ctx)
					if c.ID = id; err != nil {
						return err
					}
					if err := tx.InsertCluster(ctx, c, []byte("token")); err != nil {
						return err
					}
				}
				return nil
			}))
			s := w.Clusters()
			if n := must(s.CountClustersOf(ctx, cluster.Group, other.ID, 0, 10_001))(t); n != many-1 {
				t.Errorf("%d are counted, want %d", n, many-1)
			}
			if n := must(s.CountClustersOf(ctx, cluster.Group, other.ID, 0, 500))(t); n != 500 {
				t.Errorf("%d are counted up to 500", n)
			}
			page := must(s.ClustersOf(ctx, cluster.Group, other.ID, 0, cluster.Page{Offset: 900, Limit: 200}))(t)
			if len(page) != 99 || page[0].ID >= page[98].ID || page[0].Name != "c901" {
				t.Errorf("the last page has %d, from %s", len(page), page[0].Name)
			}
			for level, owner := range map[cluster.Level][2]int64{cluster.Instance: {}, cluster.Project: {0, w.project.ID}, cluster.Group: {w.group.ID, 0}} {
				want := 0
				if level == cluster.Instance {
					want = 1
				}
				if n := must(s.CountClustersOf(ctx, level, owner[0], owner[1], 10))(t); n != want {
					t.Errorf("%d are counted of the %s, want %d", n, level, want)
				}
			}
		})
	}
}
