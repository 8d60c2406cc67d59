package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/roadstead/roadstead/devcluster/internal/podinit"
)

// errNoProgram is shown on pods that would need a program to run.
var errNoProgram = errors.New("devcluster up was started without --installer-bin, so it has nothing to run for this image")

// isolation is how far a process is kept apart from the host.
type isolation int

const (
	// none: same file system, same user.
	none isolation = iota
	// userNamespace: own file system, made by an ordinary user.
	userNamespace
	// rootNamespace: own file system, made by root; the process is another user.
	rootNamespace
)

func (i isolation) String() string {
	return [...]string{"none", "user namespace", "mount namespace"}[i]
}

// probe tries the isolations from the best down.
func probe(ctx context.Context, config Config) isolation {
	candidates := []isolation{userNamespace}
	if os.Getuid() == 0 {
		candidates = []isolation{rootNamespace, userNamespace}
	}
	for _, candidate := range candidates {
		if err := try(ctx, config, candidate); err != nil {
			config.Log.InfoContext(ctx, "an isolation is not possible here",
				slog.String("isolation", candidate.String()), slog.Any("error", err))
			continue
		}
		return candidate
	}
	return none
}

func try(ctx context.Context, config Config, candidate isolation) error {
	root, err := os.MkdirTemp(config.Dir, "probe-")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(root) }()
	plan := podinit.Plan{Root: root, ReadOnlyRoot: true}
	cmd, err := candidate.command(ctx, config.Self, plan, filepath.Join(config.Dir, "probe.json"))
	if err != nil {
		return err
	}
	defer closeAll(cmd.ExtraFiles)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	return nil
}

// command starts pod-init with a plan. The file at scratch exists only while
// this runs.
func (i isolation) command(ctx context.Context, self string, plan podinit.Plan, scratch string) (*exec.Cmd, error) {
	file, err := planFile(plan, scratch)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "pod-init")
	cmd.Env = []string{}
	cmd.ExtraFiles = []*os.File{file} // podinit.PlanFD
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWPID,
		Pdeathsig:  syscall.SIGKILL,
	}
	if i == userNamespace {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: plan.UID, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: plan.GID, HostID: os.Getgid(), Size: 1}}
		// The container's user is seldom 0, and anybody else's capabilities
		// end with the execution of pod-init unless they are ambient.
		cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
	}
	return cmd, nil
}

// planFile is an open file without a name that holds the plan.
func planFile(plan podinit.Plan, scratch string) (*os.File, error) {
	data, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("encode the plan of a process: %w", err)
	}
	if err := os.WriteFile(scratch, data, 0o600); err != nil {
		return nil, fmt.Errorf("write the plan of a process: %w", err)
	}
	defer func() { _ = os.Remove(scratch) }()
	file, err := os.Open(scratch)
	if err != nil {
		return nil, fmt.Errorf("open the plan of a process: %w", err)
	}
	return file, nil
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}
