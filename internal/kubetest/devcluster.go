package kubetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Cluster is a running devcluster.
type Cluster struct {
	APIURL string
	CA     []byte
	Token  string // of a cluster administrator
	Dir    string // of its files; charts.json in it lists the sample charts
}

// binaryVariable names the devcluster to run; without it, it is bin/devcluster at the root of the module.
const binaryVariable = "ROADSTEAD_TEST_DEVCLUSTER"

// startTimeout is for a control plane on a busy machine; a free one takes about five seconds.
const startTimeout = 2 * time.Minute

// shared is the one instance of this process.
var shared struct {
	once    sync.Once
	managed bool // Main is there to stop it
	cluster *Cluster
	err     error
	stop    func()
}

// Main runs the tests of a package that uses Devcluster, and stops the cluster after them. Call it from TestMain,
// which does nothing else; the exit code is what m keeps.
func Main(m *testing.M) {
	shared.managed = true
	m.Run()
	if shared.stop != nil {
		shared.stop()
	}
}

// Devcluster returns the real control plane that the tests of this process share; it is started by the first
// caller. Tests keep apart by names of their own. It fails the test when there is no devcluster to run.
func Devcluster(t testing.TB) *Cluster {
	t.Helper()
	if !shared.managed {
		t.Fatal("a package that uses kubetest.Devcluster needs: func TestMain(m *testing.M) { kubetest.Main(m) }")
	}
	shared.once.Do(func() { shared.cluster, shared.stop, shared.err = start() })
	if shared.err != nil {
		t.Fatalf("starting the devcluster that this test needs: %v", shared.err)
	}
	return shared.cluster
}

// OwnDevcluster starts a control plane for one test, with flags besides those that every one has, and ends it with the test.
func OwnDevcluster(t testing.TB, flags ...string) *Cluster {
	t.Helper()
	c, stop, err := start(flags...)
	if err != nil {
		t.Fatalf("starting the devcluster that this test needs: %v", err)
	}
	t.Cleanup(stop)
	return c
}

func start(flags ...string) (c *Cluster, stop func(), err error) {
	binary, err := findBinary()
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "devcluster-test-")
	if err != nil {
		return nil, nil, fmt.Errorf("making its folder: %w", err)
	}
	args := append([]string{"up", "--dir", dir}, flags...)
	if installer := filepath.Join(filepath.Dir(binary), "roadstead-installer"); isFile(installer) {
		args = append(args, "--installer-bin", installer)
	}
	process, err := run(binary, args...)
	if err != nil {
		os.RemoveAll(dir)
		return nil, nil, err
	}
	stop = func() {
		process.stop()
		os.RemoveAll(dir)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	if c, err = adminOf(ctx, filepath.Join(dir, "kubeconfig")); err != nil {
		stop()
		return nil, nil, err
	}
	c.Dir = dir
	return c, stop, nil
}

func findBinary() (string, error) {
	if path := os.Getenv(binaryVariable); path != "" {
		return path, nil
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("finding the module's root: %w", err)
	}
	for ; !isFile(filepath.Join(dir, "go.mod")); dir = filepath.Dir(dir) {
		if dir == filepath.Dir(dir) {
			return "", errors.New("no go.mod above the working folder")
		}
	}
	path := filepath.Join(dir, "bin", "devcluster")
	if !isFile(path) {
		return "", fmt.Errorf("%s does not exist: run `make build` first, or name one with %s", path, binaryVariable)
	}
	return path, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// process is a running devcluster.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}
}

// run starts a devcluster and returns when it is ready. The kernel ends it when this process dies, whatever the
// reason; it watches the thread that started it, so that thread is kept.
func run(binary string, args ...string) (*process, error) {
	cmd := exec.CommandContext(context.Background(), binary, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("reading what devcluster prints: %w", err)
	}
	p := &process{cmd: cmd, exited: make(chan struct{})}
	started, lines := make(chan error), make(chan string, 1)
	go func() {
		runtime.LockOSThread()
		defer close(p.exited)
		err := cmd.Start()
		started <- err
		if err != nil {
			return
		}
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			select {
			case lines <- s.Text():
			default: // only the first line matters
			}
		}
		_ = cmd.Wait()
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", binary, err)
	}
	return p, p.ready(lines)
}

func (p *process) ready(lines <-chan string) error {
	timeout := time.NewTimer(startTimeout)
	defer timeout.Stop()
	select {
	case line, ok := <-lines:
		if ok && strings.Contains(line, "ready") {
			return nil
		}
		p.stop()
		return fmt.Errorf("devcluster ended before it was ready: %s", line)
	case <-timeout.C:
		p.stop()
		return fmt.Errorf("devcluster was not ready within %s", startTimeout)
	}
}

// stop asks the process to end, and makes it after a while.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.exited:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.exited
	}
}
