package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// maxRuns bounds how many runs of one user have folders at the same time.
const maxRuns = 32

// scratch is the folder in which a run's tests make their temporary files. Its
// path is short, since sockets lie in it, and the same from run to run, since
// go test keeps results by the TMPDIR under which they came about. Whoever holds
// the lock on a folder owns it: the system ends the lock with its process.
type scratch struct {
	dir  string
	lock *os.File
}

// newScratch takes the first folder below parent that no run owns, and removes
// what killed runs left behind in it and in the others.
func newScratch(parent string) (own *scratch, err error) {
	for n := range maxRuns {
		s := &scratch{dir: filepath.Join(parent, fmt.Sprintf("testrun-%d-%d", os.Getuid(), n))}
		if own != nil && !exists(s.dir) {
			continue
		}
		switch err := s.take(); {
		case errors.Is(err, syscall.EWOULDBLOCK): // it has an owner
		case err != nil:
			return nil, errors.Join(fmt.Errorf("taking %s for temporary files: %w", s.dir, err), own.close())
		case own == nil:
			own = s
		default:
			_ = s.close() // the run does not depend on it
		}
	}
	if own == nil {
		return nil, fmt.Errorf("every folder for temporary files, %s/testrun-%d-*, is owned by a run", parent, os.Getuid())
	}
	return own, nil
}

// take makes the folder empty and this process its owner, or returns
// EWOULDBLOCK when another one is.
func (s *scratch) take() error {
	for {
		// Other accounts reach what belongs to them: a database refuses to run as root.
		if err := os.Mkdir(s.dir, 0o711); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // they may only pass through
			return err
		}
		lock, err := os.OpenFile(s.dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, os.ErrNotExist) {
			continue // its owner has just removed it
		}
		if err != nil {
			return err
		}
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return errors.Join(err, lock.Close())
		}
		if s.lock = lock; s.isThere() {
			s.empty()
			return nil
		}
		_ = lock.Close() // locked after its owner had removed it
	}
}

// isThere reports whether the locked folder is still the one of that name.
func (s *scratch) isThere() bool {
	locked, err := s.lock.Stat()
	named, namedErr := os.Lstat(s.dir)
	return err == nil && namedErr == nil && os.SameFile(locked, named)
}

// empty leaves what cannot be removed: names in it are never used twice.
func (s *scratch) empty() {
	entries, _ := os.ReadDir(s.dir)
	for _, entry := range entries {
		_ = os.RemoveAll(filepath.Join(s.dir, entry.Name()))
	}
}

// close removes the folder and gives up its name.
func (s *scratch) close() error {
	if s == nil {
		return nil
	}
	return errors.Join(os.RemoveAll(s.dir), s.lock.Close())
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
