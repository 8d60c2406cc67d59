package oidc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"

	"github.com/roadstead/roadstead/internal/apperr"
)

// maxBody is the largest answer of the provider that is read, in bytes.
const maxBody = 64 << 10

// transport is the way to the provider: to named hosts only, with answers that are small JSON, and with a pause when
// nobody answers.
type transport struct {
	next    http.RoundTripper
	hosts   []string
	scheme  string
	breaker *breaker
}

// RoundTrip makes one call. Its errors carry a code.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !t.allows(r.URL) {
		return nil, untrusted(errors.New("an endpoint of the provider is on a host that is not set"))
	}
	if err := t.breaker.admit(); err != nil {
		return nil, err
	}
	answer, err := t.next.RoundTrip(r)
	gone := errors.Is(err, context.Canceled)
	if !gone {
		t.breaker.settle(err == nil && answer.StatusCode < http.StatusInternalServerError)
	}
	if err != nil {
		return nil, unavailable(err)
	}
	if err := acceptable(answer); err != nil {
		_ = answer.Body.Close()
		return nil, err
	}
	answer.Body = &capped{ReadCloser: answer.Body, left: maxBody}
	return answer, nil
}

// allows reports whether an endpoint may be where a URL says: on a named host, over the issuer's scheme.
func (t *transport) allows(u *url.URL) bool {
	return u.Scheme == t.scheme && u.User == nil && u.Opaque == "" && slices.Contains(t.hosts, u.Host)
}

// acceptable refuses answers that are read by nobody here: redirects, failures of the server, and what is not JSON. An
// answer of 4xx may tell why a code was refused, in JSON too.
func acceptable(answer *http.Response) error {
	media, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	switch {
	case answer.StatusCode >= http.StatusInternalServerError:
		return unavailable(fmt.Errorf("the provider answers %d", answer.StatusCode))
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return untrusted(errors.New("the provider answers with a redirect"))
	case answer.StatusCode == http.StatusOK && media != "application/json" && media != "application/jwk-set+json":
		return untrusted(errors.New("the provider answers with something else than JSON"))
	}
	return nil
}

// capped ends a body that is too large with an error.
type capped struct {
	io.ReadCloser
	left int
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, untrusted(errors.New("the provider's answer is too large"))
	}
	// One byte more than allowed is asked for: only its arrival tells a full body from one too large.
	n, err := c.ReadCloser.Read(p[:min(len(p), c.left+1)])
	if c.left -= n; c.left < 0 {
		return 0, untrusted(errors.New("the provider's answer is too large"))
	}
	return n, err
}

// untrusted and unavailable are what a sign-in ends with when the provider fails. The cause may hold its words and is
// for the log.
func untrusted(err error) error { return coded(apperr.SignInUntrusted, err) }

func unavailable(err error) error { return coded(apperr.SignInUnavailable, err) }

// coded gives an error a code, unless it carries one of the two already.
func coded(code apperr.Code, err error) error {
	if known, ok := apperr.From(err); ok {
		return known
	}
	return apperr.Of(code).With(err)
}
