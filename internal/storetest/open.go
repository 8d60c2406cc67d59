package storetest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/roadstead/roadstead/internal/event"
	"github.com/roadstead/roadstead/internal/jobs"
	"github.com/roadstead/roadstead/internal/store"
)

// SQLiteConfig returns the settings of a new SQLite store, with a bus and a queue.
func SQLiteConfig(t testing.TB) store.Config {
	t.Helper()
	return config(t, store.Config{DataDir: t.TempDir()})
}

// PostgresConfig returns the settings of a new PostgreSQL store, with a bus and a
// queue. The package's TestMain must call Main.
func PostgresConfig(t testing.TB) store.Config {
	t.Helper()
	return config(t, store.Config{DatabaseURL: database(t, os.Getenv(templateVariable))})
}

// Open opens a store and closes it when the test ends.
func Open(t testing.TB, cfg store.Config) *store.DB {
	t.Helper()
	if cfg.DataDir != "" {
		prepare(t, cfg.DataDir)
	}
	db, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// Databases are the two databases that hold to the contract, as functions that
// make a new store's settings.
func Databases() map[string]func(t testing.TB) store.Config {
	return map[string]func(t testing.TB) store.Config{"sqlite": SQLiteConfig, "postgres": PostgresConfig}
}

// Log returns a logger that writes to the test's log.
func Log(t testing.TB) *slog.Logger {
	t.Helper()
	return slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// Postgres makes an empty PostgreSQL database for a test and returns its URL.
func Postgres(t testing.TB) string {
	t.Helper()
	return database(t, "")
}

// database makes one that is a copy of another, or an empty one without a name.
func database(t testing.TB, template string) string {
	t.Helper()
	server, err := url.Parse(os.Getenv(serverVariable))
	if err != nil || server.Scheme == "" {
		t.Fatal("no PostgreSQL server: call storetest.Main in the package's TestMain")
	}
	name := "test_" + strings.ToLower(rand.Text())
	maintenance := server.String()
	statement := "CREATE DATABASE " + name
	if template != "" {
		statement += " TEMPLATE " + template
	}
	execute(t.Context(), t, maintenance, statement)
	t.Cleanup(func() {
		execute(context.Background(), t, maintenance, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)")
	})
	server.Path = "/" + name
	return server.String()
}

func execute(ctx context.Context, t testing.TB, address, statement string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

func config(t testing.TB, cfg store.Config) store.Config {
	t.Helper()
	cfg.Log, cfg.Bus = Log(t), event.NewBus()
	inserter, err := jobs.NewInserter(cfg.Log)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Queue = inserter
	return cfg
}
