package kube

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/roadstead/roadstead/internal/apperr"
)

// capped ends a body with cluster_response_too_large after left bytes.
type capped struct {
	r    io.Reader
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left < 0 {
		return 0, apperr.Of(apperr.ClusterResponseTooLarge)
	}
	// One byte more than allowed is asked for: only its arrival tells a full body from one too large.
	if int64(len(p)) > c.left+1 {
		p = p[:c.left+1]
	}
	n, err := c.r.Read(p)
	c.left -= int64(n)
	if c.left < 0 {
		return 0, apperr.Of(apperr.ClusterResponseTooLarge)
	}
	return n, err
}

// unzip unpacks lazily: the header of the archive is read with the first byte, not before somebody reads.
type unzip struct {
	packed io.Reader
	zr     *gzip.Reader
}

func (u *unzip) Read(p []byte) (int, error) {
	if u.zr == nil {
		zr, err := gzip.NewReader(u.packed)
		if err != nil {
			return 0, unpacking(err)
		}
		u.zr = zr
	}
	n, err := u.zr.Read(p)
	return n, unpacking(err)
}

func unpacking(err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	if _, ok := apperr.From(err); ok {
		return err
	}
	return apperr.Of(apperr.ClusterBadResponse).With(fmt.Errorf("unpacking the answer: %w", err))
}

// tracked is a body that keeps the beginning of what it delivers, if asked to, and tells once how it ended.
type tracked struct {
	io.Reader
	closer io.Closer
	form   string // the media type of what it holds
	once   sync.Once
	ended  func(kept []byte, err error)

	mu   sync.Mutex // a stream may be closed while it is read
	keep []byte     // capacity is how much is kept
	err  error
	over bool // the server sends no more
}

// hasEnded reports whether the body came to its end, in good order or not.
func (t *tracked) hasEnded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.over
}

func (t *tracked) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.keep = append(t.keep, p[:min(n, cap(t.keep)-len(t.keep))]...)
	t.over = t.over || err != nil
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(err)
		t.err = err
	}
	return n, err
}

// broken gives a connection that ends within a body its code; time-outs and our own codes stay what they are.
func broken(err error) error {
	if _, ok := apperr.From(err); ok || isTimeout(err) || errors.Is(err, context.Canceled) {
		return err
	}
	return apperr.Of(apperr.ClusterRefused).With(err)
}

func (t *tracked) Close() error {
	t.mu.Lock()
	kept, failure := t.keep, t.err // what breaks from here on is our own doing
	t.mu.Unlock()
	err := t.closer.Close()
	t.once.Do(func() { t.ended(kept, failure) })
	return err
}
