package podinit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// hostFiles is what a minimal image holds and a program may need: devices,
// name resolution, root certificates, time zones, and the C library for
// programs that were not linked statically. Those the host lacks are left out.
func hostFiles() []string {
	return []string{
		"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
		"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/localtime",
		"/etc/ssl", "/etc/pki", "/usr/share/ca-certificates", "/usr/share/zoneinfo",
		"/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache",
	}
}

// buildRoot makes the root file system of the plan and moves this process
// there. The mount namespace is ours alone, so the host sees none of it.
func buildRoot(plan Plan) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("detach the mounts: %w", err)
	}
	if err := unix.Mount("tmpfs", plan.Root, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=0755,size=64m"); err != nil {
		return fmt.Errorf("mount the root: %w", err)
	}
	if err := furnish(plan.Root); err != nil {
		return err
	}
	for _, m := range plan.Mounts {
		if err := bind(m.Source, filepath.Join(plan.Root, m.Target)); err != nil {
			return err
		}
	}
	// Only now, since a mount point may lie in another mount.
	for _, m := range plan.Mounts {
		if m.ReadOnly {
			if err := makeReadOnly(filepath.Join(plan.Root, m.Target)); err != nil {
				return err
			}
		}
	}
	if err := enter(plan.Root); err != nil {
		return err
	}
	if plan.ReadOnlyRoot {
		return makeReadOnly("/")
	}
	return nil
}

// furnish adds what every container has.
func furnish(root string) error {
	tmp := filepath.Join(root, "tmp")
	if err := os.MkdirAll(tmp, 0o700); err != nil {
		return err
	}
	if err := os.Chmod(tmp, 0o777|fs.ModeSticky); err != nil {
		return err
	}
	for _, path := range hostFiles() {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			err = copyLink(path, filepath.Join(root, path))
		} else if err = bind(path, filepath.Join(root, path)); err == nil && !strings.HasPrefix(path, "/dev/") {
			err = makeReadOnly(filepath.Join(root, path))
		}
		if err != nil {
			return err
		}
	}
	proc := filepath.Join(root, "proc")
	if err := os.MkdirAll(proc, 0o755); err != nil { //nolint:gosec // a mount point
		return err
	}
	// Some systems forbid a fresh proc in a user namespace. Programs that are
	// made for containers do without.
	_ = unix.Mount("proc", proc, "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "")
	return nil
}

// copyLink repeats a symbolic link of the host. One that leads out of what is
// bound is replaced by the file it leads to.
func copyLink(source, target string) error {
	link, err := os.Readlink(source)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // as on the host
		return err
	}
	if strings.HasPrefix(strings.TrimPrefix(link, "/"), "usr/") {
		return os.Symlink(link, target)
	}
	resolved, err := filepath.EvalSymlinks(source)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return bind(resolved, target)
}

// bind shows source at target, which is made.
func bind(source, target string) error {
	info, err := os.Stat(source)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(target, 0o755) //nolint:gosec // a mount point
	} else {
		err = touch(target)
	}
	if err != nil {
		return fmt.Errorf("make a mount point: %w", err)
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("mount %s at %s: %w", source, target, err)
	}
	return nil
}

func touch(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // of a mount point
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE, 0o644) //nolint:gosec // a mount point
	if err != nil {
		return err
	}
	return file.Close()
}

// makeReadOnly keeps the other flags of a mount: a user namespace may not
// loosen those it was given.
func makeReadOnly(target string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(target, &stat); err != nil {
		return fmt.Errorf("read the flags of mount %s: %w", target, err)
	}
	kept := uintptr(stat.Flags) & (unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME)
	err := unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY|kept, "")
	if err != nil {
		return fmt.Errorf("make %s read-only: %w", target, err)
	}
	return nil
}

// enter makes root the root of this process, and lets go of the host's.
func enter(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	// With the same folder twice, the old root ends up on top of the new one.
	if err := unix.PivotRoot(".", "."); err != nil {
		return fmt.Errorf("change the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount the host: %w", err)
	}
	return os.Chdir("/")
}
