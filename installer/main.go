package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/klog/v2"

	"github.com/roadstead/roadstead/installer/internal/logline"
	"github.com/roadstead/roadstead/installer/internal/pod"
	"github.com/roadstead/roadstead/installer/internal/run"
)

// version is stamped by the linker.
var version = "dev"

func main() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		fmt.Println("roadstead-installer", version)
		return
	}
	os.Exit(carryOut())
}

func carryOut() int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	lines := logline.New(os.Stdout, time.Now)
	redirect(lines)
	return run.Run(ctx, run.Pod{
		Files:   pod.Layout{Root: os.Getenv(pod.RootVariable)},
		APIHost: os.Getenv("KUBERNETES_SERVICE_HOST"),
		APIPort: os.Getenv("KUBERNETES_SERVICE_PORT"),
	}, lines)
}

// redirect makes the loggers that libraries keep in variables of their own write into our log.
func redirect(lines *logline.Log) {
	helm := slog.New(lines.Handler())
	slog.SetDefault(helm)
	klog.SetSlogLogger(helm)
	log.SetFlags(0)
	log.SetOutput(lines.StandardLog())
}
