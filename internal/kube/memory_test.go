package kube

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/roadstead/roadstead/internal/apperr"
)

func body(ctx context.Context, all, share *semaphore.Weighted, size int) *reserved {
	return &reserved{r: strings.NewReader(strings.Repeat("a", size)), ctx: ctx, from: memory{all: all, share: share}}
}

func TestMemoryIsSharedByAllAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := semaphore.NewWeighted(4 * memoryStep)
		own := func() *semaphore.Weighted { return semaphore.NewWeighted(3 * memoryStep) }
		greedy := body(t.Context(), all, own(), 3*memoryStep)
		if _, err := io.ReadAll(io.LimitReader(greedy, 3*memoryStep)); err != nil {
			t.Fatal(err)
		}
		small := body(t.Context(), all, own(), 10)
		if n, err := small.Read(make([]byte, 100)); n != 10 || err != nil {
			t.Errorf("a small answer got %d bytes, %v", n, err)
		}
		began := time.Now()
		third := body(t.Context(), all, own(), 10)
		_, err := third.Read(make([]byte, 100))
		after, _ := apperr.AfterOf(err)
		if apperr.CodeOf(err) != apperr.Unavailable || after != memoryAfter || time.Since(began) != memoryWait {
			t.Errorf("without memory: %v after %s, come back after %s", err, time.Since(began), after)
		}
		time.AfterFunc(time.Second, greedy.release)
		if n, err := third.Read(make([]byte, 100)); n != 10 || err != nil {
			t.Errorf("what was given back is of no use: %d bytes, %v", n, err)
		}
		small.release()
		third.release()
		if !all.TryAcquire(4 * memoryStep) {
			t.Error("not everything was given back")
		}
	})
}

func TestMemoryOfOneClusterIsAShare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all, share := semaphore.NewWeighted(100*memoryStep), semaphore.NewWeighted(memoryStep)
		first := body(t.Context(), all, share, 10)
		if _, err := io.ReadAll(first); err != nil {
			t.Fatal(err)
		}
		_, err := body(t.Context(), all, share, 10).Read(make([]byte, 100))
		if apperr.CodeOf(err) != apperr.Unavailable {
			t.Errorf("beyond its share: %v", err)
		}
		if _, err := body(t.Context(), all, semaphore.NewWeighted(memoryStep), 10).Read(make([]byte, 100)); err != nil {
			t.Errorf("another cluster has to wait: %v", err)
		}
	})
}

func TestWaitForMemoryEndsWithTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		none := semaphore.NewWeighted(0)
		_, err := body(ctx, none, semaphore.NewWeighted(memoryStep), 10).Read(make([]byte, 100))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err = %v", err)
		}
	})
}
