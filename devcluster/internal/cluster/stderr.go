//go:build !race

package cluster

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// redirectStderr sends to a file what libraries write to standard error, whose
// loggers cannot be reached: etcd's client warns there whenever a stop cuts a
// call short. The trace of a crash goes the same way.
func redirectStderr(file *os.File) (restore func() error, err error) {
	const stderr = 2
	saved, err := unix.FcntlInt(stderr, unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("keep standard error: %w", err)
	}
	if err := unix.Dup3(int(file.Fd()), stderr, 0); err != nil {
		return nil, fmt.Errorf("redirect standard error: %w", err)
	}
	return func() error {
		if err := unix.Dup3(saved, stderr, 0); err != nil {
			return fmt.Errorf("restore standard error: %w", err)
		}
		return unix.Close(saved)
	}, nil
}
