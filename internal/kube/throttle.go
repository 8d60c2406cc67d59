package kube

import (
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/roadstead/roadstead/internal/apperr"
)

// How long we stay away from a cluster that asks us to.
const (
	throttleDefault = 10 * time.Second // when it does not say for how long
	throttleLeast   = time.Second
	throttleMost    = 15 * time.Minute // whatever it says: a cluster must not put itself out of our sight
)

// throttled is the error of an answer that asks us to come back later, or nil.
func throttled(resp *http.Response, now time.Time) error {
	header := resp.Header.Get("Retry-After")
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && header != "" {
		after := min(max(retryAfter(header, now), throttleLeast), throttleMost)
		return apperr.Of(apperr.ClusterThrottled).WithAfter(after)
	}
	return nil
}

// retryAfter reads the header of that name: seconds or a date, which is judged by our clock.
func retryAfter(header string, now time.Time) time.Duration {
	seconds, err := strconv.ParseUint(header, 10, 64)
	if err == nil || errors.Is(err, strconv.ErrRange) {
		return time.Duration(min(seconds, uint64(throttleMost/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return at.Sub(now)
	}
	return throttleDefault
}

// endsIn is a body that ends in err instead of its end, or of where we stop reading it. client-go makes an error of
// its own from a refusal; this is how ours gets past it, after the body was read and the connection is free again.
type endsIn struct {
	io.Reader
	err error
}

func (e endsIn) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	if errors.Is(err, io.EOF) || apperr.CodeOf(err) == apperr.ClusterResponseTooLarge {
		err = e.err
	}
	return n, err
}
