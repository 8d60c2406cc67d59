// Command testrun runs go test in several modules, one after the other, and ends with one line that counts the tests of all:
//
//	testrun DIR... -- [go test flags and packages]
//
// Only what failed is shown in full. It exits with 1 when a test failed, when a package could not be tested, and when no
// test ran at all.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
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
		fmt.Fprintln(errOut, "usage: testrun DIR... -- [go test flags and packages]")
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
		return args, []string{"./..."}
	}
	return args[:dash], args[dash+1:]
}

// testModule returns an error only when the events do not explain why go test ended as it did.
func testModule(ctx context.Context, dir string, flags []string, total *report, errOut io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"test", "-json"}, flags...)...)
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
