package storetest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/cluster"
	"github.com/roadstead/roadstead/internal/store"
	"github.com/roadstead/roadstead/internal/storetest"
)

func rowsOf(r store.Report, table string) int64 {
	for _, t := range r.Tables {
		if t.Name == table {
			return t.Rows
		}
	}
	return -1
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	backups := map[string]func(ctx context.Context, w world, file string) error{
		"by the server": func(ctx context.Context, w world, file string) error { return w.Backup(ctx, file) },
		"beside the server": func(ctx context.Context, w world, file string) error {
			return store.Backup(ctx, w.cfg.DataDir, file)
		},
		"of a stopped server": func(ctx context.Context, w world, file string) error {
			return errors.Join(w.Close(), store.Backup(ctx, w.cfg.DataDir, file))
		},
	}
	for name, backup := range backups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := storetest.SQLiteConfig(t)
			db, err := store.Open(t.Context(), cfg)
			check(t, err)
			t.Cleanup(func() { _ = db.Close() })
			id := must(db.InstallationID(t.Context()))(t)
			w := world{DB: db, cfg: cfg}
			w.cluster = w.addCluster(t, cluster.Cluster{Name: "main", Level: cluster.Instance})
			file := filepath.Join(t.TempDir(), "backup.db")
			check(t, backup(t.Context(), w, file))

			report := must(store.VerifyBackup(t.Context(), file))(t)
			if report.Installation != id || report.SchemaVersion < 1 || rowsOf(report, "clusters") != 1 {
				t.Errorf("report %+v", report)
			}
			if mode := must(os.Stat(file))(t).Mode().Perm(); mode != 0o600 {
				t.Errorf("the backup has mode %o", mode)
			}
			wantCode(t, store.Backup(t.Context(), cfg.DataDir, file), apperr.AlreadyExists)

			target := storetest.SQLiteConfig(t)
			must(store.Restore(t.Context(), file, target.DataDir))(t)
			restored := storetest.Open(t, target)
			if got := must(restored.Clusters().Cluster(t.Context(), w.cluster.ID))(t); got.Name != "main" {
				t.Errorf("restored cluster %+v", got)
			}
			if got := must(restored.InstallationID(t.Context()))(t); got != id {
				t.Errorf("restored installation %s, want %s", got, id)
			}
		})
	}
}

func TestRestoreNeedsAnEmptyFolder(t *testing.T) {
	t.Parallel()
	cfg := storetest.SQLiteConfig(t)
	db := storetest.Open(t, cfg)
	file := filepath.Join(t.TempDir(), "backup.db")
	check(t, db.Backup(t.Context(), file))
	_, err := store.Restore(t.Context(), file, cfg.DataDir)
	wantCode(t, err, apperr.Unavailable) // the server runs
	check(t, db.Close())
	_, err = store.Restore(t.Context(), file, cfg.DataDir)
	wantCode(t, err, apperr.AlreadyExists)
}

func TestDamagedBackupIsRefused(t *testing.T) {
	t.Parallel()
	whole := filepath.Join(t.TempDir(), "backup.db")
	w := newWorld(t, storetest.SQLiteConfig(t))
	check(t, w.Backup(t.Context(), whole))
	content := must(os.ReadFile(whole))(t)

	// A page of a table overwritten in its middle, where its cells are.
	flipped := append([]byte(nil), content...)
	copy(flipped[5*4096:], make([]byte, 2048))
	tests := map[string][]byte{
		"empty":        {},
		"not a backup": []byte("no database at all, but long enough to have a header of some kind"),
		"cut":          content[:len(content)/2],
		"damaged":      flipped,
	}
	for name, damaged := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "backup.db")
			check(t, os.WriteFile(file, damaged, 0o600))
			_, err := store.VerifyBackup(t.Context(), file)
			wantCode(t, err, apperr.InvalidRequest)
			folder := t.TempDir()
			_, err = store.Restore(t.Context(), file, folder)
			wantCode(t, err, apperr.InvalidRequest)
			if entries := must(os.ReadDir(folder))(t); len(entries) != 0 {
				t.Errorf("left in the folder: %v", entries)
			}
		})
	}
	_, err := store.VerifyBackup(t.Context(), filepath.Join(t.TempDir(), "missing"))
	wantCode(t, err, apperr.NotFound)
}

func TestPostgresHasItsOwnBackups(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t, storetest.PostgresConfig(t))
	wantCode(t, db.Backup(t.Context(), filepath.Join(t.TempDir(), "backup.db")), apperr.InvalidRequest)
	wantCode(t, store.Backup(t.Context(), t.TempDir(), "backup.db"), apperr.NotFound)
}
