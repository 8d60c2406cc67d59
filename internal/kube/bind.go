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
	health         *health
	memory         memory
	log            CallLog
	now            func() time.Time
	fault          func(point string)
}

// forceKey marks the context of a call that the breakers let through.
type forceKey struct{}

// forced is ctx for the calls of a check: somebody wants to know how a cluster is, whatever we think.
func forced(ctx context.Context) context.Context { return context.WithValue(ctx, forceKey{}, true) }

// exchange is one request with what is known of it until its record is written.
type exchange struct {
	request

	ctx    context.Context //nolint:containedctx // of the request, for the record that is written when its answer was read
	start  time.Time
	probe  bool // of the breaker
	before int  // refusals of the credential before it left
	status int
	event  string
}

// RoundTrip implements http.RoundTripper.
func (b *bind) RoundTrip(req *http.Request) (*http.Response, error) {
	x := &exchange{ctx: req.Context(), start: b.now()}
	if err := b.admit(req, x); err != nil {
		closeBody(req)
		b.record(x, nil, err)
		return nil, err
	}
	resp, err := b.transport(x.request).RoundTrip(b.outgoing(req, x.request))
	b.health.breaker.settle(x.probe, outcomeOf(req.Context(), err))
	if err != nil {
		b.record(x, nil, err)
		return nil, err //nolint:wrapcheck // net/http wraps it with method and URL
	}
	if b.fault != nil {
		b.fault("kube " + x.verb + " " + x.resource)
	}
	x.status = resp.StatusCode
	if b.health.credentials.settle(x.request, x.status, x.before) {
		x.event = eventRefused
	}
	return b.incoming(x, resp)
}

// admit checks where a request goes and what it asks, then waits for its turn.
func (b *bind) admit(req *http.Request, x *exchange) (err error) {
	if req.URL.Scheme != b.base.Scheme || egress.HostPort(req.URL) != b.hostPort || req.URL.User != nil {
		return apperr.Of(apperr.ClusterAddressRefused)
	}
	if x.request, err = parseRequest(req.Method, req.URL, b.base.Path); err != nil {
		return err
	}
	force := x.ctx.Value(forceKey{}) != nil
	if x.before, err = b.health.credentials.admit(force); err != nil {
		return err
	}
	if x.probe, err = b.health.breaker.admit(force, x.stream()); err != nil {
		return err
	}
	if err := b.budget.Wait(x.ctx); err != nil {
		b.health.breaker.settle(x.probe, unknown)
		if errors.Is(err, context.Canceled) {
			return apperr.Of(apperr.Interrupted).With(err)
		}
		return apperr.Of(apperr.ClusterTimeout).With(err) // our turn would come after the deadline
	}
	return nil
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
func (b *bind) incoming(x *exchange, resp *http.Response) (*http.Response, error) {
	if x.status < 200 || x.status >= 300 && x.status < 400 {
		resp.Body.Close()
		err := apperr.Of(apperr.ClusterRedirected)
		b.record(x, nil, err)
		return nil, err
	}
	body, release := io.Reader(resp.Body), func() {}
	if !x.stream() || x.status >= 400 {
		held := &reserved{r: bounded(resp, bodyLimit(x.request, x.status)), ctx: x.ctx, from: b.memory}
		body, release = held, held.release
	}
	body, err := guarded(x.request, resp, body)
	if err != nil {
		resp.Body.Close()
		b.record(x, nil, err)
		return nil, err
	}
	if err := throttled(resp, b.now()); err != nil {
		body = endsIn{body, err}
	}
	keep := 0
	if x.status >= 400 {
		keep = maxDetail
	}
	resp.Body = &tracked{
		Reader: body, closer: resp.Body, form: resp.Header.Get("Content-Type"), keep: make([]byte, 0, keep),
		ended: func(kept []byte, err error) {
			release()
			b.record(x, kept, err)
		},
	}
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

// record writes the line of an exchange, with what the server said of a failure, else with our words for it.
func (b *bind) record(x *exchange, kept []byte, err error) {
	if b.log == nil {
		return
	}
	call := newCall(b.clusterID, x.request)
	call.Status, call.Event, call.Duration = x.status, x.event, b.now().Sub(x.start)
	switch {
	case err != nil:
		call.Code = Classify(err).Code
		call.Detail = b.detail(err.Error())
	case x.status >= 400:
		call.Code = codeOfStatus(x.status)
	}
	if len(kept) > 0 {
		call.Detail = b.detail(string(kept))
	}
	b.log.LogCall(x.ctx, call)
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
