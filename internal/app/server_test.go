package app

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// What is built after serve closes the stores, so it must not return while a
// request is still being answered.
func TestServeEndsAfterItsRequests(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	begun, release, served := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { close(begun); <-release })
	c := &core{log: slog.New(slog.DiscardHandler), metrics: telemetry.NewMetrics()}
	go func() { served <- c.serve(ctx, config.Config{}, handler, listener) }()
	answered := make(chan error, 1)
	go func() {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+listener.Addr().String(), nil)
		if err == nil {
			var answer *http.Response
			if answer, err = http.DefaultClient.Do(request); err == nil {
				err = answer.Body.Close()
			}
		}
		answered <- err
	}()
	<-begun
	stop()
	awaitRefusal(t, listener.Addr().String())
	select {
	case err := <-served:
		t.Fatalf("serve ended before its request: %v", err)
	default:
	}
	close(release)
	if err := <-answered; err != nil {
		t.Errorf("the request ended in %v", err)
	}
	if err := <-served; err != nil {
		t.Errorf("serve ended in %v", err)
	}
}

// awaitRefusal returns once nobody listens any more: the stop has begun.
func awaitRefusal(t *testing.T, address string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			return
		}
		_ = conn.Close()
	}
	t.Fatal("the server still listens")
}
