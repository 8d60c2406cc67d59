package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/store"
)

// databaseFile is where a SQLite store keeps its records, in its data folder.
const databaseFile = "roadstead.db"

// migratedSQLite is the file of a store that is new. Migrating takes longer than
// most tests, and its outcome is always the same.
var migratedSQLite = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "roadstead-template-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for a new store: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, databaseFile)
	if err := migrate(store.Config{DataDir: dir}, "sqlite", file); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

// prepare saves the store that will be opened in the folder its migrations, if
// it is new.
func prepare(t testing.TB, dataDir string) {
	t.Helper()
	file := filepath.Join(dataDir, databaseFile)
	if _, err := os.Stat(file); err == nil {
		return
	}
	content, err := migratedSQLite()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// migrate makes a store and takes its name away, so that each copy finds one of
// its own.
func migrate(cfg store.Config, driver, source string) (err error) {
	cfg.Log, cfg.Bus = slog.New(slog.DiscardHandler), event.NewBus()
	if cfg.Queue, err = jobs.NewInserter(cfg.Log); err != nil {
		return err
	}
	ctx := context.Background()
	db, err := store.Open(ctx, cfg)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	unnamed, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("open the new store's database: %w", err)
	}
	_, err = unnamed.ExecContext(ctx, "DELETE FROM installation")
	return errors.Join(err, unnamed.Close())
}
