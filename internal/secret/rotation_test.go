package secret_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

func hold(t *testing.T, dir string) *secret.Rotation {
	t.Helper()
	r, err := secret.HoldKeyset(filepath.Join(dir, "keys", "private"), filepath.Join(dir, "public"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Release() })
	return r
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func seal(t *testing.T, s *secret.Sealer) []byte {
	t.Helper()
	sealed, err := s.Seal(secret.NewValue([]byte(marker)), someContext())
	check(t, err)
	return sealed
}

// TestRunningProcessesFollowARotation: those that loaded their keysets before it seal to the new key, open what is
// sealed to it, and still open what was sealed before.
func TestRunningProcessesFollowARotation(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, o := load(t, dir)
	before, first := seal(t, s), s.KeyID()

	r := hold(t, dir)
	check(t, r.Add())
	if published, err := r.Published(); err != nil || published || s.KeyID() != first {
		t.Errorf("published %t (%v): the new key is used before the public keyset has it", published, err)
	}
	check(t, r.Publish())
	after := seal(t, s)
	if id, err := secret.KeyIDOf(after); err != nil || id == first {
		t.Errorf("sealed to %08x, %v", id, err)
	}
	for name, sealed := range map[string][]byte{"before": before, "after": after} {
		if v, err := o.Open(sealed, someContext()); err != nil || reveal(v) != marker {
			t.Errorf("sealed %s: %v", name, err)
		}
	}
}

func TestRetiredKeyOpensNoMore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := load(t, dir)
	before := seal(t, s)
	r := hold(t, dir)
	check(t, r.Add())
	check(t, r.Publish())
	check(t, r.Retire())
	if older, err := r.Older(); err != nil || len(older) != 0 {
		t.Errorf("older keys %08x, %v", older, err)
	}
	_, restarted := load(t, dir)
	if _, err := restarted.Open(before, someContext()); !errors.Is(err, secret.ErrUnknownKey) {
		t.Errorf("opened: %v", err)
	}
	if _, err := restarted.Open(seal(t, s), someContext()); err != nil {
		t.Errorf("sealed to the new key: %v", err)
	}
}

// TestReplacedKeysetStaysPrivate: modes are kept, and what a process that died left beside the files is no obstacle.
func TestReplacedKeysetStaysPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load(t, dir)
	for _, name := range []string{"keys/private.next", "public.next"} {
		check(t, os.WriteFile(filepath.Join(dir, name), []byte("half a file"), 0o400))
	}
	r := hold(t, dir)
	check(t, r.Add())
	check(t, r.Publish())
	for name, want := range map[string]os.FileMode{"keys/private": 0o400, "public": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		check(t, err)
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o, want %04o", name, info.Mode().Perm(), want)
		}
		if _, err := os.Stat(filepath.Join(dir, name+".next")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s.next is left: %v", name, err)
		}
	}
}

func TestKeysetIsHeldOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	load(t, dir)
	r := hold(t, dir)
	again := func() error {
		second, err := secret.HoldKeyset(filepath.Join(dir, "keys", "private"), filepath.Join(dir, "public"))
		if err == nil {
			err = second.Release()
		}
		return err
	}
	if err := again(); !errors.Is(err, secret.ErrKeysetHeld) {
		t.Errorf("held twice: %v", err)
	}
	check(t, r.Release())
	check(t, again())
}

// TestUnreadableKeysetLeavesTheLastOne: a running server goes on while somebody has the file away.
func TestUnreadableKeysetLeavesTheLastOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, o := load(t, dir)
	first := s.KeyID()
	check(t, os.WriteFile(filepath.Join(dir, "public"), []byte("{"), 0o600))
	if s.KeyID() != first {
		t.Errorf("seals to %08x, want %08x", s.KeyID(), first)
	}
	check(t, os.Remove(filepath.Join(dir, "keys", "private")))
	if _, err := o.Open(seal(t, s), someContext()); err != nil {
		t.Error(err)
	}
}
