package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"k8s.io/client-go/tools/cache"

	"github.com/roadstead/roadstead/devcluster/internal/logs"
)

// server is the kubelets' API: the logs of containers, followed until the
// context it was made with ends. One server answers for
// all nodes, since a pod's name says which it is.
type server struct {
	http     *http.Server
	listener net.Listener
	log      *slog.Logger
}

func newServer(ctx context.Context, config Config, pods *manager) *server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", pods.serveLogs)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok")) })
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "devcluster: containers have logs, but cannot be entered or connected to", http.StatusNotImplemented)
	})
	return &server{
		listener: tls.NewListener(config.Listener, config.TLS),
		log:      config.Log,
		http: &http.Server{
			Handler:           only(config.ClientName, mux),
			ReadHeaderTimeout: 10 * time.Second,
			BaseContext:       func(net.Listener) context.Context { return ctx },
			ErrorLog:          slog.NewLogLogger(config.Log.Handler(), slog.LevelDebug),
		},
	}
}

// only lets in the client whose verified certificate bears the name.
func only(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 || r.TLS.PeerCertificates[0].Subject.CommonName != name {
			http.Error(w, "Forbidden", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *server) serve(ctx context.Context) {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		s.log.ErrorContext(ctx, "the kubelets' server ended", slog.Any("error", err))
	}
}

func (s *server) stop(ctx context.Context) error {
	if err := s.http.Shutdown(ctx); err != nil {
		return fmt.Errorf("stop the kubelets' server: %w", err)
	}
	return nil
}

func (m *manager) serveLogs(w http.ResponseWriter, r *http.Request) {
	key := cache.NewObjectName(r.PathValue("namespace"), r.PathValue("pod"))
	e := m.find(key)
	if e == nil {
		http.Error(w, "pod "+key.String()+" does not exist", http.StatusNotFound)
		return
	}
	options, err := logs.ParseOptions(r.URL.Query(), time.Now())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	source, err := e.life.Log(r.PathValue("container"), options.Previous)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	flush := func() { _ = http.NewResponseController(w).Flush() }
	if options.Follow {
		flush() // the client sees at once that it is connected
	}
	if err := logs.Copy(r.Context(), w, flush, source, options); err != nil && r.Context().Err() == nil {
		m.log.WarnContext(r.Context(), "a log was not served", slog.String("pod", key.String()), slog.Any("error", err))
	}
}
