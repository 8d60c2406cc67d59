package kubetest

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
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

	t        testing.TB
	mu       sync.Mutex
	answers  map[string]Answer
	requests []Request
	next     *tls.Config // after a rotation
	http     *httptest.Server
}

// Option changes how the stub listens.
type Option func(*httptest.Server, *authority)

// NewServer starts a stub that ends with the test.
func NewServer(t testing.TB, options ...Option) *Server {
	t.Helper()
	ca := newAuthority(t)
	s := &Server{CA: ca.pem, t: t, answers: map[string]Answer{}}
	s.http = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.http.EnableHTTP2 = true
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.http.TLS = &tls.Config{Certificates: []tls.Certificate{ca.sign(t, leaf{})}}
	for _, o := range options {
		o(s.http, ca)
	}
	s.http.TLS.GetConfigForClient = s.rotated
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

// Answer sets the answer to one method and path, such as "GET /version". A part of the path in braces, such as
// {name}, stands for any; WATCH is a GET that watches, and comes before GET. With "*" as the path it is for every
// path of the method, with "*" alone for everything; the most exact pattern wins.
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
	methods := []string{r.Method}
	if isWatch(r) {
		methods = []string{"WATCH", r.Method}
	}
	for _, method := range methods {
		if a := closest(s.answers, method+" "+r.URL.Path); a != nil {
			return a
		}
	}
	for _, pattern := range append(methods, "*") {
		if a, ok := s.answers[strings.TrimPrefix(pattern+" *", "* ")]; ok {
			return a
		}
	}
	if r.Header.Get("Authorization") != "Bearer "+Token {
		return Status(http.StatusUnauthorized, "Unauthorized", "no valid token")
	}
	return ready
}

func isWatch(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Query().Get("watch") == "true"
}

// closest is the answer whose pattern matches with the fewest parts in braces, nil if there is none.
func closest(answers map[string]Answer, asked string) (found Answer) {
	fewest := strings.Count(asked, "/") + 1
	for pattern, a := range answers {
		if open := strings.Count(pattern, "{"); open < fewest && matches(pattern, asked) {
			found, fewest = a, open
		}
	}
	return found
}

// matches reports whether a pattern stands for what was asked, part by part.
func matches(pattern, asked string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(asked, "/")
	return slices.EqualFunc(want, got, func(w, g string) bool { return w == g || strings.HasPrefix(w, "{") && g != "" })
}
