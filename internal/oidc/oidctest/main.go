package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/sirupsen/logrus"
)

// options are the flags.
type options struct {
	listen, redirect, client, secret, people string
}

func main() {
	var o options
	flag.StringVar(&o.listen, "listen", "127.0.0.1:0", "address to serve on")
	flag.StringVar(&o.redirect, "redirect", "", "where the one client lets people come back to")
	flag.StringVar(&o.client, "client", "roadstead", "the client's id")
	flag.StringVar(&o.secret, "secret", "", "the client's secret")
	flag.StringVar(&o.people, "people", "", "JSON file of who may sign in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := serve(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, o options, out io.Writer) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	issuer := "http://" + listener.Addr().String() + "/dex"
	handler, err := provider(ctx, issuer, o)
	if err != nil {
		return err
	}
	httpServer := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	defer context.AfterFunc(ctx, func() { _ = httpServer.Close() })()
	fmt.Fprintf(out, "oidctest ready: issuer %s\n", issuer)
	if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// provider is dex with one client and one way to sign in.
func provider(ctx context.Context, issuer string, o options) (http.Handler, error) {
	server.ConnectorsConfig["people"] = func() server.ConnectorConfig { return &people{file: o.people} }
	log := logrus.New()
	log.SetOutput(os.Stderr)
	kept := storage.WithStaticClients(memory.New(log), []storage.Client{
		{ID: o.client, Secret: o.secret, Name: "Roadstead", RedirectURIs: []string{o.redirect}},
	})
	kept = storage.WithStaticConnectors(kept, []storage.Connector{{ID: "people", Type: "people", Name: "People"}})
	refresh, err := server.NewRefreshTokenPolicy(log, false, "1h", "1h", "1s")
	if err != nil {
		return nil, fmt.Errorf("make the policy of refresh tokens: %w", err)
	}
	handler, err := server.NewServer(ctx, server.Config{
		Issuer: issuer, Storage: kept, SkipApprovalScreen: true, Logger: log, RefreshTokenPolicy: refresh,
	})
	if err != nil {
		return nil, fmt.Errorf("set dex up: %w", err)
	}
	return handler, nil
}
