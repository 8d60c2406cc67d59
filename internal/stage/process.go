package stage

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// stopWithin is how long a process may take to stop before it is killed.
const stopWithin = 15 * time.Second

// Command is a server to start.
type Command struct {
	Program string
	Args    []string
	// Env is added to this process's environment.
	Env []string
	// Log is the file that the output is appended to.
	Log string
	// Ready is the text of the line that says the server is ready.
	Ready string
}

// Process is a server that runs.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  string
	from int64
	// ReadyLine is the line that said it was ready.
	ReadyLine string
}

// Start runs a server and waits until it is ready.
func Start(ctx context.Context, c Command) (*Process, error) {
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.Program, err)
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.Program, err)
	}
	cmd := exec.Command(c.Program, c.Args...) //nolint:noctx // it is stopped in order, not killed with the context
	cmd.Env = append(os.Environ(), c.Env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A process group of its own: Ctrl-C reaches the parent alone, which then
	// stops its servers in order. They do not outlive it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Program, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{}), log: c.Log, from: from}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is told by its log
	}()
	if p.ReadyLine, err = p.await(ctx, c.Ready); err != nil {
		p.Stop()
		return nil, fmt.Errorf("start %s: %w", c.Program, err)
	}
	return p, nil
}

// PID is the process's id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode is how the process ended, once it has: -1 when a signal ended it.
func (p *Process) ExitCode() int { return p.cmd.ProcessState.ExitCode() }

// Signal sends a signal to the process. One that has ended does not mind.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// await polls the log for a line. It is a file, so there is nothing to wait on.
func (p *Process) await(ctx context.Context, ready string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if line, ok := p.find(ready); ok {
			return line, nil
		}
		select {
		case <-tick.C:
		case <-p.done:
			return "", fmt.Errorf("it ended before it was ready; its output is\n%s", p.tail())
		case <-ctx.Done():
			return "", fmt.Errorf("it did not become ready: %w; its output is\n%s", ctx.Err(), p.tail())
		}
	}
}

func (p *Process) find(text string) (string, bool) {
	file, err := os.Open(p.log)
	if err != nil {
		return "", false
	}
	defer file.Close()
	if _, err := file.Seek(p.from, io.SeekStart); err != nil {
		return "", false
	}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text(), true
		}
	}
	return "", false
}

func (p *Process) tail() string {
	const most = 4000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// Stop ends the process in order and waits for it.
func (p *Process) Stop() { p.StopWithin(stopWithin) }

// StopWithin is Stop with a limit, after which the process is killed. It
// reports whether the process obeyed.
func (p *Process) StopWithin(limit time.Duration) bool {
	p.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return true
	case <-time.After(limit):
		p.Kill()
		return false
	}
}

// Kill ends the process at once, as a crash would, and waits for it.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.done
}
