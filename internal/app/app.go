package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// stopWithin bounds a clean stop.
const stopWithin = 8 * time.Second

// Serve runs the server until ctx ends. Version is the program's; what people
// must see at start goes to out, the log to errOut.
func Serve(ctx context.Context, cfg config.Config, version string, out, errOut io.Writer) error {
	log := telemetry.NewLogger(errOut, telemetry.Format(cfg.LogFormat), cfg.LogLevel)
	if err := prepare(cfg); err != nil {
		return err
	}
	var keys *workerKeys
	if cfg.Role.Worker() {
		var err error
		if keys, err = openWorkerKeys(cfg); err != nil {
			return err
		}
	}
	core, err := openCore(ctx, cfg, version, log)
	if err != nil {
		return err
	}
	defer core.close(ctx)
	if keys != nil {
		if err := keys.prove(ctx, core); err != nil {
			return err
		}
	}
	handler := http404()
	if cfg.Role.Web() {
		if handler, err = core.webHandler(cfg, version, out); err != nil { //nolint:contextcheck // each request brings its own
			return err
		}
	}
	var half *worker
	if cfg.Role.Worker() {
		if half, err = newWorker(ctx, core, keys, cfg, version); err != nil {
			return err
		}
		defer half.close()
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", cfg.Listen, err)
	}
	log.InfoContext(ctx, "serving", slog.String("version", version), slog.String("role", string(cfg.Role)),
		slog.String("listen", listener.Addr().String()), slog.String("data_dir", filepath.Clean(cfg.DataDir)))
	return core.run(ctx, cfg, handler, listener, half)
}

// prepare readies the process and its folder, before anything is read.
func prepare(cfg config.Config) error {
	if err := harden(); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// run serves and works until ctx ends or a part of it fails.
func (c *core) run(ctx context.Context, cfg config.Config, handler http.Handler, listener net.Listener, half *worker) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.serve(ctx, cfg, handler, listener) })
	if bridge := c.bridge; bridge != nil {
		group.Go(func() error { return bridge.Run(ctx) })
	}
	if half != nil {
		group.Go(func() error { return c.forget(ctx, half.clients) })
		group.Go(func() error { return half.run(ctx) })
	}
	if err := group.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}
