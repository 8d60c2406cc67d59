package podinit

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// Main does what the plan says. It returns only if that fails, or if the plan
// was to try: a program replaces this one.
func Main() error {
	// The death signal and the bar on new rights belong to a thread, and the
	// thread that executes the program hands its own on.
	runtime.LockOSThread()
	plan, err := readPlan()
	if err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	if err := buildRoot(plan); err != nil {
		return fmt.Errorf("build the file system: %w", err)
	}
	if plan.Path == "" {
		return nil
	}
	if err := dropRights(plan); err != nil {
		return fmt.Errorf("give up rights: %w", err)
	}
	if err := os.Chdir(plan.Dir); err != nil {
		return fmt.Errorf("enter the working folder: %w", err)
	}
	path := plan.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(plan.Dir, path)
	}
	if err := syscall.Exec(path, plan.Args, plan.Env); err != nil {
		return fmt.Errorf("execute %s: %w", path, err)
	}
	return nil
}

func dropRights(plan Plan) error {
	if plan.SetIDs {
		if err := syscall.Setgroups(plan.Groups); err != nil {
			return fmt.Errorf("set the groups: %w", err)
		}
		if err := syscall.Setgid(plan.GID); err != nil {
			return fmt.Errorf("set the group: %w", err)
		}
		if err := syscall.Setuid(plan.UID); err != nil {
			return fmt.Errorf("set the user: %w", err)
		}
	}
	// Capabilities that a user namespace gave for the mounts.
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil {
		return fmt.Errorf("clear the capabilities: %w", err)
	}
	if plan.NoNewPrivileges {
		if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
			return fmt.Errorf("bar new privileges: %w", err)
		}
	}
	// A change of user has cleared the signal that devcluster asked for.
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGKILL), 0, 0, 0); err != nil {
		return fmt.Errorf("die with devcluster: %w", err)
	}
	return nil
}
