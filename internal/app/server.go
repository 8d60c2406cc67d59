package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/roadstead/roadstead/internal/config"
	"github.com/roadstead/roadstead/internal/telemetry"
)

// Limits of the HTTP server. There is no write timeout: streams set their own
// deadlines.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// serve answers requests until ctx ends, then lets the open ones finish for a
// moment. Streams end with ctx.
func (c *core) serve(ctx context.Context, cfg config.Config, handler http.Handler, listener net.Listener) error {
	server := &http.Server{
		Handler:           c.withHealth(addressed(cfg.TrustedProxies, c.instrumented(handler))),
		ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, BaseContext: func(net.Listener) context.Context { return ctx },
		ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	running := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		_ = server.Shutdown(grace) // what is still open after the grace ends with the process
	})
	err := c.accept(server, cfg, listener)
	if !running() {
		<-stopped // accept ends when the stop begins: the open requests still need the store
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

func (c *core) accept(server *http.Server, cfg config.Config, listener net.Listener) error {
	if cfg.TLSCert == "" {
		return server.Serve(listener) //nolint:wrapcheck // the caller says what it was doing
	}
	pair := &certificate{certFile: cfg.TLSCert, keyFile: cfg.TLSKey}
	if _, err := pair.get(nil); err != nil {
		return err
	}
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: pair.get}
	return server.ServeTLS(listener, "", "") //nolint:wrapcheck // as above
}

// withHealth adds what orchestrators and Prometheus ask for, to both halves.
func (c *core) withHealth(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.Handle("GET /readyz", &readiness{write: c.db.Write, log: c.log})
	mux.Handle("GET /metrics", c.metrics.Handler())
	mux.Handle("/", next)
	return apart(next, mux)
}

// requestID is the header that tells the caller the correlation id of a request.
const requestID = "X-Request-ID"

// instrumented gives each request its correlation id and its span, counts it
// and survives its panic.
func (c *core) instrumented(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		id := telemetry.NewCorrelation()
		w.Header().Set(requestID, id)
		ctx, traced := c.traces.Request(telemetry.WithCorrelation(r.Context(), id))
		r = r.WithContext(ctx)
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a panic value
				c.log.ErrorContext(ctx, "request panicked", slog.String("type", fmt.Sprintf("%T", p)),
					slog.String("stack", string(debug.Stack())))
				recorder.WriteHeader(http.StatusInternalServerError)
			}
			traced(r.Pattern, r.Method, recorder.status)
			c.metrics.HTTPRequest(r.Pattern, r.Method, recorder.status, time.Since(began))
		}()
		next.ServeHTTP(recorder, r)
	})
}

// statusRecorder remembers the status of an answer.
type statusRecorder struct {
	http.ResponseWriter

	status int
}

// WriteHeader remembers and passes on.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets response controllers reach the connection.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
