package storetest_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/namespace"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
	"github.com/roadstead/roadstead/internal/tenant"
)

// rawHandle opens a database beside its store.
func rawHandle(t *testing.T, cfg store.Config) *sql.DB {
	t.Helper()
	driver, source := "sqlite", filepath.Join(cfg.DataDir, "roadstead.db")+"?_pragma=foreign_keys(1)"
	if cfg.DatabaseURL != "" {
		driver, source = "pgx", cfg.DatabaseURL
	}
	db := must(sql.Open(driver, source))(t)
	t.Cleanup(func() { check(t, db.Close()) })
	return db
}

// migrateDown takes a closed store back to the schema of a version.
func migrateDown(t *testing.T, cfg store.Config, version string) *sql.DB {
	t.Helper()
	dialect := "sqlite"
	if cfg.DatabaseURL != "" {
		dialect = "postgres"
	}
	files := must(filepath.Glob(filepath.Join("..", "store", "migrations", dialect, "*.sql")))(t)
	slices.Sort(files)
	db := rawHandle(t, cfg)
	for _, file := range slices.Backward(files) {
		if filepath.Base(file)[:len(version)] <= version {
			break
		}
		_, down, _ := strings.Cut(string(must(os.ReadFile(file))(t)), "-- +goose Down\n")
		execAll(t, db, strings.Split(strings.NewReplacer("-- +goose StatementBegin\n", "", "-- +goose StatementEnd\n", "").Replace(down), ";\n")...)
	}
	execAll(t, db, "DELETE FROM goose_db_version WHERE version_id > "+strings.TrimLeft(version, "0"))
	return db
}

func execAll(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// Clusters that one could have before with the same scope stay, and serve what
// they served. Namespaces and their credentials stay what they are.
func TestClustersOfAnEarlierReleaseAreKept(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			first := must(store.Open(t.Context(), cfg))(t)
			w := world{DB: first, cfg: cfg}
			w.fill(t)
			second := w.addCluster(t, cluster.Cluster{Name: "second", Level: cluster.Instance})
			third := w.addCluster(t, cluster.Cluster{Name: "third", Level: cluster.Instance})
			grouped := w.addCluster(t, cluster.Cluster{Name: "grouped", Level: cluster.Group, GroupID: w.group.ID})
			kept := w.addNamespace(t)
			check(t, w.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) error {
				_, err := tx.InsertCredential(t.Context(), namespace.Credential{
					NamespaceID: kept.ID, ClusterID: w.cluster.ID, PublicKey: []byte{1}, State: namespace.CredentialPending, CreatedAt: instant(),
				})
				return err
			}))
			check(t, first.Close())
			before := migrateDown(t, cfg, "00011")
			execAll(t, before, "UPDATE clusters SET environment_scope = '*'",
				"UPDATE clusters SET enabled = FALSE WHERE name = 'main'") // the oldest one serves nobody

			w.DB = storetest.Open(t, cfg)
			w.tenants = &tenant.Service{Store: w.Tenant(), Now: instant}
			for c, want := range map[cluster.Cluster]string{
				w.cluster: "duplicate-1/*", second: "*", third: "duplicate-3/*", grouped: "*",
			} {
				got := must(w.Clusters().Cluster(t.Context(), c.ID))(t)
				if got.EnvironmentScope != want || !got.Managed || !got.NamespacePerEnvironment || got.AuthorizationType != cluster.RBAC {
					t.Errorf("%s is now %+v, want the scope %s", c.Name, got, want)
				}
			}
			if diff := cmp.Diff(kept, must(w.Namespaces().Namespace(t.Context(), kept.ID))(t)); diff != "" {
				t.Errorf("the namespace (-before +after):\n%s", diff)
			}
			if _, err := w.Namespaces().Credential(t.Context(), 1); err != nil {
				t.Errorf("its credential: %v", err)
			}
			other := must(w.tenants.EnsureEnvironment(t.Context(), w.project.ID, "staging"))(t)
			next := kept
			next.ID, next.EnvironmentID, next.Name = 0, other.ID, "next"
			check(t, w.Namespaces().Atomically(t.Context(), func(tx namespace.Tx) (err error) {
				next, err = tx.InsertNamespace(t.Context(), next)
				return err
			}))
			if next.ID != kept.ID+1 {
				t.Errorf("the next namespace is %d after %d", next.ID, kept.ID)
			}
		})
	}
}
