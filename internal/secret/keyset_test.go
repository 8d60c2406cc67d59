package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

func TestKeysetFilesAreKeptFromOthers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load(t, dir)
	for path, want := range map[string]os.FileMode{"keys": 0o700, "keys/private": 0o400, "public": 0o644} {
		info, err := os.Stat(filepath.Join(dir, path))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d files beside the private keyset", len(entries)-1)
	}
}

func TestKeysetIsRefused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(t *testing.T, dir string) error
		want   error
	}{
		"readable by the group": {func(_ *testing.T, dir string) error {
			return os.Chmod(filepath.Join(dir, "keys", "private"), 0o440)
		}, secret.ErrKeysetExposed},
		"folder open to others": {func(_ *testing.T, dir string) error {
			return os.Chmod(filepath.Join(dir, "keys"), 0o755)
		}, secret.ErrKeysetExposed},
		"private lost": {func(_ *testing.T, dir string) error {
			return os.Remove(filepath.Join(dir, "keys", "private"))
		}, secret.ErrPrivateMissing},
		"of another installation": {func(t *testing.T, dir string) error {
			t.Helper()
			other := t.TempDir()
			load(t, other)
			return os.Rename(filepath.Join(other, "public"), filepath.Join(dir, "public"))
		}, secret.ErrKeysetMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			load(t, dir)
			if err := tc.change(t, dir); err != nil {
				t.Fatal(err)
			}
			_, _, err := secret.LoadOrCreate(filepath.Join(dir, "keys", "private"), filepath.Join(dir, "public"))
			if !errors.Is(err, tc.want) {
				t.Errorf("err = %v, want %v", err, tc.want)
			}
		})
	}
}

func TestPublicKeysetIsMadeAgainFromThePrivateOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, _ := load(t, dir)
	if err := os.Remove(filepath.Join(dir, "public")); err != nil {
		t.Fatal(err)
	}
	again, _ := load(t, dir)
	if first.KeyID() != again.KeyID() {
		t.Errorf("key %08x became %08x", first.KeyID(), again.KeyID())
	}
}

func TestProcessesThatStartAtOnceShareOneKeyset(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var wg sync.WaitGroup
	ids := make([]uint32, 8)
	for i := range ids {
		wg.Go(func() {
			s, _, err := secret.LoadOrCreate(filepath.Join(dir, "keys", "private"), filepath.Join(dir, "public"))
			if err != nil {
				t.Error(err)
				return
			}
			ids[i] = s.KeyID()
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Fatalf("key ids differ: %08x", ids)
		}
	}
}
