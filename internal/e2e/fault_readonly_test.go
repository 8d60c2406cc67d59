package e2e_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// disk is a file system of its own, in a file. Its mount is seen by everybody,
// under a name that only this test knows.
type disk struct{ image, mount string }

// newDisk makes and mounts a small ext4: one of the few file systems that can
// be made to refuse writes while files are open for writing, as it does itself
// when the device under it fails. That takes root, as in the pipeline.
func newDisk(t *testing.T) *disk {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("mounting a file system takes root")
	}
	d := &disk{image: filepath.Join(t.TempDir(), "image"), mount: t.TempDir()}
	file, err := os.Create(d.image)
	if err == nil {
		err = file.Truncate(64 << 20)
	}
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	d.run(t, "mkfs.ext4", "-q", "-F", d.image)
	d.run(t, "mount", "-o", "loop", d.image, d.mount)
	t.Cleanup(func() { _ = exec.Command("umount", "-l", d.mount).Run() })
	return d
}

func (d *disk) run(t *testing.T, name string, args ...string) {
	t.Helper()
	if _, err := output(exec.CommandContext(t.Context(), name, args...)); err != nil {
		t.Fatal(err)
	}
}

// repair takes the disk away, has it checked and brings it back.
func (d *disk) repair(t *testing.T) {
	t.Helper()
	d.run(t, "umount", d.mount)
	_ = exec.CommandContext(t.Context(), "e2fsck", "-fy", d.image).Run() // exits with 1 when it mended something
	d.run(t, "mount", "-o", "loop", d.image, d.mount)
}

// TestDataFolderTurnsReadOnly takes the disk's writes away from a server in the
// middle of its work.
func TestDataFolderTurnsReadOnly(t *testing.T) {
	t.Parallel()
	d, n := newDisk(t), newNames()
	s := &server{bin: filepath.Join(shared.bin, "roadstead"), dir: d.mount, token: adminToken}
	s.addEntry(t, n.app, "web", "")
	d.run(t, "sync", "-f", d.mount) // the catalog is ours; what the server writes, it has to sync itself
	s.mustStart(t)
	t.Cleanup(func() {
		if s.process != nil {
			s.process.Kill()
		}
	})
	s.must(t, s.attachArgs(t, n.cluster)...)
	s.must(t, "group", "create", n.group)
	if status, err := s.get(t.Context(), "/readyz", nil); err != nil || status != http.StatusOK {
		t.Fatalf("ready is %d before the fault: %v", status, err)
	}
	s.must(t, "app", "install", n.app, "--cluster", n.cluster, "--no-wait")

	d.run(t, "mount", "-o", "remount,abort", d.mount)
	began := time.Now()
	eventually(t, 5*time.Second, func() error {
		status, err := s.get(t.Context(), "/readyz", nil)
		if err == nil && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("ready is %d", status)
		}
		return err
	})
	red := time.Since(began)

	for _, path := range []string{"/api/v1/clusters", "/api/v1/groups", "/healthz"} {
		if status, err := s.get(t.Context(), path, nil); err != nil || status != http.StatusOK {
			t.Errorf("%s answers %d: %v", path, status, err)
		}
	}
	_, err := s.cli(t.Context(), "group", "create", unique("refused"))
	if err == nil || !strings.Contains(err.Error(), "unavailable") {
		t.Errorf("a group was made on a disk that takes no writes: %v", err)
	}
	stopping := time.Now()
	if !s.process.StopWithin(stopLimit) {
		t.Error("the server did not stop by itself")
	}
	if code := s.process.ExitCode(); code != 0 {
		t.Errorf("the server exits with %d", code)
	}
	stopped := time.Since(stopping)

	d.repair(t)
	s.mustStart(t)
	eventually(t, settled, func() error { return s.appInstalled(n) })
	if known, err := s.knows("/api/v1/groups/" + n.group); err != nil || !known {
		t.Errorf("an acknowledged group is lost: %v", err)
	}
	t.Logf("ready turned red after %v; the stop took %v", red, stopped)
	if err := s.integrity(context.Background()); err != nil {
		t.Error(err)
	}
}

// integrity has the stopped server's database verified by the product itself.
func (s *server) integrity(ctx context.Context) error {
	backup := filepath.Join(s.dir, "backup.db")
	if _, err := output(exec.CommandContext(ctx, s.bin, "backup", "--data-dir", filepath.Join(s.dir, "data"), backup)); err != nil {
		return err
	}
	_, err := output(exec.CommandContext(ctx, s.bin, "restore", "--verify", backup))
	return err
}
