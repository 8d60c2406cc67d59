package chartrepo

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server serves archives until it is stopped.
type Server struct {
	address string
	listing []Chart
	http    *http.Server
	done    chan error
}

// Chart is where one version of a chart is found.
type Chart struct {
	Name        string `json:"name"`
	Version     string `json:"version"`
	Description string `json:"description"`
	Repository  string `json:"repository"` // of charts over HTTP
	OCI         string `json:"oci"`        // the chart in the registry
	Digest      string `json:"digest"`     // of the archive
}

// Serve serves archives at listener.
func Serve(listener net.Listener, archives []Archive, log *slog.Logger) (*Server, error) {
	s := &Server{address: listener.Addr().String(), done: make(chan error, 1)}
	handler, err := newHandler(archives)
	if err != nil {
		return nil, err
	}
	for _, a := range archives {
		s.listing = append(s.listing, Chart{
			Name: a.Metadata.Name, Version: a.Metadata.Version, Description: a.Metadata.Description,
			Repository: s.URL(), OCI: s.OCI() + "/" + a.Metadata.Name, Digest: digest(a.Data),
		})
	}
	s.http = &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	go func() { s.done <- s.http.Serve(listener) }()
	return s, nil
}

func newHandler(archives []Archive) (http.Handler, error) {
	mux := http.NewServeMux()
	list, err := newIndex(archives)
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /charts/index.yaml", func(w http.ResponseWriter, r *http.Request) {
		serve(w, r, "application/yaml", list)
	})
	for _, a := range archives {
		mux.HandleFunc("GET /charts/"+a.FileName(), func(w http.ResponseWriter, r *http.Request) {
			serve(w, r, "application/gzip", a.Data)
		})
	}
	registry, err := newRegistry(archives)
	if err != nil {
		return nil, err
	}
	registry.routes(mux)
	return mux, nil
}

// URL is the address of the Helm repository.
func (s *Server) URL() string { return "http://" + s.address + "/charts" }

// OCI is the address under which the registry has charts. It speaks HTTP.
func (s *Server) OCI() string { return "oci://" + s.address + "/charts" }

// Charts lists what is served.
func (s *Server) Charts() []Chart { return s.listing }

// Stop ends the server.
func (s *Server) Stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if served := <-s.done; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
