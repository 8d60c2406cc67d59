package e2e

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// programs are the binaries under test.
type programs struct{ devcluster, installer string }

// shared is the cluster that all tests use but those that stop one. TestMain
// sets it before any test runs.
var (
	shared *instance
	built  programs
)

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	dir, err := os.MkdirTemp("", "devcluster-e2e-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if built, err = build(dir); err != nil {
		return 1, err
	}
	shared, err = startInstance(filepath.Join(dir, "shared"), "--nodes", "2", "--installer-bin", built.installer)
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, shared.stop(syscall.SIGTERM)) }()
	return m.Run(), nil
}

// build makes the programs the way `make build` does, so that it finds the
// compiler's work done.
func build(dir string) (programs, error) {
	p := programs{devcluster: filepath.Join(dir, "devcluster"), installer: filepath.Join(dir, "installer")}
	flags, err := exec.Command("sh", "../../ldflags.sh").Output()
	if err != nil {
		return p, fmt.Errorf("read the linker flags: %w", err)
	}
	for _, args := range [][]string{
		{"build", "-ldflags", strings.TrimSpace(string(flags)), "-o", p.devcluster, "../.."},
		{"build", "-o", p.installer, "./testdata/installer"},
	} {
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-trimpath -buildvcs=false", "GOWORK=off")
		if output, err := cmd.CombinedOutput(); err != nil {
			return p, fmt.Errorf("build: %w\n%s", err, output)
		}
	}
	return p, nil
}

// instance is a devcluster that runs as a process.
type instance struct {
	dir    string
	line   string // that told it was ready
	charts string
	config *rest.Config
	client kubernetes.Interface

	cmd    *exec.Cmd
	stderr bytes.Buffer
	exited chan error
}

// readyLine is what others look for, too.
var readyLine = regexp.MustCompile(`^devcluster ready: api https://127\.0\.0\.1:\d+ kubeconfig (\S+) charts (http://127\.0\.0\.1:\d+/charts) oci oci://127\.0\.0\.1:\d+/charts \(\d+\.\d s\)$`)

func startInstance(dir string, flags ...string) (*instance, error) {
	i := &instance{dir: dir, exited: make(chan error, 1)}
	i.cmd = exec.Command(built.devcluster, append([]string{"up", "--dir", dir}, flags...)...)
	i.cmd.Stderr = &i.stderr
	output, err := i.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := i.cmd.Start(); err != nil {
		return nil, err
	}
	i.line, err = bufio.NewReader(output).ReadString('\n')
	go func() { i.exited <- i.cmd.Wait() }()
	if err != nil {
		return nil, fmt.Errorf("devcluster did not get ready: %w\n%s", errors.Join(err, <-i.exited), i.stderr.String())
	}
	match := readyLine.FindStringSubmatch(strings.TrimSuffix(i.line, "\n"))
	if match == nil {
		return nil, errors.Join(fmt.Errorf("not the line of a cluster that is ready: %q", i.line), i.stop(syscall.SIGTERM))
	}
	i.charts = match[2]
	if i.config, err = clientcmd.BuildConfigFromFlags("", match[1]); err != nil {
		return nil, errors.Join(err, i.stop(syscall.SIGTERM))
	}
	i.config.QPS = -1
	i.client, err = kubernetes.NewForConfig(i.config)
	return i, err
}

// stopTime is how long a cluster may take to stop.
const stopTime = 10 * time.Second

func (i *instance) stop(signal syscall.Signal) error {
	if err := i.cmd.Process.Signal(signal); err != nil {
		return fmt.Errorf("stop devcluster: %w", err)
	}
	select {
	case err := <-i.exited:
		if text := i.stderr.String(); text != "" {
			err = errors.Join(err, fmt.Errorf("devcluster wrote to standard error: %s", text))
		}
		return err
	case <-time.After(stopTime):
		_ = i.cmd.Process.Kill()
		return fmt.Errorf("devcluster did not stop within %s", stopTime)
	}
}

// patience is how long a test waits for what takes a second or two when
// nothing else keeps the machine busy.
const patience = time.Minute

// eventually calls check until it returns no error.
func eventually(t *testing.T, check func(ctx context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("after %s: %v", patience, err)
		}
	}
}
