package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
)

const (
	// bootIDFile changes with every start of the machine.
	bootIDFile = "/proc/sys/kernel/random/boot_id"
	// stoppedCleanly is what the mark beside the file says after Close.
	stoppedCleanly = "clean"
	// mirrorReaders bounds the read pool; each connection holds a cache of 2 MB.
	mirrorReaders = 4
)

// openMirrorSQLite opens the file, or starts a new one when what it holds
// cannot be trusted. Commits are not synced to disk: they survive the death of
// the process, but not that of the machine.
func openMirrorSQLite(ctx context.Context, path string) (*Mirror, error) {
	f := mirrorFile{path: path}
	write, err := f.open(ctx)
	if err != nil {
		return nil, err
	}
	read, err := openSQLiteFile(ctx, path, url.Values{
		"_pragma": {"busy_timeout(5000)", "query_only(1)", "temp_store(2)"},
	})
	if err != nil {
		return nil, closing(write, err)
	}
	read.SetMaxOpenConns(mirrorReaders)
	read.SetMaxIdleConns(mirrorReaders)
	dialect := mirrorDialect{schema: "main", rowsPerInsert: 50, placeholder: func(int) string { return "?" }}
	m, err := newMirror(ctx, read, write, dialect, func() error { return f.close(ctx, read, write) })
	if err != nil {
		return nil, err
	}
	if err := m.nobodyFollows(ctx); err != nil {
		return nil, closing(m, err)
	}
	return m, nil
}

// mirrorFile is the file of the mirror with its mark, which says in which boot
// of the machine it was last open.
type mirrorFile struct{ path string }

func (f mirrorFile) markPath() string { return f.path + ".boot" }

// open returns the writer of a file with our schema.
func (f mirrorFile) open(ctx context.Context) (*sql.DB, error) {
	boot, err := os.ReadFile(bootIDFile)
	if err != nil {
		boot = []byte("unknown") // not Linux: every unclean stop counts as one of the machine
	}
	mark, _ := os.ReadFile(f.markPath())
	trusted := string(mark) == stoppedCleanly || err == nil && string(mark) == string(boot)
	if trusted {
		if db, ok := f.reopen(ctx); ok {
			return db, f.mark(string(boot))
		}
	}
	if err := f.discard(); err != nil {
		return nil, err
	}
	if err := f.mark(string(boot)); err != nil {
		return nil, err
	}
	return f.create(ctx)
}

func (f mirrorFile) writer(ctx context.Context) (*sql.DB, error) {
	db, err := openSQLiteFile(ctx, f.path, url.Values{
		"_txlock": {"immediate"},
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(OFF)", "temp_store(2)", "cache_size(-8000)",
		},
	})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// reopen opens a file that is there, sound and of this schema.
func (f mirrorFile) reopen(ctx context.Context) (*sql.DB, bool) {
	if _, err := os.Stat(f.path); err != nil {
		return nil, false
	}
	db, err := f.writer(ctx)
	if err != nil {
		return nil, false
	}
	var version, sound string
	err = errors.Join(
		db.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version),
		db.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&sound),
	)
	if err != nil || version != mirrorVersion(mirrorSchemaSQLite) || sound != "ok" {
		_ = db.Close()
		return nil, false
	}
	return db, true
}

func (f mirrorFile) create(ctx context.Context) (*sql.DB, error) {
	if err := touch(f.path); err != nil {
		return nil, err
	}
	db, err := f.writer(ctx)
	if err != nil {
		return nil, err
	}
	for _, text := range []string{
		mirrorSchemaSQLite,
		`CREATE TABLE schema_version (version TEXT NOT NULL)`,
		`INSERT INTO schema_version (version) VALUES ('` + mirrorVersion(mirrorSchemaSQLite) + `')`,
	} {
		if _, err := db.ExecContext(ctx, text); err != nil {
			return nil, closing(db, fmt.Errorf("make the tables of the mirror: %w", err))
		}
	}
	return db, nil
}

func (f mirrorFile) discard() error {
	for _, suffix := range []string{"", "-wal", "-shm", ".boot"} {
		if err := os.Remove(f.path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("discard the mirror: %w", err)
		}
	}
	return nil
}

// close brings everything to disk before the mark says so.
func (f mirrorFile) close(ctx context.Context, read, write *sql.DB) error {
	ctx = context.WithoutCancel(ctx)
	err := read.Close()
	var busy, log, done int
	checkpoint := write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &log, &done)
	err = errors.Join(err, checkpoint, write.Close())
	if err != nil || busy != 0 {
		return err
	}
	if err := syncFile(f.path); err != nil {
		return err
	}
	return f.mark(stoppedCleanly)
}

func (f mirrorFile) mark(text string) error {
	if err := os.WriteFile(f.markPath(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("mark the mirror: %w", err)
	}
	return syncFile(f.markPath())
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("sync the mirror: %w", err)
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("sync the mirror: %w", err)
	}
	return nil
}
