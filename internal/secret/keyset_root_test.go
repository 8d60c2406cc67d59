package secret_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/roadstead/roadstead/internal/secret"
)

// asUserVariable names the folder that the test, run as another user, reads a keyset from.
const asUserVariable = "ROADSTEAD_SECRET_AS_USER"

// TestKeysetHandedOverByRoot reads a keyset as systemd hands it to a service: root owns it, and a group may read it.
// The same modes on a file of the user's own are refused, and so is one that everybody may read.
func TestKeysetHandedOverByRoot(t *testing.T) {
	t.Parallel()
	if dir := os.Getenv(asUserVariable); dir != "" {
		_, err := secret.LoadOpener(filepath.Join(dir, "keys", "private"))
		if errors.Is(err, secret.ErrKeysetExposed) {
			t.Fatal("exposed")
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can own a keyset that another user reads")
	}
	const user = 64103
	for name, tc := range map[string]struct {
		owner      int
		file, keys os.FileMode
		ok         bool
	}{
		"of root, for a group":           {0, 0o440, 0o550, true},
		"of root, for all":               {0, 0o444, 0o550, false},
		"of root, in a folder for all":   {0, 0o440, 0o555, false},
		"of root, a group may write it":  {0, 0o460, 0o550, false},
		"of the user":                    {user, 0o400, 0o500, true},
		"of the user, for a group":       {user, 0o440, 0o500, false},
		"of the user, a folder of group": {user, 0o400, 0o550, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, err := os.MkdirTemp("", "roadstead-secret-") //nolint:usetesting // other users cannot enter the folder of a test
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.RemoveAll(dir) })
			load(t, dir)
			for _, err := range []error{
				os.Chmod(dir, 0o755), os.Chown(filepath.Join(dir, "keys", "private"), tc.owner, user), os.Chown(filepath.Join(dir, "keys"), tc.owner, user),
				os.Chmod(filepath.Join(dir, "keys", "private"), tc.file), os.Chmod(filepath.Join(dir, "keys"), tc.keys),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			self := filepath.Join(dir, "test")
			program, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Link(program, self); err != nil {
				copied, readErr := os.ReadFile(program)
				if readErr != nil || os.WriteFile(self, copied, 0o755) != nil {
					t.Fatal(err)
				}
			}
			again := exec.CommandContext(t.Context(), self, "-test.run=^TestKeysetHandedOverByRoot$", "-test.count=1")
			again.Dir, again.Env = dir, append(os.Environ(), asUserVariable+"="+dir)
			again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user, Gid: user}}
			if out, err := again.CombinedOutput(); (err == nil) != tc.ok {
				t.Errorf("%v, want it read: %v\n%s", err, tc.ok, out)
			}
		})
	}
}
