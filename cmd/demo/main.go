// The demo command shows Roadstead at work on a cluster of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/roadstead/roadstead/internal/demo"
)

func main() {
	bin := flag.String("bin", "bin", "folder of roadstead, roadstead-installer and devcluster")
	check := flag.Bool("check", false, "check every step and end")
	flag.Parse()
	if err := run(*bin, *check); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run shows the demo until it is interrupted, which is how it usually ends.
func run(bin string, check bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	folder, err := filepath.Abs(bin)
	if err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	err = demo.Run(ctx, demo.Options{Bin: folder, Check: check, Out: os.Stdout})
	if ctx.Err() != nil {
		return nil
	}
	return err
}
