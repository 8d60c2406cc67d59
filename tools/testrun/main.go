// Command testrun runs go test in several modules, one after the other, and ends with one line that counts the tests of all:
//
//	testrun DIR... -- [go test flags]
//
// Only what failed is shown in full. It exits with 1 when a test failed or skipped itself, when a package could not be
// tested, and when no test ran at all. Packages without tests are left out: go test would compile them with all they
// depend on, which for a control plane and the race detector takes longer than every test together.
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
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
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
	total := newReport(out)
	for _, dir := range dirs {
		fmt.Fprintf(out, "== %s\n", dir)
		if err := testModule(ctx, dir, flags, total, errOut); err != nil {
			total.broken(dir, err)
		}
	}
	fmt.Fprintln(out, total.summary())
	return total.ok()
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
func testModule(ctx context.Context, dir string, flags []string, total *report, errOut io.Writer) error {
	packages, err := tested(ctx, dir, errOut)
	if err != nil || len(packages) == 0 {
		return err
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-json"}, flags, packages)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir = dir
	cmd.Stderr = errOut
	events, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("connecting to go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting go test: %w", err)
	}
	failedBefore := total.failed
	readErr := total.read(events)
	if err := cmd.Wait(); err != nil && total.failed == failedBefore {
		return fmt.Errorf("running go test: %w", err)
	}
	return readErr
}

// tested returns the packages of a module that have tests.
func tested(ctx context.Context, dir string, errOut io.Writer) ([]string, error) {
	const format = "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"
	cmd := exec.CommandContext(ctx, "go", "list", "-f", format, "./...")
	cmd.Dir = dir
	cmd.Stderr = errOut
	packages, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages: %w", err)
	}
	return strings.Fields(string(packages)), nil
}
