package secret

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeOnce makes a file whole or not at all, and never in place of one that exists (fs.ErrExist): the content
// is written beside it, brought to disk, and linked to its name.
func writeOnce(path string, data []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	temp, err := os.CreateTemp(dir, ".keyset-*")
	if err != nil {
		return fmt.Errorf("making a temporary file: %w", err)
	}
	defer os.Remove(temp.Name())
	if err := fill(temp, data, mode); err != nil {
		return err
	}
	if err := os.Link(temp.Name(), path); err != nil {
		return fmt.Errorf("naming the file: %w", err)
	}
	return syncDir(dir)
}

// replace puts a new content in the place of a file at once, for the same owner. One process at a time may do so.
// What an earlier one left beside it, when it died, is overwritten.
func replace(path string, data []byte, mode fs.FileMode) error {
	next := path + ".next"
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing an unfinished file: %w", err)
	}
	file, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("making the next file: %w", err)
	}
	if err := errors.Join(keepOwner(file, path), fill(file, data, mode)); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("replacing the file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

// keepOwner gives the file to whom it replaces belonged, so that an administrator who rotates keys as root does not
// lock the server out.
func keepOwner(file *os.File, path string) error {
	old, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("looking for the owner of %s: %w", path, err)
	}
	owner, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := file.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("keeping the owner of %s: %w", path, err)
	}
	return nil
}

func fill(file *os.File, data []byte, mode fs.FileMode) error {
	defer file.Close()
	if _, err := file.Write(data); err != nil {
		return fmt.Errorf("writing %s: %w", file.Name(), err)
	}
	if err := file.Chmod(mode); err != nil {
		return fmt.Errorf("setting the mode of %s: %w", file.Name(), err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("syncing %s: %w", file.Name(), err)
	}
	return nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("opening the folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing the folder: %w", err)
	}
	return nil
}
