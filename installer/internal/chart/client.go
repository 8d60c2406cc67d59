package chart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"oras.land/oras-go/v2/registry/remote/retry"

	"github.com/roadstead/roadstead/internal/egress"
)

const (
	maxIndex     = 64 << 20 // bytes of an index.yaml; the largest public ones have about 25 MB
	maxArchive   = 32 << 20 // bytes of a packed chart
	maxSchema    = 5 << 20  // bytes of a schema
	maxRedirects = 5        // hops of one request
	maxHeader    = 30 * time.Second
	maxCall      = 5 * time.Minute // one request with its body
)

// newClient makes the one HTTP client for repositories and registries.
func newClient(guard *egress.Guard) *http.Client {
	door := guard.Transport(egress.Options{HeaderTimeout: maxHeader})
	patient := &retry.Transport{Base: checked{guard: guard, next: door}, Policy: retryPolicy}
	return &http.Client{Transport: patient, CheckRedirect: followRedirect, Timeout: maxCall}
}

// retryPolicy repeats what a busy server did not answer, at most three times within about five seconds. Failed
// connections are not repeated: a person waits for the verdict.
func retryPolicy() retry.Policy {
	return &retry.GenericPolicy{
		Retryable: retry.DefaultPredicate,
		Backoff:   retry.DefaultBackoff,
		MinWait:   200 * time.Millisecond,
		MaxWait:   3 * time.Second,
		MaxRetry:  3,
	}
}

// followRedirect lets a client follow a few redirects, never down from https and never with credentials: a
// registry's storage is a third party, and its address carries what is needed.
func followRedirect(req *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("more than %d redirects: %w", maxRedirects, ErrUnreachable)
	}
	if via[len(via)-1].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("a redirect leaves https: %w", ErrAddress)
	}
	for _, h := range []string{"Authorization", "Cookie", "Referer"} {
		req.Header.Del(h)
	}
	return nil
}

// checked judges the address of every request, and so every redirect and every address that a registry names.
type checked struct {
	guard *egress.Guard
	next  http.RoundTripper
}

// RoundTrip sends a request to an acceptable address.
func (c checked) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.guard.CheckHop(req.URL, "https", "http"); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return c.next.RoundTrip(req) //nolint:wrapcheck // a transport hands errors on
}

// get returns the body at an address, of at most limit bytes.
func (f *Fetcher) get(ctx context.Context, u *url.URL, limit int64) ([]byte, error) {
	body, err := f.stream(ctx, u)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	return readAll(body, limit)
}

// stream returns the body at an address; the caller closes it and limits what it reads.
func (f *Fetcher) stream(ctx context.Context, u *url.URL) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil) // with http.NoBody it would not be repeated
	if err != nil {
		return nil, fmt.Errorf("making a request: %w: %w", ErrInvalid, err)
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, unreachable(err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return resp.Body, nil
	case http.StatusNotFound, http.StatusGone:
		err = ErrNotFound
	default:
		err = ErrUnreachable
	}
	return nil, errors.Join(fmt.Errorf("%s answers %d: %w", u.Host, resp.StatusCode, err), resp.Body.Close())
}

// unreachable gives an error of a connection its kind: the guard refused to connect, or it failed.
func unreachable(err error) error {
	if errors.Is(err, ErrAddress) || errors.Is(err, ErrUnreachable) {
		return err
	}
	if _, ok := errors.AsType[*egress.RefusedError](err); ok {
		return fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return fmt.Errorf("%w: %w", ErrUnreachable, err)
}

// readAll reads to the end; a text longer than the limit is an error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, unreachable(err)
	}
	if int64(len(content)) > limit {
		return nil, fmt.Errorf("more than %d bytes: %w", limit, ErrInvalid)
	}
	return content, nil
}
