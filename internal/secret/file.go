package secret

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
