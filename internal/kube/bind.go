package kube

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"k8s.io/client-go/util/flowcontrol"

	"github.com/roadstead/roadstead/internal/apperr"
	"github.com/roadstead/roadstead/internal/egress"
	"github.com/roadstead/roadstead/internal/secret"
)

// bind is the transport of one cluster, and the only place that adds its token. It sends to the stored scheme,
// host and port alone, drops every header that it does not know, follows nothing, upgrades nothing, and bounds
// and records what comes back.
type bind struct {
	clusterID int64
	base      *url.URL
	hostPort  string
	token     secret.Value
	userAgent string

	calls, streams http.RoundTripper
	budget         flowcontrol.RateLimiter
	breaker        *breaker
	log            CallLog
	now            func() time.Time
	fault          func(point string)
}

// forceKey marks the context of a call that the breaker lets through.
type forceKey struct{}

// RoundTrip implements http.RoundTripper.
func (b *bind) RoundTrip(req *http.Request) (*http.Response, error) {
	start := b.now()
	r, err := b.admit(req)
	if err != nil {
		closeBody(req)
		b.record(req.Context(), start, r, 0, nil, err)
		return nil, err
	}
	resp, err := b.transport(r).RoundTrip(b.outgoing(req, r))
	b.breaker.settle(outcomeOf(req.Context(), err))
	if err != nil {
		b.record(req.Context(), start, r, 0, nil, err)
		return nil, err //nolint:wrapcheck // net/http wraps it with method and URL
	}
	if b.fault != nil {
		b.fault("kube " + r.verb + " " + r.resource)
	}
	return b.incoming(req.Context(), start, r, resp)
}

// admit checks where a request goes and what it asks, then waits for its turn.
func (b *bind) admit(req *http.Request) (request, error) {
	if req.URL.Scheme != b.base.Scheme || egress.HostPort(req.URL) != b.hostPort || req.URL.User != nil {
		return request{}, apperr.Of(apperr.ClusterAddressRefused)
	}
	r, err := parseRequest(req.Method, req.URL, b.base.Path)
	if err != nil {
		return r, err
	}
	force := req.Context().Value(forceKey{}) != nil
	if !b.breaker.allow(force) {
		return r, apperr.Of(apperr.ClusterBreakerOpen)
	}
	if err := b.budget.Wait(req.Context()); err != nil {
		b.breaker.settle(unknown)
		if errors.Is(err, context.Canceled) {
			return r, apperr.Of(apperr.Interrupted).With(err)
		}
		return r, apperr.Of(apperr.ClusterTimeout).With(err) // our turn would come after the deadline
	}
	return r, nil
}

func (b *bind) transport(r request) http.RoundTripper {
	if r.stream() {
		return b.streams
	}
	return b.calls
}

// outgoing is the request as it leaves: with the headers of an allow list, so that no impersonation, cookie,
// upgrade or foreign credential comes along, and with our token.
func (b *bind) outgoing(req *http.Request, r request) *http.Request {
	out := req.Clone(req.Context())
	out.Header = http.Header{"User-Agent": {b.userAgent}}
	for _, name := range []string{"Accept", "Content-Type"} {
		if v := req.Header.Values(name); len(v) > 0 {
			out.Header[name] = v
		}
	}
	if !r.stream() {
		out.Header.Set("Accept-Encoding", "gzip")
	}
	b.token.Reveal(func(token []byte) {
		if len(token) > 0 {
			out.Header.Set("Authorization", "Bearer "+string(token))
		}
	})
	out.Host = ""
	return out
}

// incoming refuses answers that would lead elsewhere and bounds the rest.
func (b *bind) incoming(ctx context.Context, start time.Time, r request, resp *http.Response) (*http.Response, error) {
	if resp.StatusCode < 200 || resp.StatusCode >= 300 && resp.StatusCode < 400 {
		resp.Body.Close()
		err := apperr.Of(apperr.ClusterRedirected)
		b.record(ctx, start, r, resp.StatusCode, nil, err)
		return nil, err
	}
	var body io.Reader = resp.Body
	if !r.stream() || resp.StatusCode >= 400 {
		body = bounded(resp, bodyLimit(r, resp.StatusCode))
	}
	keep := 0
	if resp.StatusCode >= 400 {
		keep = maxDetail
	}
	status := resp.StatusCode
	resp.Body = &tracked{Reader: body, closer: resp.Body, keep: make([]byte, 0, keep), ended: func(kept []byte, err error) {
		b.record(ctx, start, r, status, kept, err)
	}}
	return resp, nil
}

// The bounds of an error's text in the call log, in bytes: how much of it is
// kept, and by how much of our token the rest is known to repeat it.
const (
	maxDetail = 256
	tokenMark = 16
)

// detail is foreign text for the call log: cut, and ended where a server that
// repeats what it was sent would show our token.
func (b *bind) detail(text string) string {
	text = text[:min(len(text), maxDetail)]
	b.token.Reveal(func(token []byte) {
		if at := strings.Index(text, string(token[:min(len(token), tokenMark)])); at >= 0 && len(token) > 0 {
			text = text[:at] + "[token]"
		}
	})
	return text
}

// bounded limits a body on the wire and unpacked.
func bounded(resp *http.Response, limit int64) io.Reader {
	wire := &capped{r: resp.Body, left: limit}
	if !strings.EqualFold(resp.Header.Get("Content-Encoding"), "gzip") {
		return wire
	}
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	return &capped{r: &unzip{packed: wire}, left: limit}
}

func (b *bind) record(ctx context.Context, start time.Time, r request, status int, kept []byte, err error) {
	if b.log == nil {
		return
	}
	call := newCall(b.clusterID, r)
	call.Status, call.Duration = status, b.now().Sub(start)
	switch {
	case err != nil:
		classified := Classify(err)
		call.Code = classified.Code
		call.Detail = b.detail(err.Error())
	case status >= 400:
		call.Code = codeOfStatus(status)
		call.Detail = b.detail(string(kept))
	}
	b.log.LogCall(ctx, call)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
