package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"github.com/roadstead/roadstead/internal/apperr"
)

// folder is a data folder that this process alone uses.
type folder struct {
	dir  string
	lock *os.File
}

// lockFolder makes the folder when it is missing and locks it. The lock ends
// with the process, however that ends.
func lockFolder(dir string) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, "roadstead.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = apperr.Wrap(err, apperr.Unavailable, "Another process uses the data folder "+dir+".",
			"Stop the other roadstead, or give this one a data folder of its own.")
	}
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", closing(file, err))
	}
	return &folder{dir: dir, lock: file}, nil
}

// unlock lets others use the folder. Once is enough, more does no harm.
func (f *folder) unlock() error {
	if err := f.lock.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("unlock the data folder: %w", err)
	}
	return nil
}
