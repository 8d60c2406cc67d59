package kubetest

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"

	"github.com/roadstead/roadstead/internal/egress"
)

// Token is what the stub takes for a valid credential; any other is answered with 401.
const Token = "kubetest-token"

// Request is what the stub was asked.
type Request struct {
	Method, Path string
	Query        string
	Header       http.Header
	Body         []byte
}

// Server is a stub of a Kubernetes API server. Without more it answers like an empty, healthy cluster in which
// the caller may do everything.
type Server struct {
	URL string // https://127.0.0.1:port
	CA  []byte // PEM of the authority that signed its certificate

	mu       sync.Mutex
	answers  map[string]Answer
	requests []Request
	http     *httptest.Server
}

// Option changes how the stub listens.
type Option func(*httptest.Server, *authority)

// NewServer starts a stub that ends with the test.
func NewServer(t testing.TB, options ...Option) *Server {
	t.Helper()
	ca := newAuthority(t)
	s := &Server{CA: ca.pem, answers: map[string]Answer{}}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.EnableHTTP2 = true
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.http.TLS = &tls.Config{Certificates: []tls.Certificate{ca.sign(t, leaf{})}}
	for _, o := range options {
		o(s.http, ca)
	}
	s.http.StartTLS()
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.http.CloseClientConnections()
		s.http.Close()
	})
	return s
}

// HTTP1 makes the stub speak HTTP/1.1 only.
func HTTP1(s *httptest.Server, _ *authority) { s.EnableHTTP2 = false }

// Guard is a guard that allows loopback, where the stubs live, and nothing else that is private.
func Guard() *egress.Guard {
	return egress.NewGuard(egress.Config{Allow: []egress.Rule{
		{Prefix: netip.MustParsePrefix("127.0.0.0/8")}, {Prefix: netip.MustParsePrefix("::1/128")},
	}})
}

// Answer sets the answer to one method and path, such as "GET /version". With "*" as the path it is for every
// path of the method, with "*" alone for everything.
func (s *Server) Answer(pattern string, a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[pattern] = a
}

// Requests lists what was asked so far, in order of arrival.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// Addr is the stub's host:port.
func (s *Server) Addr() string { return s.http.Listener.Addr().String() }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body,
	})
	answer := s.find(r)
	s.mu.Unlock()
	answer(w, r)
}

func (s *Server) find(r *http.Request) Answer {
	for _, pattern := range []string{r.Method + " " + r.URL.Path, r.Method + " *", "*"} {
		if a, ok := s.answers[pattern]; ok {
			return a
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return Status(http.StatusUnauthorized, "Unauthorized", "no valid token")
	}
	return ready
}
