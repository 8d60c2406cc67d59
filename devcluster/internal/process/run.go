package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
	"github.com/roadstead/roadstead/devcluster/internal/pod"
	"github.com/roadstead/roadstead/devcluster/internal/podinit"
)

const (
	// maxMessage is how much of a termination message counts, maxFallback how
	// much of the log stands in for one (the kubelet's limits).
	maxMessage  = 4096
	maxFallback = 2048
	// drain is how long output is awaited of a process that has ended.
	drain = time.Second
	// signalled is added to the number of the signal that ended a process.
	signalled = 128
)

// process is one run of a container as a process.
type process struct {
	launch launch
	log    *logs.File
	cmd    *exec.Cmd
	group  bool // signals go to the process' group

	mu   sync.Mutex
	kill *time.Timer // set once asked to stop
	exit *pod.Exit
}

// launch starts a process. A goroutine of its own waits for the end, which ctx
// does not bring about.
func (r *Runtime) launch(ctx context.Context, l launch, start pod.Start) (*process, error) {
	ctx = context.WithoutCancel(ctx)
	log, err := logs.Create(l.log)
	if err != nil {
		return nil, err
	}
	cmd, err := r.command(ctx, l)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = log, log, drain
	p := &process{launch: l, log: log, cmd: cmd, group: r.isolation == none}
	started := make(chan error)
	go func() {
		// The kernel kills the process when the thread that started it ends,
		// so that thread must last as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		closeAll(cmd.ExtraFiles)
		started <- err
		if err == nil {
			p.wait(ctx)
			start.Wake()
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(fmt.Errorf("start the process: %w", err), log.Close())
	}
	return p, nil
}

func (r *Runtime) command(ctx context.Context, l launch) (*exec.Cmd, error) {
	if r.isolation != none {
		return r.isolation.command(ctx, r.config.Self, l.plan, l.scratch)
	}
	for _, m := range l.plan.Mounts {
		if err := show(m, l.plan.Root); err != nil {
			return nil, err
		}
	}
	cmd := exec.CommandContext(ctx, r.config.Program, l.plan.Args[1:]...)
	cmd.Env = slices.Concat(l.plan.Env, []string{"ROADSTEAD_POD_ROOT=" + l.plan.Root})
	cmd.Dir = l.plan.Root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	return cmd, nil
}

// show makes a mount visible under the pod's root folder by a link.
func show(m podinit.Mount, root string) error {
	target := filepath.Join(root, m.Target)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil { //nolint:gosec // as in the pod
		return fmt.Errorf("make the folder of %s: %w", m.Target, err)
	}
	_ = os.Remove(target) // of an earlier start
	if err := os.Symlink(m.Source, target); err != nil {
		return fmt.Errorf("show %s: %w", m.Target, err)
	}
	return nil
}

// wait waits for the end and records it.
func (p *process) wait(ctx context.Context) {
	_ = p.cmd.Wait()          // the state of the process says it all
	p.signal(syscall.SIGKILL) // what is left of its group
	exit := &pod.Exit{At: time.Now(), Code: exitCode(p.cmd.ProcessState)}
	_ = p.log.Close()
	exit.Message = p.message(ctx, exit.Code)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.exit = exit
	if p.kill != nil {
		p.kill.Stop()
	}
}

func exitCode(state *os.ProcessState) int32 {
	if state == nil {
		return signalled
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return signalled + int32(status.Signal())
	}
	return int32(state.ExitCode())
}

// message is the termination message.
func (p *process) message(ctx context.Context, code int32) string {
	data, _ := readAtMost(p.launch.termination, maxMessage)
	if len(data) > 0 || code == 0 || !p.launch.fallback {
		return string(data)
	}
	position, err := p.log.Tail(80)
	if err != nil {
		return ""
	}
	var tail bytes.Buffer
	for line, err := range p.log.Lines(ctx, position, false) {
		if err != nil {
			break
		}
		tail.Write(line.Text)
	}
	return string(tail.Bytes()[max(0, tail.Len()-maxFallback):])
}

func readAtMost(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, limit))
}

// State implements pod.Run.
func (p *process) State(time.Time) pod.State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return pod.State{Ready: p.exit == nil, Exit: p.exit}
}

// Log implements pod.Run.
func (p *process) Log() logs.Source { return p.log }

// Stop implements pod.Run.
func (p *process) Stop(_ time.Time, grace time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.exit != nil {
		return
	}
	if p.kill != nil {
		p.kill.Reset(grace)
		return
	}
	if grace > 0 {
		p.signal(syscall.SIGTERM)
	}
	p.kill = time.AfterFunc(grace, func() { p.signal(syscall.SIGKILL) })
}

// signal reaches the process, and those it started where it has no process
// namespace, whose end would end them too.
func (p *process) signal(signal syscall.Signal) {
	if p.group {
		_ = syscall.Kill(-p.cmd.Process.Pid, signal)
		return
	}
	_ = p.cmd.Process.Signal(signal)
}
