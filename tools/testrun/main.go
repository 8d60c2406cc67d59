// Command testrun runs go test in several modules, one after the other, and ends with one line that counts the tests of all:
//
//	testrun DIR... -- [go test flags]
//
// Only what failed is shown in full. It exits with 1 when a test failed or skipped itself, when a package could not be
// tested, and when no test ran at all. Packages without tests are left out: go test would compile them with all they
// depend on, which for a control plane and the race detector takes longer than every test together.
//
// Temporary files of the tests lie in a folder of the run's own, which goes with it; one that a killed run left behind
// goes with the next.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if !ok {
		os.Exit(1)
	}
}

// run tests every module, also after a failure in one, and reports whether all went well.
func run(ctx context.Context, args []string, out, errOut io.Writer) bool {
	dirs, flags := split(args)
	if len(dirs) == 0 {
		fmt.Fprintln(errOut, "usage: testrun DIR... -- [go test flags]")
		return false
	}
	tmp, err := newScratch(os.TempDir())
	if err != nil {
		fmt.Fprintln(errOut, err)
		return false
	}
	r := runner{flags: flags, tmp: tmp.dir, total: newReport(out), errOut: errOut}
	for _, dir := range dirs {
		fmt.Fprintf(out, "== %s\n", dir)
		if err := r.testModule(ctx, dir); err != nil {
			r.total.broken(dir, err)
		}
	}
	if err := tmp.close(); err != nil {
		fmt.Fprintln(errOut, "removing the temporary files:", err)
	}
	fmt.Fprintln(out, r.total.summary())
	return r.total.ok()
}

// runner runs the tests of one module after the other.
type runner struct {
	flags  []string // of go test
	tmp    string   // where temporary files go
	total  *report
	errOut io.Writer
}

// split parts the folders from what is handed to go test.
func split(args []string) (dirs, flags []string) {
	dash := slices.Index(args, "--")
	if dash < 0 {
		return args, nil
	}
	return args[:dash], args[dash+1:]
}

// testModule returns an error only when the events do not explain why go test ended as it did.
func (r runner) testModule(ctx context.Context, dir string) error {
	packages, err := r.tested(ctx, dir)
	if err != nil || len(packages) == 0 {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-json"}, r.flags, packages)...)
	// The go command waits for a test process and leaves it to others to interrupt that.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT) }
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "TMPDIR="+r.tmp)
	cmd.Stderr = r.errOut
	events, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("connecting to go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting go test: %w", err)
	}
	failedBefore := r.total.failed
	readErr := r.total.read(events)
	if err := cmd.Wait(); err != nil && r.total.failed == failedBefore {
		return fmt.Errorf("running go test: %w", err)
	}
	return readErr
}

// tested returns the packages of a module that have tests.
func (r runner) tested(ctx context.Context, dir string) ([]string, error) {
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
	cmd := exec.CommandContext(ctx, "go", "list", "-f", format, "./...")
	cmd.Dir = dir
	cmd.Stderr = r.errOut
	packages, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w", err)
	}
	return strings.Fields(string(packages)), nil
}
