package demo

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopWithin is how long a process may take to stop before it is killed.
const stopWithin = 15 * time.Second

// process is a server that the demo started.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// start runs a server and waits until its output has a line that starts with
// ready, which it returns. The output goes to a file.
func start(ctx context.Context, dir, name, ready string, env []string, program string, args ...string) (*process, string, error) {
	path := filepath.Join(dir, name+".log")
	log, err := os.Create(path)
	if err != nil {
		return nil, "", fmt.Errorf("make the log of %s: %w", name, err)
	}
	defer log.Close()
	cmd := exec.Command(program, args...) //nolint:noctx // it is stopped in order, not killed with the context
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	// A process group of its own: Ctrl-C reaches the demo alone, which then
	// stops its servers in order. They do not outlive it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if err := cmd.Start(); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{}), log: path}
	go func() {
		defer close(p.done)
		_ = cmd.Wait() // how it ended is told by its log
	}()
	line, err := p.await(ctx, ready)
	if err != nil {
		p.stop()
		return nil, "", err
	}
	return p, line, nil
}

// await polls the log for a line. It is a file, so there is nothing to wait on.
func (p *process) await(ctx context.Context, ready string) (string, error) {
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
			return "", fmt.Errorf("%s ended before it was ready; its output is\n%s", p.name, p.tail())
		case <-ctx.Done():
			return "", fmt.Errorf("%s did not become ready: %w; its output is\n%s", p.name, ctx.Err(), p.tail())
		}
	}
}

func (p *process) find(text string) (string, bool) {
	file, err := os.Open(p.log)
	if err != nil {
		return "", false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if strings.Contains(lines.Text(), text) {
			return lines.Text(), true
		}
	}
	return "", false
}

func (p *process) tail() string {
	const most = 4000
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-most):])
}

// stop ends the process and waits for it.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case <-p.done:
	case <-time.After(stopWithin):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}
