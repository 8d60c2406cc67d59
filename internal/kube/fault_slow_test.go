package kube_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/kube"
	"github.com/roadstead/roadstead/internal/kubetest"
)

// TestSlowClusterHoldsNothing has a cluster send every answer at a byte a second. Each call ends at its deadline, in
// a full run at the client's own; afterwards the same client serves at once, and nothing is left.
//
//nolint:paralleltest // it measures the memory of the process
func TestSlowClusterHoldsNothing(t *testing.T) {
	for protocol, options := range map[string][]kubetest.Option{"HTTP/1.1": {kubetest.HTTP1}, "HTTP/2": nil} {
		t.Run(protocol, func(t *testing.T) {
			s := kubetest.NewServer(t, options...)
			clients, _ := clientsOf(t, target(s, 7, 1))
			get := operations()["Client.Get"]
			s.Stub("Client.Get")
			if err := get(t.Context(), clients); err != nil {
				t.Fatal(err)
			}
			before := resources()
			s.Answer(patternOf(t, "Client.Get"), kubetest.Slowly(kubetest.Found, time.Second))
			const calls, limit = 40, time.Second
			slowest := together(t, calls, func(ctx context.Context) error {
				if !full() {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
				}
				return get(ctx, clients)
			}, apperr.ClusterTimeout)
			if bound := 33 * time.Second; slowest > bound || !full() && slowest > 3*limit {
				t.Errorf("the slowest call took %s", slowest)
			}
			s.Stub("Client.Get")
			began := time.Now()
			if err := get(t.Context(), clients); err != nil && apperr.CodeOf(err) != apperr.ClusterBreakerOpen {
				t.Error(err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("the first call afterwards took %s: no connection was free", took)
			}
			clients.Close()
			grown := before.settled(t)
			t.Logf("%d calls at a byte a second: the slowest ended after %s; memory %+d KiB", calls, slowest.Round(time.Millisecond), grown>>10)
		})
	}
}

// together makes calls at the same time, expects one code of all, and returns how long the slowest took.
func together(t *testing.T, n int, call func(ctx context.Context) error, want apperr.Code) (slowest time.Duration) {
	t.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			began := time.Now()
			err := call(t.Context())
			mu.Lock()
			defer mu.Unlock()
			slowest = max(slowest, time.Since(began))
			if code := apperr.CodeOf(err); code != want {
				t.Errorf("code = %q (%v), want %q", code, err, want)
			}
		})
	}
	wait.Wait()
	return slowest
}

// held is what a process holds.
type held struct {
	heap       int64
	goroutines int
}

func resources() held {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return held{int64(m.HeapAlloc), runtime.NumGoroutine()}
}

// settled expects that the process holds no more than before, and returns by how many bytes its memory grew.
func (h held) settled(t *testing.T) (grown int64) {
	t.Helper()
	eventually(t, "what was held to go", func() bool {
		now := resources()
		grown = now.heap - h.heap
		return grown < 8<<20 && now.goroutines <= h.goroutines+5
	})
	return grown
}

// TestCertificatesGetTheirCode shows the client what a server can show it, and expects the name of the case, no
// request, and no word in the clear.
func TestCertificatesGetTheirCode(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		option kubetest.Option
		want   apperr.Code
	}{
		"expired":    {kubetest.Expired, apperr.ClusterTLSExpired},
		"wrong host": {kubetest.OtherHost("MARKER.example.com"), apperr.ClusterTLSHostname},
		"TLS 1.1":    {kubetest.OldTLS, apperr.ClusterTLSFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := kubetest.NewServer(t, tc.option)
			for operation, do := range operations() {
				clients, _ := clientsOf(t, target(s, 7, 1))
				if err := do(t.Context(), clients); apperr.CodeOf(err) != tc.want {
					t.Errorf("%s: code %q (%v), want %q", operation, apperr.CodeOf(err), err, tc.want)
				}
				clients.Close()
			}
			if n := len(s.Requests()); n != 0 {
				t.Errorf("%d requests were sent all the same", n)
			}
			t.Logf("%d operations, 0 requests", len(operations()))
		})
	}
}

// A rotated CA is not trusted until it is registered. What stood before goes on.
func TestRotatedCAIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := kubetest.NewServer(t)
	clients, d := clientsOf(t, target(s, 7, 1))
	version := operations()["Client.Version"]
	if err := version(t.Context(), clients); err != nil {
		t.Fatal(err)
	}
	ca := s.Rotate()
	clients.Drop(7)
	asked := len(s.Requests())
	wantCode(t, version(t.Context(), clients), apperr.ClusterTLSUntrusted)
	if n := len(s.Requests()); n != asked {
		t.Errorf("%d requests to a server that cannot be trusted", n-asked)
	}
	renewed := target(s, 7, 2)
	renewed.CAPEM = ca
	d.set(renewed)
	if err := version(t.Context(), clients); err != nil {
		t.Errorf("with the new CA: %v", err)
	}
}

// TestHandshakeThatHangsEnds has a listener take the connection and say nothing, and one that begins a handshake
// and stops. Neither gets anything but the beginning of a handshake.
func TestHandshakeThatHangsEnds(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]string{
		"says nothing":       "",
		"stops in a record":  "\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03",
		"stops in a header":  "\x16\x03",
		"drips a long hello": "\x16\x03\x03\x3f\xff\x02\x00",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var heard []byte // the first byte of each connection
			url := listen(t, func(c net.Conn) {
				defer c.Close()
				_, _ = c.Write([]byte(say))
				first := make([]byte, 1)
				if n, _ := c.Read(first); n > 0 {
					mu.Lock()
					heard = append(heard, first...)
					mu.Unlock()
				}
				_, _ = io.Copy(io.Discard, c) // until the client leaves
			})
			c, _ := dialTarget(t, kube.Target{APIURL: url})
			began := time.Now()
			_, err := c.Version(t.Context())
			wantCode(t, err, apperr.ClusterTimeout)
			took := time.Since(began)
			if took > 12*time.Second {
				t.Errorf("it took %s", took)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, first := range heard {
				if first != 0x16 { // the mark of a handshake
					t.Errorf("the client said %q", first)
				}
			}
			t.Logf("%s: given up after %s", name, took.Round(time.Millisecond))
		})
	}
}

// TestNothingIsSaidInTheClear has a server that speaks plain HTTP after a failed handshake.
func TestNothingIsSaidInTheClear(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var asked []string
	plain := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, fmt.Sprint(r.Method, r.URL, r.Header))
	})}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = plain.Serve(l)
	}()
	t.Cleanup(func() {
		_ = plain.Close()
		<-served
	})
	s := kubetest.NewServer(t)
	reg := target(s, 7, 1)
	reg.APIURL = "https://" + l.Addr().String()
	for operation, do := range operations() {
		clients, _ := clientsOf(t, reg)
		if err := do(t.Context(), clients); err == nil {
			t.Errorf("%s went well", operation)
		}
		clients.Close()
	}
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 0 {
		t.Errorf("in the clear: %q", asked)
	}
	if _, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("the listener speaks TLS")
	}
}
