package storetest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

func TestInstallationIDStays(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			ids := map[string]bool{}
			for range 2 {
				db, err := store.Open(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				id, err := db.InstallationID(t.Context())
				if err != nil || id == "" {
					t.Fatalf("InstallationID() = %q, %v", id, err)
				}
				ids[id] = true
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if len(ids) != 1 {
				t.Errorf("two starts named the installation %d times", len(ids))
			}
		})
	}
}

func TestDataFolderIsOneProcessOnly(t *testing.T) {
	t.Parallel()
	cfg := storetest.SQLiteConfig(t)
	storetest.Open(t, cfg)
	_, err := store.Open(t.Context(), cfg)
	wantCode(t, err, apperr.Unavailable)
	if e, ok := apperr.From(err); !ok || !strings.Contains(e.Message, cfg.DataDir) {
		t.Errorf("the message does not name the folder: %v", err)
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	t.Parallel()
	for name, config := range storetest.Databases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			db := storetest.Open(t, cfg)
			const newer = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)"
			sqlite, postgres := db.Handles()
			if postgres != nil {
				_, err := postgres.Exec(t.Context(), newer)
				check(t, err)
			} else {
				_, err := sqlite.ExecContext(t.Context(), newer)
				check(t, err)
			}
			check(t, db.Close())
			_, err := store.Open(t.Context(), cfg)
			wantCode(t, err, apperr.Unavailable)
		})
	}
}

func TestDatabaseIsPrivate(t *testing.T) {
	t.Parallel()
	cfg := storetest.SQLiteConfig(t)
	db := must(store.Open(t.Context(), cfg))(t)
	t.Cleanup(func() { check(t, db.Close()) })
	w := world{DB: db, cfg: cfg}
	w.fill(t)
	for _, name := range []string{"roadstead.db", "roadstead.db-wal", "roadstead.db-shm", "roadstead.lock"} {
		info := must(os.Stat(filepath.Join(cfg.DataDir, name)))(t)
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
}

func TestSQLiteIsDurableAndChecked(t *testing.T) {
	t.Parallel()
	sqlite, _ := storetest.Open(t, storetest.SQLiteConfig(t)).Handles()
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		check(t, sqlite.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
		if got != want {
			t.Errorf("%s is %s, want %s", pragma, got, want)
		}
	}
}

func TestTwoProcessesStartTogether(t *testing.T) {
	t.Parallel()
	cfg := storetest.PostgresConfig(t)
	cfg.DatabaseURL = storetest.Postgres(t) // without tables
	var wait sync.WaitGroup
	ids := make([]string, 4)
	for i := range ids {
		wait.Go(func() {
			db, err := store.Open(t.Context(), cfg)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], _ = db.InstallationID(t.Context())
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if slices.Sort(ids); ids[0] == "" || ids[0] != ids[3] {
		t.Errorf("installation ids %q", ids)
	}
}
