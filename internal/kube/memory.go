package kube

import (
	"context"
	"errors"
	"io"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/roadstead/roadstead/internal/apperr"
)

const (
	maxMemory   = 512 << 20 // bytes of all answers that are being read at a time
	maxShare    = 64 << 20  // bytes of those from one cluster, so that eight of them must conspire to take it all
	memoryStep  = 256 << 10 // bytes that are reserved at a time
	memoryWait  = 10 * time.Second
	memoryAfter = 10 * time.Second
)

// memory is what answers may hold while they are read: all of them, and the share of one cluster.
type memory struct{ all, share *semaphore.Weighted }

// reserved is a body that takes its place in memory step by step before it is read, and gives it back when it is
// closed. So a slow cluster holds what it has sent, not what it may send.
type reserved struct {
	r    io.Reader
	ctx  context.Context //nolint:containedctx // of the request whose answer this is
	from memory

	held, read int64
}

// Read implements io.Reader.
func (r *reserved) Read(p []byte) (int, error) {
	if r.read == r.held {
		if err := r.grow(); err != nil {
			return 0, err
		}
	}
	n, err := r.r.Read(p[:min(int64(len(p)), r.held-r.read)])
	r.read += int64(n)
	if late := r.ctx.Err(); late != nil && errors.Is(err, io.EOF) {
		return n, late // a body that ends with its call may lack its end
	}
	return n, err
}

func (r *reserved) grow() error {
	ctx, cancel := context.WithTimeoutCause(r.ctx, memoryWait, errNoMemory)
	defer cancel()
	if err := r.from.share.Acquire(ctx, memoryStep); err != nil {
		return memoryError(ctx, err)
	}
	if err := r.from.all.Acquire(ctx, memoryStep); err != nil {
		r.from.share.Release(memoryStep)
		return memoryError(ctx, err)
	}
	r.held += memoryStep
	return nil
}

func (r *reserved) release() {
	r.from.all.Release(r.held)
	r.from.share.Release(r.held)
	r.held, r.read = 0, 0
}

var errNoMemory = errors.New("too many answers are being read at a time")

// memoryError tells our own shortage, which no cluster is to blame for, from the end of the call.
func memoryError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); errors.Is(cause, errNoMemory) {
		return apperr.Of(apperr.Unavailable).With(cause).WithAfter(memoryAfter)
	}
	return err
}
