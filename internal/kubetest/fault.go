package kubetest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// Forward answers with what a real cluster answers: a Server with it for everything stands between a client and a
// devcluster, so that its answers can be changed, lost or counted. The caller's credential goes along.
func Forward(t testing.TB, c *Cluster) Answer {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.CA) {
		t.Fatal("the devcluster's CA cannot be read")
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}, ForceAttemptHTTP2: true, DisableCompression: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return func(w http.ResponseWriter, r *http.Request) {
		out, err := http.NewRequestWithContext(r.Context(), r.Method, c.APIURL+r.URL.RequestURI(), r.Body) //nolint:gosec // to the devcluster
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		out.Header = r.Header.Clone()
		resp, err := transport.RoundTrip(out)
		if err != nil {
			panic(http.ErrAbortHandler) // the caller left
		}
		defer resp.Body.Close()
		maps.Copy(w.Header(), resp.Header)
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(flushing{w}, resp.Body)
	}
}

// flushing sends each piece on at once, since a watch has no end to wait for.
type flushing struct{ http.ResponseWriter }

func (f flushing) Write(p []byte) (int, error) {
	n, err := f.ResponseWriter.Write(p)
	if err == nil {
		err = http.NewResponseController(f.ResponseWriter).Flush()
	}
	if err != nil {
		return n, fmt.Errorf("sending an answer on: %w", err)
	}
	return n, nil
}

// Lost lets an answer take effect, then breaks the connection without a word of it.
func Lost(a Answer) Answer {
	return func(_ http.ResponseWriter, r *http.Request) {
		a(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
}

// Slowly sends an answer one byte per interval.
func Slowly(a Answer, interval time.Duration) Answer {
	return func(w http.ResponseWriter, r *http.Request) {
		whole := httptest.NewRecorder()
		a(whole, r)
		maps.Copy(w.Header(), whole.Header())
		w.WriteHeader(whole.Code)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for _, b := range whole.Body.Bytes() {
			_, _ = w.Write([]byte{b})
			_ = http.NewResponseController(w).Flush()
			select {
			case <-r.Context().Done():
				return
			case <-tick.C:
			}
		}
	}
}

// OnCall answers the kth call with fault, counted from one, and all others with a. With k = 0 there is no fault.
// It returns the number of calls so far as well.
func OnCall(k int64, fault, a Answer) (answer Answer, calls *atomic.Int64) {
	calls = &atomic.Int64{}
	return func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) == k {
			fault(w, r)
			return
		}
		a(w, r)
	}, calls
}

// FromCall answers with a, and from the kth call on, counted from one, with fault.
func FromCall(k int64, fault, a Answer) (answer Answer, calls *atomic.Int64) {
	calls = &atomic.Int64{}
	return func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) >= k {
			fault(w, r)
			return
		}
		a(w, r)
	}, calls
}

// Nested answers with JSON of that depth, as an object's annotations hold it.
func Nested(depth int) Answer {
	body := bytes.Repeat([]byte("["), 2*depth)
	for i := range depth {
		body[depth+i] = ']'
	}
	return Text(http.StatusOK, "application/json", `{"kind":"Pod","apiVersion":"v1","metadata":{"x":`+string(body)+`}}`)
}
