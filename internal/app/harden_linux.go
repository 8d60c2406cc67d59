package app

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// harden keeps what this process holds in memory to itself: a crash leaves no
// core file, and other processes of the same user can neither trace it nor read
// its memory and environment.
func harden() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("forbid core files: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("keep other processes from this one's memory: %w", err)
	}
	return nil
}
