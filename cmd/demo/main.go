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
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	folder, err := filepath.Abs(*bin)
	if err == nil {
		err = demo.Run(ctx, demo.Options{Bin: folder, Check: *check, Out: os.Stdout})
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}
