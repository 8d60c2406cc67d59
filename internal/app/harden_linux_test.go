package app

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestHardenedProcessLeavesNothing hardens the test program itself.
func TestHardenedProcessLeavesNothing(t *testing.T) {
	t.Parallel()
	if err := harden(); err != nil {
		t.Fatal(err)
	}
	var core unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &core); err != nil || core != (unix.Rlimit{}) {
		t.Errorf("core files may have %+v bytes, %v", core, err)
	}
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || dumpable != 0 {
		t.Errorf("dumpable = %d, %v", dumpable, err)
	}
}
