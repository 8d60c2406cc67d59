// The roadstead command is the server and the command line of Roadstead.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/roadstead/roadstead/internal/app"
	"github.com/roadstead/roadstead/internal/cli"
	"github.com/roadstead/roadstead/internal/config"
)

// version is set by the linker.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	program := cli.Program{
		Version: version, In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ(),
		Serve: func(ctx context.Context, c config.Config) error {
			return app.Serve(ctx, c, version, os.Stdout, os.Stderr)
		},
		Backup:  app.Backup,
		Restore: app.Restore,

		ExplainURL: app.ExplainURL,
		ClusterID:  app.ClusterID,

		InitSecrets:   app.InitSecrets,
		VerifySecrets: app.VerifySecrets,
		RotateSecrets: app.RotateSecrets,
		VerifyAudit:   app.VerifyAudit,
	}
	code := program.Main(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}
