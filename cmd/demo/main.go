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
	eks := flag.Bool("eks", false, "show the life of a cluster on Amazon EKS, of which there is a fake one on this machine")
	flag.Parse()
	if err := run(demo.Options{Bin: *bin, EKS: *eks, Check: *check, Out: os.Stdout}); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// run shows the demo until it is interrupted, which is how it usually ends.
func run(o demo.Options) (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if o.Bin, err = filepath.Abs(o.Bin); err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	err = demo.Run(ctx, o)
	if ctx.Err() != nil {
		return nil
	}
	return err
}
